"""`machiya schema`: the JSON Schema of component.yaml, for editors."""

import click


@click.command
@click.option("--path", "only_path", is_flag=True, help="Print where the file is instead of what it holds.")
def schema(only_path: bool) -> None:
    """Print the JSON Schema of component.yaml.

    Editors complete and check by it while you type. One that runs yaml-language-server finds it by the first line of
    component.yaml:

      # yaml-language-server: $schema=PATH
    """
    from machiya_component.contract import schema_path

    path = schema_path()
    click.echo(path if only_path else path.read_text(encoding="utf-8"), nl=only_path)
