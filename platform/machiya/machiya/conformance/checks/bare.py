"""The image alone: no network, no volume, no variable."""

from machiya.conformance.bench import Bench
from machiya.conformance.calls import seen_of
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.verdict import Failure

_ENTRYPOINT = ("component",)
_COMMAND = ("self-test",)


def _run(bench: Bench) -> Result:
    return _self_test(bench, read_only=False)


def _read_only(bench: Bench) -> Result:
    if bench.bare(read_only=True, compiled=True).exit_code == 0:  # the same, and more; see _compiled
        return []
    return _self_test(bench, read_only=True)


def _compiled(bench: Bench) -> Result:
    run = bench.bare(read_only=True, compiled=True)
    if run.exit_code == 0:
        return []
    if bench.bare(read_only=True).exit_code != 0:
        return Skip("the self-test fails anyway: see bare.read-only")
    return [
        Failure(
            message="code is compiled at the start of a container, as it is not in the image.",
            remedy="In the Dockerfile, before USER: RUN python -m machiya_component.precompile",
            command=bench.bare_command(read_only=True, compiled=True),
            expected="exit code 0",
            seen=seen_of(run),
        )
    ]


def _self_test(bench: Bench, *, read_only: bool) -> list[Failure]:
    run = bench.bare(read_only=read_only)
    if run.exit_code == 0:
        return []
    if read_only and bench.bare().exit_code == 0:
        message = "the self-test fails when the root file system is read-only."
        remedy = "Write below /tmp only (HOME=/tmp helps with caches); /data/out is the place for outputs."
    else:
        message = "the self-test fails."
        remedy = (
            "It must pass with the samples in the image alone: no network, no volume, no variable. Run the command."
        )
    return [
        Failure(
            message=message,
            remedy=remedy,
            command=bench.bare_command(read_only=read_only),
            expected="exit code 0",
            seen=seen_of(run),
        )
    ]


def _entrypoint(bench: Bench) -> Result:
    image = bench.image
    if image.entrypoint == _ENTRYPOINT and image.command == _COMMAND:
        return []
    return [
        Failure(
            message=f"ENTRYPOINT is {list(image.entrypoint)} and CMD is {list(image.command)}.",
            remedy='In the Dockerfile: ENTRYPOINT ["component"] and CMD ["self-test"], in this form (a JSON list).',
            command=f"docker image inspect --format '{{{{json .Config}}}}' {bench.reference}",
            expected='ENTRYPOINT ["component"], CMD ["self-test"]',
        )
    ]


def _user(bench: Bench) -> Result:
    user, _, _group = bench.image.user.partition(":")
    remedy = "In the Dockerfile, before ENTRYPOINT: USER 10001:10001"
    command = f"docker image inspect --format '{{{{.Config.User}}}}' {bench.reference}"
    if not user.isdigit():
        what = f"USER is {user!r}, a name" if user else "USER is not set, so it runs as root"
        message = f"{what}; a cluster can only tell that a number is not root."
        return [Failure(message=message, remedy=remedy, command=command, expected="a number that is not 0")]
    if int(user) == 0:
        message = "the image runs as root (user 0)."
        return [Failure(message=message, remedy=remedy, command=command, expected="a number that is not 0")]
    if 0 in _running_users(bench):
        message = f"USER is {user}, but a process of the self-test runs as root (user 0)."
        return [Failure(message=message, remedy="Use no sudo and no set-user-id program.", command=command)]
    return []


def _running_users(bench: Bench) -> set[int]:
    """The users of the self-test's processes, slowed down after its start; empty when it was over by then."""

    def look() -> set[int]:
        with bench.engine.create(bench.bare_request()) as container:
            container.start()
            container.limit_cpus(0.1)
            container.wait(0.5)
            return container.user_ids()

    return bench.once("users", look) if bench.runnable else set()


CHECKS = (
    Check("bare.run", "docker run IMAGE passes its self-test, without network, volume or variable", _run, "image"),
    Check("bare.read-only", "the self-test passes with a read-only root", _read_only, "image"),
    Check("bare.compiled", "what the self-test runs is compiled in the image, not at each start", _compiled, "image"),
    Check("bare.user", "it runs as a numeric user that is not root", _user, "image"),
    Check("bare.entrypoint", "ENTRYPOINT is component, CMD is self-test", _entrypoint, "image"),
)
