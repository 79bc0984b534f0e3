"""What a new task refers to: its service, freelancer, group and files have to be there, and the company's to use."""

from collections.abc import Collection, Sequence

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import Refused

MOST_FILES = 100


class Known(msgspec.Struct, frozen=True):
    """Those of the asked ids that the company may use."""

    services: set[int]
    freelancers: set[int]
    groups: set[int]
    files: set[int]
    acceptance_files: set[int]


async def check_references(
    conn: Connection,
    company_id: int,
    *,
    service_id: int | None = None,
    freelancer_id: int | None = None,
    group_ids: Sequence[int] = (),
    file_ids: Sequence[int] = (),
    acceptance_file_ids: Sequence[int] = (),
) -> None:
    """One look at all of them. What is not given is not looked for.

    Refuses, naming the field: service_unknown, freelancer_not_in_team, group_unknown, file_unknown,
    acceptance_file_unknown (withdrawn ones too), too_many_files.
    """
    known = await known_references(
        conn,
        company_id,
        service_ids=[] if service_id is None else [service_id],
        freelancer_ids=[] if freelancer_id is None else [freelancer_id],
        group_ids=group_ids[:MOST_FILES],
        file_ids=file_ids[:MOST_FILES],
        acceptance_file_ids=acceptance_file_ids[:MOST_FILES],
    )
    require_known(
        known,
        service_id=service_id,
        freelancer_id=freelancer_id,
        group_ids=group_ids,
        file_ids=file_ids,
        acceptance_file_ids=acceptance_file_ids,
    )


async def known_references(
    conn: Connection,
    company_id: int,
    *,
    service_ids: Collection[int],
    freelancer_ids: Collection[int],
    group_ids: Collection[int],
    file_ids: Collection[int],
    acceptance_file_ids: Collection[int],
) -> Known:
    """One look, for one task or for a thousand."""
    found = await fetch_one(
        conn,
        Known,
        """
        WITH member AS (
            -- Held until the task is there: who removes the freelancer at this moment waits, and then counts it; who
            -- was first has ended the membership.
            SELECT freelancer_id
            FROM team_member
            WHERE company_id = %(company)s AND freelancer_id = ANY(%(freelancers)s::bigint[]) AND ended_at IS NULL
            ORDER BY freelancer_id
            FOR KEY SHARE
        )
        SELECT
            ARRAY(SELECT id FROM service WHERE id = ANY(%(services)s::bigint[]) AND is_active) AS services,
            ARRAY(SELECT freelancer_id FROM member) AS freelancers,
            ARRAY(
                SELECT id
                FROM task_group
                WHERE id = ANY(%(groups)s::bigint[]) AND company_id = %(company)s AND deleted_at IS NULL
            ) AS groups,
            ARRAY(
                SELECT id
                FROM file
                WHERE id = ANY(%(files)s::bigint[]) AND company_id = %(company)s
            ) AS files,
            ARRAY(
                SELECT id
                FROM acceptance_file
                WHERE id = ANY(%(acceptance)s::bigint[])
                    AND (company_id = %(company)s OR company_id IS NULL)
                    AND withdrawn_at IS NULL
            ) AS acceptance_files
        """,
        {
            "company": company_id,
            "services": list(service_ids),
            "freelancers": list(freelancer_ids),
            "groups": list(group_ids),
            "files": list(file_ids),
            "acceptance": list(acceptance_file_ids),
        },
    )
    assert found is not None
    return Known(*(set(ids) for ids in msgspec.structs.astuple(found)))


def require_known(
    known: Known,
    *,
    service_id: int | None = None,
    freelancer_id: int | None = None,
    group_ids: Sequence[int] = (),
    file_ids: Sequence[int] = (),
    acceptance_file_ids: Sequence[int] = (),
) -> None:
    """Refuses as check_references does."""
    for field, ids in (("file_ids", file_ids), ("acceptance_file_ids", acceptance_file_ids), ("edit_group", group_ids)):
        if len(ids) > MOST_FILES:
            raise Refused("too_many_ids", field, most=MOST_FILES)
    if service_id is not None and service_id not in known.services:
        raise Refused("service_unknown", "category_id")
    if freelancer_id is not None and freelancer_id not in known.freelancers:
        raise Refused("freelancer_not_in_team", "worker_id")
    if not known.groups.issuperset(group_ids):
        raise Refused("group_unknown", "edit_group")
    if not known.files.issuperset(file_ids):
        raise Refused("file_unknown", "file_ids")
    if not known.acceptance_files.issuperset(acceptance_file_ids):
        raise Refused("acceptance_file_unknown", "acceptance_file_ids")
