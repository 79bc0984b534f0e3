"""`artel person`: what is kept about somebody, and forgetting it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from artel.cli_options import Plain
from artel.settings import Settings, read_settings


@click.group(cls=Plain)
def person() -> None:
    """Personal data: everything that is kept about somebody, and erasing it."""


@person.command("export")
@click.argument("email")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; else it is printed.")
def export(email: str, out: Path | None) -> None:
    """Write everything that is kept about a person, as JSON.

    Passwords, keys and codes are left out; files and photos are named, not included.
    """
    from artel.process.commands import migrated_database

    with migrated_database(read_settings()) as settings:
        found = asyncio.run(read_everything(settings, email))
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    out.touch(mode=0o600)
    out.write_text(text, encoding="utf-8")
    click.echo(f"{out}: {sum(len(rows) for rows in found.values())} records of {email}.")


@person.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask. It cannot be undone.")
def erase(email: str, yes: bool) -> None:
    """Erase who a person was, for good.

    Tasks, payments and documents stay, under a number instead of a name. Refused while money, work or a company is
    left in their hands.
    """
    from artel.process.commands import migrated_database

    if not yes:
        click.confirm(f"Erase {email}? It cannot be undone.", abort=True)
    with migrated_database(read_settings()) as settings:
        number = asyncio.run(forget(settings, email))
    click.echo(f"Erased. What has to be kept names person {number}.")


async def read_everything(settings: Settings, email: str) -> dict[str, Any]:
    from artel import clock
    from artel.personal_data.export import export_person
    from artel.process.commands import small_database

    async with small_database(settings) as database, database.transaction() as conn:
        person_id = await named(conn, email)
        return await export_person(conn, person_id, actor_id=None, now=clock.now())


async def forget(settings: Settings, email: str) -> int:
    from artel import clock
    from artel.files.store import FileStore
    from artel.personal_data.erasure import erase_person
    from artel.process.commands import small_database

    async with small_database(settings) as database:
        async with database.transaction() as conn:
            person_id = await named(conn, email)
            photos = await erase_person(conn, person_id, actor_id=None, now=clock.now())
        files = FileStore(settings.files_url, settings.home)
        for key in photos:
            await files.remove_if_there(key)
    return person_id


async def named(conn: Any, email: str) -> int:
    """Refuses: NotFound."""
    from artel.db.rows import fetch_value
    from artel.errors import NotFound

    person_id = await fetch_value(
        conn, "SELECT id FROM person WHERE lower(email) = lower(%(email)s)", {"email": email.strip()}
    )
    if person_id is None:
        raise NotFound("person")
    return int(person_id)
