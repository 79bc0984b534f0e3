"""One's own profile: the tag User."""

from typing import Any

from litestar import Request, get
from litestar.datastructures import State

from artel.api.context import context_of
from artel.api.time.access import SignedPerson
from artel.api.time.user_replies import UserReply, WholeProfile, render_user
from artel.calendars.queries import calendars_of
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.files.queries import files_of
from artel.profiles.queries import own_profile


async def whole_profile(conn: Connection, person_id: int) -> WholeProfile:
    row = await own_profile(conn, person_id)
    shown = {file_id for file_id in (row.photo_file_id, row.cv_file_id, *row.document_ids) if file_id is not None}
    files = await files_of(conn, shown)
    return WholeProfile(row, {file.id: file for file in files}, await calendars_of(conn, person_id))


@get("/user", right=Right.SIGNED_IN, tags=["User"], summary="Your profile")
async def get_user(request: Request[Any, Any, State], person: SignedPerson) -> UserReply:
    """With your contacts, calendars, contracts and hands."""
    context = context_of(request)
    async with context.database.connection() as conn:
        profile = await whole_profile(conn, person.person_id)
    return render_user(profile, base_url=context.settings.base_url)


ROUTES = [get_user]
