"""What a new task refers to: its service, freelancer, group and files have to be there, and the company's to use."""

from collections.abc import Sequence

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import Refused

MOST_FILES = 100


class _Found(msgspec.Struct):
    service: bool
    freelancer: bool
    groups: int
    files: int
    acceptance_files: int


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
    for field, ids in (("file_ids", file_ids), ("acceptance_file_ids", acceptance_file_ids), ("edit_group", group_ids)):
        if len(ids) > MOST_FILES:
            raise Refused("too_many_ids", field, most=MOST_FILES)
    found = await fetch_one(
        conn,
        _Found,
        """
        WITH member AS (
            -- Held until the task is there: who removes the freelancer at this moment waits, and then counts it; who
            -- was first has ended the membership.
            SELECT
            FROM team_member
            WHERE company_id = %(company)s AND freelancer_id = %(freelancer)s::bigint AND ended_at IS NULL
            FOR KEY SHARE
        )
        SELECT
            EXISTS (SELECT FROM service WHERE id = %(service)s::bigint AND is_active) AS service,
            EXISTS (SELECT FROM member) AS freelancer,
            (
                SELECT count(*)
                FROM task_group
                WHERE id = ANY(%(groups)s::bigint[]) AND company_id = %(company)s AND deleted_at IS NULL
            ) AS groups,
            (
                SELECT count(*)
                FROM file
                WHERE id = ANY(%(files)s::bigint[]) AND company_id = %(company)s
            ) AS files,
            (
                SELECT count(*)
                FROM acceptance_file
                WHERE id = ANY(%(acceptance)s::bigint[])
                    AND (company_id = %(company)s OR company_id IS NULL)
                    AND withdrawn_at IS NULL
            ) AS acceptance_files
        """,
        {
            "company": company_id,
            "service": service_id,
            "freelancer": freelancer_id,
            "groups": list(group_ids),
            "files": list(file_ids),
            "acceptance": list(acceptance_file_ids),
        },
    )
    assert found is not None
    if service_id is not None and not found.service:
        raise Refused("service_unknown", "category_id")
    if freelancer_id is not None and not found.freelancer:
        raise Refused("freelancer_not_in_team", "worker_id")
    if found.groups < len(set(group_ids)):
        raise Refused("group_unknown", "edit_group")
    if found.files < len(set(file_ids)):
        raise Refused("file_unknown", "file_ids")
    if found.acceptance_files < len(set(acceptance_file_ids)):
        raise Refused("acceptance_file_unknown", "acceptance_file_ids")
