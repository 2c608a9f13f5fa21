"""Secrets of steps: taken from the engine's own environment when a program starts, and kept nowhere."""

from collections.abc import Mapping, Sequence

from machiya.engines.local.argo.interpreter.commands import SecretVariable
from machiya.engines.local.launchers.protocol import LaunchError
from machiya_component.contract.model import SECRET_PREFIX


def secret_values(secrets: Sequence[SecretVariable], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a step that come from Secrets, from the variables of the same names in `environment`.

    Raises:
        LaunchError: one that is not optional is not set.
    """
    for one in secrets:
        if not one.optional and one.name not in environment:
            raise LaunchError(
                f"the step needs the key {one.key!r} of the Secret {one.secret!r} as {one.name}, which is not set.",
                f"Set the variable {one.name} for this command (export {one.name}=...), then retry the run.",
            )
    return {one.name: environment[one.name] for one in secrets if one.name in environment}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a step that was promised no secrets: what one component is told is not for the others."""
    return {name: value for name, value in environment.items() if not name.startswith(SECRET_PREFIX)}
