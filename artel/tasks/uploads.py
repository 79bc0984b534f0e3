"""Tables that people upload: kept, checked whole, written once confirmed, by a job that shows how far it is."""

import uuid as uuids
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString

import msgspec
from psycopg.types.json import Jsonb

from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotAllowed, NotFound, Refused
from artel.operations import audit
from artel.tasks import bulk_payment, creation, spreadsheets
from artel.tasks.bulk import Line, Mode, Outcome

# How many lines of a table are written at once where each is on its own: enough that the commit is shared, few enough
# that the company's other payments do not wait for long.
BATCH = 100
UPLOADS_SHOWN = 20
NEEDS = {"tasks": Right.TASKS, "payments": Right.PAY}


class Upload(msgspec.Struct, frozen=True):
    """A table that was uploaded. `results` are of the lines worked off so far."""

    id: int
    uuid: uuids.UUID
    company_id: int
    person_id: int
    kind: str
    mode: str  # of Mode
    file_name: str
    content: bytes
    line_count: int
    done_count: int
    results: list[dict[str, Any]]
    created_at: datetime
    confirmed_at: datetime | None
    finished_at: datetime | None


class UploadInList(msgspec.Struct, frozen=True):
    uuid: uuids.UUID
    kind: str
    file_name: str
    line_count: int
    done_count: int
    created_at: datetime
    confirmed_at: datetime | None
    finished_at: datetime | None


SELECT_UPLOAD: LiteralString = """
    SELECT id, uuid, company_id, person_id, kind, mode, file_name, content, line_count, done_count, results,
        created_at, confirmed_at, finished_at
    FROM bulk_upload
"""


async def companies_to_upload_for(conn: Connection, person_id: int) -> list[Member]:
    """Whom somebody may upload tables for, the first company first."""
    members = await fetch_all(
        conn,
        _Membership,
        """
        SELECT m.company_id, m.role, c.currency, c.acts_for_freelancers, p.language
        FROM company_member AS m
        JOIN company AS c ON c.id = m.company_id
        JOIN person AS p ON p.id = m.person_id
        WHERE m.person_id = %(person)s AND m.ended_at IS NULL
        ORDER BY m.company_id
        """,
        {"person": person_id},
    )
    found = [
        Member(
            person_id,
            uuids.UUID(int=0),
            row.language,
            row.company_id,
            row.role,
            row.currency,
            row.acts_for_freelancers,
        )
        for row in members
    ]
    return [member for member in found if member.rights & set(NEEDS.values())]


class _Membership(msgspec.Struct):
    company_id: int
    role: str
    currency: str
    acts_for_freelancers: bool
    language: str


async def company_names(conn: Connection, members: Sequence[Member]) -> dict[int, str]:
    """What these companies are called, by id."""
    cursor = await conn.execute(
        "SELECT id, name FROM company WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id",
        {"ids": [member.company_id for member in members]},
    )
    return dict(await cursor.fetchall())


async def member_of(conn: Connection, person_id: int, company_id: int) -> Member:
    """Refuses: NotAllowed for somebody who is not, or no longer, to upload for this company."""
    for member in await companies_to_upload_for(conn, person_id):
        if member.company_id == company_id:
            return member
    raise NotAllowed


def require_kind(member: Member, kind: str) -> None:
    """Refuses: NotAllowed where the role lacks the right that the lines need one by one."""
    if NEEDS[kind] not in member.rights:
        raise NotAllowed


def read_lines(kind: str, content: bytes) -> list[Any]:
    """Refuses: what spreadsheets refuses of a table that cannot be read."""
    return spreadsheets.read_tasks(content) if kind == "tasks" else spreadsheets.read_payments(content)


async def keep_upload(
    conn: Connection, member: Member, *, kind: str, mode: Mode, file_name: str, content: bytes, now: datetime
) -> uuids.UUID:
    """Take a table in; nothing of it is written yet. Refuses: NotAllowed; what read_lines refuses."""
    require_kind(member, kind)
    lines = read_lines(kind, content)
    found: uuids.UUID = await fetch_value(
        conn,
        """
        INSERT INTO bulk_upload (company_id, person_id, kind, mode, file_name, content, line_count, created_at)
        VALUES (%(company)s, %(person)s, %(kind)s, %(mode)s, %(name)s, %(content)s, %(count)s, %(now)s)
        RETURNING uuid
        """,
        {
            "company": member.company_id,
            "person": member.person_id,
            "kind": kind,
            "mode": mode,
            "name": file_name,
            "content": content,
            "count": len(lines),
            "now": now,
        },
    )
    return found


async def access_upload(conn: Connection, person_id: int, uuid: uuids.UUID) -> tuple[Upload, Member]:
    """An upload of a company that the person may upload for. Refuses: NotFound; NotAllowed."""
    return await _find_upload(conn, person_id, uuid, "")


async def lock_upload(conn: Connection, person_id: int, uuid: uuids.UUID) -> tuple[Upload, Member]:
    """As access_upload, and nobody else changes it until the transaction ends."""
    return await _find_upload(conn, person_id, uuid, "FOR UPDATE")


async def _find_upload(
    conn: Connection, person_id: int, uuid: uuids.UUID, lock: LiteralString
) -> tuple[Upload, Member]:
    upload = await fetch_one(conn, Upload, SELECT_UPLOAD + "WHERE uuid = %(uuid)s " + lock, {"uuid": uuid})
    if upload is None:
        raise NotFound("upload")
    try:
        member = await member_of(conn, person_id, upload.company_id)
    except NotAllowed:
        raise NotFound("upload") from None
    require_kind(member, upload.kind)
    return upload, member


async def list_uploads(conn: Connection, members: Sequence[Member]) -> list[UploadInList]:
    """The newest uploads of these companies."""
    return await fetch_all(
        conn,
        UploadInList,
        """
        SELECT uuid, kind, file_name, line_count, done_count, created_at, confirmed_at, finished_at
        FROM bulk_upload
        WHERE company_id = ANY(%(companies)s::bigint[])
        ORDER BY id DESC
        LIMIT %(limit)s
        """,
        {"companies": [member.company_id for member in members], "limit": UPLOADS_SHOWN},
    )


async def preview(conn: Connection, upload: Upload, member: Member, *, now: datetime) -> list[Line]:
    """What would become of each line now; nothing is written."""
    lines = read_lines(upload.kind, upload.content)
    if upload.kind == "tasks":
        outcome = await creation.validate_tasks(conn, member, lines, now=now)
    else:
        outcome = await bulk_payment.validate_payments(conn, member, lines)
    return outcome.lines


async def confirm_upload(conn: Connection, upload: Upload, member: Member, *, now: datetime) -> None:
    """From here the worker writes the lines. The caller has locked the upload. Refuses: upload_confirmed, the second
    time."""
    if upload.confirmed_at is not None:
        raise Refused("upload_confirmed")
    await conn.execute(
        "UPDATE bulk_upload SET confirmed_at = %(now)s, person_id = %(person)s WHERE id = %(id)s",
        {"now": now, "person": member.person_id, "id": upload.id},
    )
    await audit.record(
        conn,
        "bulk_upload.confirmed",
        subject="bulk_upload",
        subject_id=upload.id,
        actor_id=member.person_id,
        company_id=upload.company_id,
        now=now,
        kind=upload.kind,
        mode=upload.mode,
        lines=upload.line_count,
    )


async def work_on(conn: Connection, upload_id: int, *, now: datetime) -> bool:
    """Write the next lines of a confirmed upload, with their results, in the caller's transaction; False when there
    are none left.

    How far the work is stands in the row that the lines are written with, so a worker that is killed leaves whole
    batches, and whoever comes next goes on where it was.
    """
    upload = await fetch_one(conn, Upload, SELECT_UPLOAD + "WHERE id = %(id)s FOR UPDATE", {"id": upload_id})
    if upload is None or upload.confirmed_at is None or upload.finished_at is not None:
        return False
    lines = read_lines(upload.kind, upload.content)
    size = len(lines) if upload.mode == Mode.ALL else BATCH
    chosen = lines[upload.done_count : upload.done_count + size]
    try:
        member = await member_of(conn, upload.person_id, upload.company_id)
        require_kind(member, upload.kind)
        outcome = await write_lines(conn, upload, member, chosen, now=now)
    except NotAllowed as refusal:  # the right was taken away meanwhile
        outcome = Outcome(False, [Line(refusal=refusal) for _ in chosen])
    done_count = upload.done_count + len(chosen)
    is_finished = done_count >= len(lines)
    await conn.execute(
        """
        UPDATE bulk_upload
        SET done_count = %(done)s,
            results = results || %(results)s,
            finished_at = CASE WHEN %(finished)s THEN %(now)s::timestamptz END
        WHERE id = %(id)s
        """,
        {
            "done": done_count,
            "results": Jsonb([result_of(line, is_done=outcome.is_done) for line in outcome.lines]),
            "finished": is_finished,
            "now": now,
            "id": upload.id,
        },
    )
    return not is_finished


async def write_lines(
    conn: Connection, upload: Upload, member: Member, lines: Sequence[Any], *, now: datetime
) -> Outcome:
    if upload.kind == "tasks":
        return await creation.create_tasks(conn, member, lines, mode=Mode(upload.mode), now=now)
    return await bulk_payment.pay_tasks(conn, member, lines, mode=Mode(upload.mode), now=now)


def result_of(line: Line, *, is_done: bool) -> dict[str, Any]:
    """A line's result as it is kept; figures in its facts as texts."""
    refusal = line.refusal
    total = line.price.total if line.price is not None else line.total
    return {
        "done": is_done and refusal is None,
        "uuid": None if line.uuid is None else str(line.uuid),
        "state": None if line.state is None else int(line.state),
        "total": None if total is None else str(total),
        "code": None if refusal is None else refusal.code,
        "field": None if refusal is None else refusal.field,
        "facts": {} if refusal is None else {name: str(value) for name, value in refusal.facts.items()},
    }


def amount_of(result: dict[str, Any]) -> Decimal:
    """A kept result's total."""
    return Decimal(result["total"])
