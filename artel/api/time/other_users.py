"""Other people's profiles: GET /user/{user}, and the tag OtherUser."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.other_user_replies import (
    CorrectionReply,
    OtherUserReply,
    Portrait,
    PublicUserReply,
    render_correction,
    render_other,
    render_public,
)
from artel.api.time.paths import PathId
from artel.api.time.replies import Id, answer_once, instant
from artel.companies.access import Person, Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.files.queries import files_of
from artel.operations.rate_limits import Limit, count_hits
from artel.people.own_email import ask_for_own_email
from artel.profiles import proposals, public, reveals
from artel.profiles.papers import set_cv, set_photo
from artel.profiles.rules import change_profile

TAGS = ["OtherUser"]
MOST_AT_ONCE = 100
Ids = Annotated[
    list[Id] | None,
    QueryParameter(name="ids[]", required=False, max_items=MOST_AT_ONCE, description="Ids of the caller's own"),
]
Items = list[int | str | dict[str, Any]]
Text = str | UnsetType | None
PROPOSED = {
    "EN": "Proposed: it changes when its owner agrees.",
    "RU": "Предложено: изменится, когда владелец согласится.",
}
CHANGED = {"EN": "Your profile is changed.", "RU": "Ваш профиль изменён."}
SENT = {"EN": "OTP sent to new email", "RU": "Код отправлен на новый адрес"}


class ProfileChanges(msgspec.Struct):
    """What is left out stays. `languages`: BCP 47 tags; `skills`: ids, names or objects with either; `links`: web
    addresses, or objects with label and url; `sallary`: amount, currency, per; `ava_id`, `cv_id`: uploads. For one's
    own profile alone: `email`, `sallary`, `currency`, `ava_id`, `cv_id`."""

    name: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    birthdate: Text = UNSET
    birthtime: Text = UNSET
    birthcity: Text = UNSET
    phone: Text = UNSET
    city: Text = UNSET
    education: Text = UNSET
    about: Text = UNSET
    languages: Items | UnsetType | None = UNSET
    skills: Items | UnsetType | None = UNSET
    links: Items | UnsetType | None = UNSET
    sallary: dict[str, Any] | UnsetType | None = UNSET
    currency: Text = UNSET
    email: str | UnsetType = UNSET
    ava_id: Id | UnsetType | None = UNSET
    cv_id: Id | UnsetType | None = UNSET

    @property
    def given(self) -> dict[str, Any]:
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}


class Vote(msgspec.Struct):
    vote: bool


class ChangeReply(msgspec.Struct):
    """`corrections` are what was proposed; none where the profile is the caller's own and has changed. `expires_at`:
    until when the code works that went to a new address of one's own, which POST /user/email/confirm then takes."""

    message: str
    expires_at: str | None
    corrections: list[CorrectionReply]


class OpenCorrections(msgspec.Struct):
    """What the caller still proposes for the same people."""

    corrections: list[CorrectionReply]


class RevealedEmail(msgspec.Struct):
    email: str


class RevealedPhone(msgspec.Struct):
    """In international form; null where there is none."""

    phone: str | None


async def portrait_of(conn: Connection, viewer_id: int, person_id: int, *, now: datetime) -> Portrait:
    """Refuses: NotFound for somebody whom the viewer may not see."""
    row = await public.access_person(conn, viewer_id, person_id, now=now)
    photo = next(iter(await files_of(conn, [row.photo_file_id] if row.photo_file_id else [])), None)
    return Portrait(row, photo, await public.offers_of(conn, person_id, now=now))


async def count_or_refuse(request: TimeRequest, limit: Limit, *, now: datetime) -> None:
    async with context_of(request).database.transaction() as conn:
        refusal = await count_hits(conn, limit, now=now)
    if refusal:
        raise refusal


@get(
    "/user/{user:str}",
    right=Right.SIGNED_IN,
    tags=["User"],
    summary="Another user's public profile with schedules and availability",
)
async def show_user(request: TimeRequest, person: SignedPerson, user: PathId) -> PublicUserReply:
    """Of whoever shows a schedule to everybody, and of people one has to do with; the rest are not found."""
    context = context_of(request)
    async with context.database.connection() as conn:
        portrait = await portrait_of(conn, person.person_id, user, now=clock.now())
    return render_public(portrait, base_url=context.settings.base_url)


@get(
    "/otheruser/{otheruser:str}",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Another user's profile with schedules, calendars and corrections",
)
async def show_other(request: TimeRequest, person: SignedPerson, otheruser: PathId) -> OtherUserReply:
    """Of the same people as GET /user/{user}."""
    context = context_of(request)
    async with context.database.connection() as conn:
        portrait = await portrait_of(conn, person.person_id, otheruser, now=clock.now())
        return render_other(
            portrait,
            base_url=context.settings.base_url,
            calendars=await public.calendars_shown_by(conn, otheruser),
            corrections=await proposals.open_proposals(conn, otheruser, viewer_id=person.person_id),
            reveals=await reveals.reveals_of(conn, otheruser) if otheruser == person.person_id else None,
        )


async def told(request: TimeRequest, viewer_id: int, person_id: int, field: reveals.Field) -> str | None:
    now = clock.now()
    if person_id != viewer_id:
        await count_or_refuse(request, reveals.reveal_limit(viewer_id), now=now)
    async with context_of(request).database.transaction() as conn:
        return await reveals.reveal(conn, viewer_id, person_id, field, now=now)


@get(
    "/otheruser/{otheruser:str}/email",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Reveal another user's e-mail address",
)
async def reveal_email(request: TimeRequest, person: SignedPerson, otheruser: PathId) -> RevealedEmail:
    """Each time is noted, for its owner to see. At most 50 a day, of numbers and addresses together."""
    email = await told(request, person.person_id, otheruser, "email")
    assert email is not None, "everybody has an address"
    return RevealedEmail(email)


@get(
    "/otheruser/{otheruser:str}/phone",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Reveal another user's phone number",
)
async def reveal_phone(request: TimeRequest, person: SignedPerson, otheruser: PathId) -> RevealedPhone:
    """Each time is noted, for its owner to see. At most 50 a day, of numbers and addresses together."""
    return RevealedPhone(await told(request, person.person_id, otheruser, "phone"))


async def change_own(
    conn: Connection, person: Person, given: dict[str, Any], *, address: str, now: datetime
) -> ChangeReply:
    """Write one's own profile; for a new address a code is sent there first. `address` is where this is asked from."""
    person_id = person.person_id
    by: dict[str, Any] = {"actor_id": person_id, "now": now}
    email = given.pop("email", None)
    for field, set_file in (("ava_id", set_photo), ("cv_id", set_cv)):
        if field in given:
            await set_file(conn, person_id, given.pop(field), **by)
    await change_profile(conn, person_id, given, **by)
    # Clients send the whole form: an address that stays needs no code.
    if email is None or email.strip().lower() == (await public.public_row(conn, person_id)).email.lower():
        return ChangeReply(CHANGED[person.language], None, [])
    expires_at = await ask_for_own_email(conn, person_id, email=email, address=address, now=now)
    return ChangeReply(SENT[person.language], instant(expires_at), [])


@put(
    "/otheruser/{otheruser:str}",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Change one's own profile, or propose corrections of another's",
)
async def change_other(
    request: TimeRequest, person: SignedPerson, otheruser: PathId, data: JSONBody[ProfileChanges]
) -> Response[ChangeReply]:
    """Each field given is a correction of its own; the profile's owner decides. At most 60 calls an hour."""
    now, given = clock.now(), data.given
    if otheruser != person.person_id:
        await count_or_refuse(request, proposals.proposing_limit(person.person_id), now=now)

    async def change(conn: Connection) -> ChangeReply:
        if otheruser == person.person_id:
            return await change_own(conn, person, given, address=client_address(request), now=now)
        made = await proposals.propose_changes(conn, otheruser, given, proposer_id=person.person_id, now=now)
        return ChangeReply(PROPOSED[person.language], None, [render_correction(row) for row in made])

    return await answer_once(request, person, change)


@post(
    "/otheruser/correction/{correction:str}/vote",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Accept or reject a correction of one's profile",
)
async def vote_on_correction(
    request: TimeRequest, person: SignedPerson, correction: PathId, data: JSONBody[Vote]
) -> Response[list[CorrectionReply]]:
    """A yes is written into the profile at once. Answers the correction as it is then."""

    async def vote(conn: Connection) -> list[CorrectionReply]:
        decided = await proposals.vote_on(
            conn, correction, voter_id=person.person_id, is_yes=data.vote, now=clock.now()
        )
        return [render_correction(decided)]

    return await answer_once(request, person, vote)


async def withdraw(request: TimeRequest, person: SignedPerson, ids: list[int]) -> Response[OpenCorrections]:
    async def work(conn: Connection) -> OpenCorrections:
        rows = await proposals.withdraw_proposals(conn, ids, proposer_id=person.person_id, now=clock.now())
        return OpenCorrections([render_correction(row) for row in rows])

    return await answer_once(request, person, work)


@delete(
    "/otheruser/correction/{correction:str}",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Take back a correction one has proposed",
)
async def withdraw_correction(
    request: TimeRequest, person: SignedPerson, correction: PathId
) -> Response[OpenCorrections]:
    return await withdraw(request, person, [correction])


@delete(
    "/otheruser/corrections",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Take back corrections one has proposed",
)
async def withdraw_corrections(
    request: TimeRequest, person: SignedPerson, ids: Ids = None
) -> Response[OpenCorrections]:
    """All of those named, or none where one of them is not the caller's to take back."""
    if not ids:
        raise Refused("field_required", "ids")
    return await withdraw(request, person, ids)


ROUTES: list[Any] = [
    show_user,
    show_other,
    reveal_email,
    reveal_phone,
    change_other,
    vote_on_correction,
    withdraw_correction,
    withdraw_corrections,
]
