"""The address book: the tag UserContacts."""

from typing import Annotated, Any

import msgspec
from litestar import MediaType, Response, delete, get, post, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.contact_replies import Contact, render_contact
from artel.api.time.paths import PathId
from artel.api.time.replies import answer_once
from artel.companies.access import Right
from artel.contacts import queries, rules
from artel.db.pool import Connection
from artel.operations.rate_limits import count_hits

TAGS = ["UserContacts"]
NO_NUL = r"^[^\x00]*$"
Label = Annotated[str, Meta(min_length=2, max_length=255, pattern=NO_NUL)]
Description = Annotated[str, Meta(max_length=5000, pattern=NO_NUL)]


class NewContact(msgspec.Struct):
    email: Annotated[str, Meta(max_length=300, pattern=NO_NUL)]


class ContactWish(msgspec.Struct):
    """A `description` left out stays as it is; null takes it away."""

    label: Label
    description: Description | UnsetType | None = UNSET


class ContactsWithNew(msgspec.Struct):
    contacts: list[Contact]
    new: Contact


@get("/contacts", right=Right.SIGNED_IN, tags=TAGS, summary="The caller's contacts, the pinned first")
async def list_contacts(request: TimeRequest, person: SignedPerson) -> list[Contact]:
    """After the pinned, by the last meeting. All of them: a book holds at most 500."""
    async with context_of(request).database.connection() as conn:
        rows = await queries.contacts_of(conn, person.person_id, now=clock.now())
    return [render_contact(row) for row in rows]


@post("/contacts", status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Add a contact by e-mail address")
async def add_contact(
    request: TimeRequest, person: SignedPerson, data: JSONBody[NewContact]
) -> Response[ContactsWithNew]:
    """An address nobody has used gets an account, whose owner is told nothing until they sign in. The reply is the
    same for one that has been used. At most 60 addresses an hour and 200 a day."""
    now = clock.now()
    async with context_of(request).database.transaction() as conn:
        refusal = await count_hits(conn, *rules.adding_limits(person.person_id), now=now)
    if refusal:
        raise refusal

    async def add(conn: Connection) -> ContactsWithNew:
        added = await rules.add_contact(conn, person.person_id, email=data.email, now=now)
        contacts = [render_contact(row) for row in await queries.contacts_of(conn, person.person_id, now=now)]
        return ContactsWithNew(contacts, next(contact for contact in contacts if contact.user_id == added))

    return await answer_once(request, person, add)


@put("/contacts/{user:str}", right=Right.SIGNED_IN, tags=TAGS, summary="Change a contact's label or description")
async def change_contact(
    request: TimeRequest, person: SignedPerson, user: PathId, data: JSONBody[ContactWish]
) -> Response[Contact]:
    now = clock.now()

    async def change(conn: Connection) -> Contact:
        await rules.rename_contact(
            conn, person.person_id, user, label=data.label, description=data.description, now=now
        )
        return render_contact(await queries.access_contact(conn, person.person_id, user, now=now))

    return await answer_once(request, person, change)


@post(
    "/contacts/{user:str}/pin",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Pin a contact, or unpin a pinned one",
    media_type=MediaType.JSON,
)
async def pin_contact(request: TimeRequest, person: SignedPerson, user: PathId) -> Response[str]:
    """Answers "pinned" or "unpinned"."""

    async def pin(conn: Connection) -> msgspec.Raw:
        is_pinned = await rules.toggle_pin(conn, person.person_id, user, now=clock.now())
        # As JSON: the framework writes a string as it is.
        return msgspec.Raw(b'"pinned"' if is_pinned else b'"unpinned"')

    return await answer_once(request, person, pin)


@delete(
    "/contacts/{user:str}", status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Take a contact out of the book"
)
async def remove_contact(request: TimeRequest, person: SignedPerson, user: PathId) -> Response[list[Contact]]:
    """Answers those who are left. Adding the address again brings label and description back."""
    now = clock.now()

    async def remove(conn: Connection) -> list[Contact]:
        await rules.take_out(conn, person.person_id, user, now=now)
        return [render_contact(row) for row in await queries.contacts_of(conn, person.person_id, now=now)]

    return await answer_once(request, person, remove)


ROUTES: list[Any] = [list_contacts, add_contact, change_contact, pin_contact, remove_contact]
