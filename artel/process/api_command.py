"""`artel api`: the APIs' descriptions as files."""

from pathlib import Path

import click

from artel.settings import Settings

FOLDER = Path("docs") / "api"


@click.group()
def api() -> None:
    """Describe the APIs for tools and people."""


@api.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER)
def export(folder: Path) -> None:
    """Write the OpenAPI document, the Postman collection and a page per group of calls into FOLDER (docs/api).

    The customer API's lie in FOLDER itself, the time API's in FOLDER/time. Examples are taken from the examples.json
    beside them.
    """
    from artel.api.docs import export as files
    from artel.app import create_app

    # Nothing is asked of a database: the description is the code's.
    names = files.export(create_app(Settings(secret="no token is signed here", database_url="postgresql:///")), folder)  # noqa: S106
    click.echo(f"{len(names)} files in {folder}")
