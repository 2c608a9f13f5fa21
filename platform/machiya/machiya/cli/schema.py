"""`machiya schema`: the JSON Schemas of the files that people write, for editors."""

from pathlib import Path

import click

FILES = ("component", "profile", "slo")


@click.command
@click.argument("file", type=click.Choice(FILES), default="component")
@click.option("--path", "only_path", is_flag=True, help="Print where the file is instead of what it holds.")
def schema(file: str, only_path: bool) -> None:
    """Print the JSON Schema of component.yaml, of a stage's profile or of slo.yaml.

    Editors complete and check by it while you type. One that runs yaml-language-server finds it by the first line of
    the file:

      # yaml-language-server: $schema=PATH
    """
    path = _path(file)
    click.echo(path if only_path else path.read_text(encoding="utf-8"), nl=only_path)


def _path(file: str) -> Path:
    if file == "profile":
        from machiya.manifest.json_schema import profile_schema_path

        return profile_schema_path()
    if file == "slo":
        from machiya.records.slo.json_schema import slo_schema_path

        return slo_schema_path()
    from machiya_component.contract import schema_path

    return schema_path()
