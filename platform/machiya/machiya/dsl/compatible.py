"""Whether what goes out of a port can go into another: kinds, majors, columns."""

from collections.abc import Iterator

from machiya_component.contract.model import Port

_WIDER = {("integer", "number")}
"""Column types that the kit reads as another: (written, read)."""

GATHERED_KINDS = ("table", "files")
"""The kinds of which the parts of several shards together are one artifact again."""


def mismatches(output: Port, port: Port) -> Iterator[tuple[str, str]]:
    """(message, remedy) for each reason why `output` does not fit into the input `port`."""
    if not port.type.accepts(output.type):
        yield (
            f"{output.name} is a {output.type}, but {port.name} takes a {port.type}.",
            f"Wire an output of type {port.type}.",
        )
        return
    if output.table_schema is None or port.table_schema is None:
        return
    written = {field.name: field.type for field in output.table_schema.fields}
    for field in port.table_schema.fields:
        if field.name not in written:
            message = f"{port.name} needs the column {field.name}, which {output.name} does not promise."
            yield message, f"Columns of {output.name}: {', '.join(written)}."
        elif field.type not in ("any", written[field.name]) and (written[field.name], field.type) not in _WIDER:
            message = (
                f"the column {field.name} of {output.name} is of type {written[field.name]}, "
                f"but {port.name} takes {field.type}."
            )
            yield message, "Wire another output, or take versions whose contracts agree."
    further = sorted(set(written) - set(port.table_schema.field_names()))
    if port.table_schema.fields_match == "equal" and further:
        message = f"{port.name} takes no further columns, but {output.name} has {', '.join(further)}."
        yield message, "Wire an output with exactly its columns."
