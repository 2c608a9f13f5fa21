"""What the JSON Schema of ``component.yaml`` cannot say: a small function for each rule, raw data in, problems out."""

import json
from collections.abc import Iterator
from typing import Any

from machiya_component.contract.model import Resources
from machiya_component.contract.names import plain_name
from machiya_component.contract.parse import KeyPath
from machiya_component.contract.problem import Problem, Rule
from machiya_component.contract.quantities import bytes_of
from machiya_component.contract.services import shown_are_outputs


def _operations(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from data["operations"].items()


def _schemas(data: dict[str, Any]) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    for name, operation in _operations(data):
        for side in ("inputs", "outputs"):
            for port, body in (operation.get(side) or {}).items():
                if "schema" in body:
                    yield ("operations", name, side, port, "schema"), body["schema"]


def default_is_valid(data: dict[str, Any]) -> Iterator[Problem]:
    """A default that the parameter's own schema would refuse."""
    from machiya_component.parameters import violations

    for name, operation in _operations(data):
        for parameter, fragment in (operation.get("parameters") or {}).items():
            path = ("operations", name, "parameters", parameter)
            for problem in violations(fragment, fragment["default"]) if "default" in fragment else ():
                yield Problem("contract.default", (*path, "default"), f"the default {problem}.", "Change one of them.")


def fragment_is_schema(data: dict[str, Any]) -> Iterator[Problem]:
    """A parameter whose keywords do not make a JSON Schema, at any depth."""
    from jsonschema import Draft202012Validator

    for name, operation in _operations(data):
        for parameter, fragment in (operation.get("parameters") or {}).items():
            for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(fragment):
                path = ("operations", name, "parameters", parameter, *error.absolute_path)
                yield Problem(
                    "contract.json-schema", path, f"not JSON Schema: {error.message}.", "See json-schema.org."
                )


def names_are_distinct(data: dict[str, Any]) -> Iterator[Problem]:
    """Parameters, inputs and outputs of an operation become arguments of one function, so they share one namespace."""
    for name, operation in _operations(data):
        seen = {"context": "the kit's own argument"}
        for kind in ("parameters", "inputs", "outputs"):
            for key in operation.get(kind) or {}:
                if key in seen:
                    path = ("operations", name, kind, key)
                    yield Problem(
                        "contract.duplicate-name", path, f"{key!r} is also {seen[key]}.", "Rename one of them."
                    )
                seen[key] = f"one of the {kind}"


def operation_gives_something(data: dict[str, Any]) -> Iterator[Problem]:
    """A batch operation has an output; a service has none."""
    for name, operation in _operations(data):
        if "service" in operation and operation.get("outputs"):
            yield Problem(
                "contract.service-outputs",
                ("operations", name, "outputs"),
                "a service runs until SIGTERM and writes no outputs.",
                "Move the outputs to another operation.",
            )
        if "service" not in operation and not operation.get("outputs"):
            yield Problem(
                "contract.no-output",
                ("operations", name),
                "the operation has no output.",
                "Example: outputs: {metrics: {type: metrics}}",
            )


def running_makes_sense(data: dict[str, Any]) -> Iterator[Problem]:
    """More memory is more; only what comes to an end by itself has something to go on from."""
    for name, operation in _operations(data):
        resources = operation.get("resources") or {}
        most, memory = resources.get("maxMemory"), resources.get("memory", Resources().memory)
        if most is not None and bytes_of(most) <= bytes_of(memory):
            path = ("operations", name, "resources", "maxMemory")
            message = f"{most} is no more than memory, which is {memory}."
            yield Problem("contract.max-memory", path, message, "Example: {memory: 4Gi, maxMemory: 8Gi}")
        if operation.get("checkpoint") and "service" in operation:
            message = "a service has no checkpoints: it does not come to an end."
            yield Problem("contract.service-checkpoint", ("operations", name, "checkpoint"), message, "Remove it.")


def schema_only_on_tables(data: dict[str, Any]) -> Iterator[Problem]:
    """``schema`` and ``allowEmpty`` describe tables."""
    for name, operation in _operations(data):
        for side in ("inputs", "outputs"):
            for port, body in (operation.get(side) or {}).items():
                for key in {"schema", "allowEmpty"} & set(body) if not body["type"].startswith("table") else ():
                    path = ("operations", name, side, port, key)
                    yield Problem(
                        "contract.not-a-table", path, f"{key!r} is for tables; this is {body['type']}.", "Remove it."
                    )


def exposed_are_metrics(data: dict[str, Any]) -> Iterator[Problem]:
    """``expose`` names metrics, whose names stay different where only letters, digits and dashes are allowed."""
    for name, operation in _operations(data):
        for port, body in (operation.get("outputs") or {}).items():
            path = ("operations", name, "outputs", port, "expose")
            if "expose" in body and not body["type"].startswith("metrics"):
                message = f"'expose' is for metrics; this is {body['type']}."
                yield Problem("contract.not-metrics", path, message, "Remove it.")
            seen: dict[str, str] = {}
            for metric in body.get("expose") or []:
                plain = plain_name(metric)
                if not plain:
                    message = f"{metric!r} has neither a letter nor a digit."
                    yield Problem("contract.exposed-name", path, message, "Rename the metric.")
                elif plain in seen:
                    message = f"{metric!r} and {seen[plain]!r} are both called {plain!r} by Argo."
                    yield Problem("contract.exposed-name", path, message, "Rename one of them.")
                seen[plain] = metric


def fields_are_distinct(data: dict[str, Any]) -> Iterator[Problem]:
    """Column names of one schema are unique, and the primary key is made of them."""
    for path, schema in _schemas(data):
        names = [field["name"] for field in schema["fields"]]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem(
                    "contract.duplicate-field", (*path, "fields", index), f"{name!r} is there twice.", "Remove one."
                )
        key = schema.get("primaryKey", [])
        for name in [key] if isinstance(key, str) else key:
            if name not in names:
                remedy = f"Fields: {', '.join(names)}."
                yield Problem("contract.primary-key", (*path, "primaryKey"), f"{name!r} is not a field.", remedy)


_CONSTRAINTS_OF = {
    "minimum": {"integer", "number", "date", "datetime"},
    "maximum": {"integer", "number", "date", "datetime"},
    "pattern": {"string"},
    "minLength": {"string", "array"},
    "maxLength": {"string", "array"},
    "enum": {"string", "integer", "number", "boolean", "date", "datetime"},
    "unique": {"string", "integer", "number", "boolean", "date", "datetime"},
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (str,),
    "datetime": (str,),
}


def constraints_fit_types(data: dict[str, Any]) -> Iterator[Problem]:
    """A constraint that cannot hold for the field's type, or whose value is of another type."""
    for path, schema in _schemas(data):
        for index, field in enumerate(schema["fields"]):
            kind = field.get("type", "any")
            for name, value in (field.get("constraints") or {}).items():
                place = (*path, "fields", index, "constraints", name)
                if kind not in _CONSTRAINTS_OF.get(name, {kind}):
                    fitting = ", ".join(sorted(_CONSTRAINTS_OF[name]))
                    yield Problem(
                        "contract.constraint", place, f"{name!r} is not for type {kind}.", f"It is for {fitting}."
                    )
                elif not _values_fit(name, kind, value):
                    yield Problem(
                        "contract.constraint", place, f"{json.dumps(value)} is not of type {kind}.", f"Give a {kind}."
                    )


def _values_fit(name: str, kind: str, value: Any) -> bool:
    if name not in ("enum", "minimum", "maximum") or kind not in _PYTHON_TYPES:
        return True
    values = value if name == "enum" else [value]
    wanted = _PYTHON_TYPES[kind]
    return all(isinstance(one, wanted) and (bool in wanted or not isinstance(one, bool)) for one in values)


_WATCHED_OF = {
    "newValues": {"string", "boolean", "any"},
    "nullShare": set(_PYTHON_TYPES) | {"array", "any"},
    "mean": {"integer", "number", "any"},
    "psi": {"string", "boolean", "integer", "number", "any"},
}


def watch_is_possible(data: dict[str, Any]) -> Iterator[Problem]:
    """The data watch is asked for what a column's statistics do not hold, or for an error before a warning."""
    for path, schema in _schemas(data):
        yield from _limits_in_order((*path, "watch"), schema.get("watch") or {})
        key = schema.get("primaryKey", [])
        keys = [key] if isinstance(key, str) else key
        for index, field in enumerate(schema["fields"]):
            place, watch = (*path, "fields", index, "watch"), field.get("watch") or {}
            kind = field.get("type", "any")
            is_key = field["name"] in keys or (field.get("constraints") or {}).get("unique", False)
            for measure in (one for one, asked in watch.items() if asked):
                if kind not in _WATCHED_OF[measure]:
                    words = f"{measure!r} cannot be watched in a column of type {kind}."
                    yield Problem("contract.watch", (*place, measure), words, "Remove it, or correct the type.")
                elif is_key and kind == "string" and measure in ("newValues", "psi"):
                    words = f"{measure!r} cannot be watched in a key: its values are kept in no statistics."
                    yield Problem("contract.watch", (*place, measure), words, "Remove it.")
            yield from _limits_in_order(place, watch)


def _limits_in_order(path: KeyPath, watch: dict[str, Any]) -> Iterator[Problem]:
    for measure, limits in watch.items():
        if isinstance(limits, dict) and limits.get("warn", 0) > limits.get("error", float("inf")):
            words = f"an error at {limits['error']} comes before the warning at {limits['warn']}."
            yield Problem("contract.watch", (*path, measure), words, "Let warn be at most error.")


def operation_has_samples(data: dict[str, Any]) -> Iterator[Problem]:
    """Without a sample nobody can check an operation by ``docker run``."""
    for name, operation in _operations(data):
        calls = (operation.get("samples") or {}).values()
        if not any((call or {}).get("expect", 0) == 0 for call in calls):
            remedy = "Example: samples: {small: {inputs: {interactions: sample/interactions}}}"
            yield Problem("contract.no-sample", ("operations", name), "no sample that must succeed.", remedy)


def samples_fit(data: dict[str, Any]) -> Iterator[Problem]:
    """A sample names ports and parameters that are there, gives what is required, and values that are allowed."""
    from machiya_component.parameters import violations

    for name, operation in _operations(data):
        inputs, parameters = operation.get("inputs") or {}, operation.get("parameters") or {}
        for sample, call in (operation.get("samples") or {}).items():
            path = ("operations", name, "samples", sample)
            call = call or {}
            given = {"inputs": call.get("inputs") or {}, "parameters": call.get("parameters") or {}}
            needed = {
                "inputs": [port for port, body in inputs.items() if not body.get("optional")],
                "parameters": [key for key, fragment in parameters.items() if "default" not in fragment],
            }
            for kind, known in (("inputs", inputs), ("parameters", parameters)):
                yield from _unknown(path, kind, given[kind], known)
                if call.get("expect", 0) != 64:
                    yield from _absent(path, kind, given[kind], needed[kind])
            if call.get("expect", 0) != 64:
                for key in set(given["parameters"]) & set(parameters):
                    for problem in violations(parameters[key], given["parameters"][key]):
                        yield Problem(
                            "contract.sample", (*path, "parameters", key), f"the value {problem}.", "Change it."
                        )


def _unknown(path: KeyPath, kind: str, given: dict[str, Any], known: dict[str, Any]) -> Iterator[Problem]:
    for key in given:
        if key not in known:
            remedy = f"Known here: {', '.join(known) or 'none'}."
            yield Problem("contract.sample", (*path, kind, key), f"the operation has no {kind[:-1]} {key!r}.", remedy)


def _absent(path: KeyPath, kind: str, given: dict[str, Any], needed: list[str]) -> Iterator[Problem]:
    for key in needed:
        if key not in given:
            yield Problem("contract.sample", path, f"the sample lacks the {kind[:-1]} {key!r}.", f"Add it to {kind}.")


RULES: tuple[Rule, ...] = (
    fragment_is_schema,
    default_is_valid,
    names_are_distinct,
    operation_gives_something,
    running_makes_sense,
    shown_are_outputs,
    schema_only_on_tables,
    exposed_are_metrics,
    fields_are_distinct,
    constraints_fit_types,
    watch_is_possible,
    operation_has_samples,
    samples_fit,
)
