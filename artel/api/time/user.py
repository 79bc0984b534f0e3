"""One's own profile and e-mail address: the tag User. Uploads are in uploads.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.time.access import SignedPerson
from artel.api.time.file_parts import Part, stored_parts
from artel.api.time.form_schema import PROFILE_SCHEMA, PROFILE_SCHEMA_JSON
from artel.api.time.forms import Form, read_form, text, whole_number
from artel.api.time.replies import answer_once, instant
from artel.api.time.user_replies import UserReply, WholeProfile, render_user
from artel.calendars.queries import calendars_of
from artel.companies.access import Person, Right
from artel.contacts.queries import contacts_of
from artel.db.pool import Connection
from artel.errors import Refused
from artel.files.queries import files_of
from artel.files.uploads import Kind, Stored, keep_files
from artel.people.own_email import ask_for_own_email, take_own_email
from artel.people.passwords import hash_password
from artel.people.rules import set_password
from artel.profiles.errors import PasswordsDiffer
from artel.profiles.papers import set_cv, set_documents, set_photo
from artel.profiles.queries import own_profile
from artel.profiles.rules import FIELDS, change_profile

LISTS = ("skills", "languages", "links", "docs")
OBJECTS = ("sallary", "settings")
SHORTEST_PASSWORD = 6
LONGEST_PASSWORD = 255
MOST_DOCUMENTS_AT_ONCE = 10


class UserEnvelope(msgspec.Struct):
    user: UserReply


async def whole_profile(conn: Connection, person_id: int, *, now: datetime) -> WholeProfile:
    row = await own_profile(conn, person_id)
    shown = {file_id for file_id in (row.photo_file_id, row.cv_file_id, *row.document_ids) if file_id is not None}
    files = await files_of(conn, shown)
    return WholeProfile(
        row,
        {file.id: file for file in files},
        await calendars_of(conn, person_id),
        await contacts_of(conn, person_id, now=now),
    )


async def show_user(request: Request[Any, Any, State], conn: Connection, person_id: int) -> UserReply:
    profile = await whole_profile(conn, person_id, now=clock.now())
    return render_user(profile, base_url=context_of(request).settings.base_url)


@get("/user", right=Right.SIGNED_IN, tags=["User"], summary="Your profile")
async def get_user(request: Request[Any, Any, State], person: SignedPerson) -> UserReply:
    """With your contacts, calendars, contracts and hands."""
    async with context_of(request).database.connection() as conn:
        return await show_user(request, conn, person.person_id)


@dataclass
class ProfileOperation(Operation):
    """A form or JSON, which one handler reads: the framework, which sees no `data`, says there is no body."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=False,
            content={
                "multipart/form-data": OpenAPIMediaType(schema=PROFILE_SCHEMA),
                "application/json": OpenAPIMediaType(schema=PROFILE_SCHEMA_JSON),
            },
        )


class Papers(msgspec.Struct, frozen=True):
    """What a form says of files. `documents` are the ids of those to keep; None: all."""

    documents: Sequence[int] | None
    parts: Sequence[Part]


def read_papers(form: Form) -> Papers:
    """Refuses: file_expected, field_not_an_integer, profile_too_many."""
    photo = form.file("ava")
    documents = form.files.get("docs", [])
    if len(documents) > MOST_DOCUMENTS_AT_ONCE:
        raise Refused("profile_too_many", "docs", most=MOST_DOCUMENTS_AT_ONCE)
    parts = [Part("ava", Kind.PICTURE, photo)] if photo else []
    parts += [Part("docs", Kind.DOCUMENT, document) for document in documents]
    return Papers(read_document_ids(form.fields) if "docs" in form.fields else None, parts)


def read_document_ids(fields: Mapping[str, Any]) -> list[int]:
    """Ids of documents to keep, among the files of the same name; null or an empty list keeps none."""
    given = fields["docs"] or []
    if not isinstance(given, list):
        raise Refused("field_not_a_list", "docs")
    ids = [whole_number({"docs": item}, "docs") for item in given if item is not None]
    return [file_id for file_id in ids if file_id is not None]


def read_password(fields: Mapping[str, Any], *, confirmed: bool) -> str | None:
    """A new password, sent twice where `confirmed`. Refuses: profile_text_too_short, field_too_long,
    field_not_a_string; PasswordsDiffer."""
    password = text(fields, "password", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
    again = text(fields, "password_confirmation", most=LONGEST_PASSWORD)
    if password != again and (confirmed or again is not None):
        raise PasswordsDiffer
    return password


@post(
    "/user",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["User"],
    summary="Change your profile",
    operation_class=ProfileOperation,
)
async def post_user(request: Request[Any, Any, State], person: SignedPerson) -> Response[UserEnvelope]:
    """As PUT: forms with files are often sent by POST."""
    return await answer_change(request, person)


@put("/user", right=Right.SIGNED_IN, tags=["User"], summary="Change your profile", operation_class=ProfileOperation)
async def put_user(request: Request[Any, Any, State], person: SignedPerson) -> Response[UserEnvelope]:
    """What is not sent stays as it is. `ava` and `docs` are files; `ava_id` and `cv_id` name uploads of your own;
    ids in `docs` are the documents to keep. A new password ends your other sessions."""
    return await answer_change(request, person)


async def answer_change(request: Request[Any, Any, State], person: Person) -> Response[UserEnvelope]:
    form = await read_form(request, lists=LISTS, objects=OBJECTS)
    changes = {name: value for name, value in form.fields.items() if name in FIELDS}
    photo_id, cv_id = whole_number(form.fields, "ava_id"), whole_number(form.fields, "cv_id")
    papers = read_papers(form)
    password = read_password(form.fields, confirmed=True)
    password_hash = await hash_password(password) if password else None

    async with stored_parts(request, papers.parts) as stored:

        async def work(conn: Connection) -> UserEnvelope:
            now = clock.now()
            me = person.person_id
            if changes:
                await change_profile(conn, me, changes, actor_id=me, now=now)
            if "ava_id" in form.fields:
                await set_photo(conn, me, photo_id, actor_id=me, now=now)
            if "cv_id" in form.fields:
                await set_cv(conn, me, cv_id, actor_id=me, now=now)
            await take_papers(conn, me, papers, stored, actor_id=me, now=now)
            if password_hash:
                await set_password(
                    conn,
                    person_id=me,
                    session_id=person.session_id,
                    password_hash=password_hash,
                    now=now,
                )
            return UserEnvelope(await show_user(request, conn, me))

        return await answer_once(request, person, work)


async def take_papers(
    conn: Connection, person_id: int, papers: Papers, stored: Sequence[Stored], *, actor_id: int, now: datetime
) -> None:
    """Note the files as the person's, and show them. Refuses: TooMany; FileNotOwn, TooManyOf."""
    ids = await keep_files(conn, stored, owner_id=person_id, now=now)
    by_part = list(zip((part.field for part in papers.parts), ids, strict=True))
    for field, file_id in by_part:
        if field == "ava":
            await set_photo(conn, person_id, file_id, actor_id=actor_id, now=now, field="ava")
    added = [file_id for field, file_id in by_part if field == "docs"]
    if papers.documents is not None or added:
        await set_documents(conn, person_id, kept=papers.documents, added=added, actor_id=actor_id, now=now)


class NewEmail(msgspec.Struct):
    email: Annotated[str, Meta(min_length=1, max_length=254)]


class EmailProof(NewEmail):
    otp: Annotated[str, Meta(min_length=1, max_length=20)]


class CodeSent(msgspec.Struct):
    message: str
    expires_at: str


SENT = {"EN": "OTP sent", "RU": "Код отправлен"}


@post("/user/email", status_code=200, right=Right.SIGNED_IN, tags=["User"], summary="Ask for another e-mail address")
async def post_email(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[NewEmail]
) -> Response[CodeSent]:
    """A code goes to the new address, also where somebody else has it: only who reads it there is told."""

    async def work(conn: Connection) -> CodeSent:
        expires_at = await ask_for_own_email(
            conn, person.person_id, email=data.email, address=client_address(request), now=clock.now()
        )
        return CodeSent(SENT[person.language], instant(expires_at))

    return await answer_once(request, person, work)


@post(
    "/user/email/confirm",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["User"],
    summary="Change your e-mail address with the code sent there",
)
async def confirm_email(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[EmailProof]
) -> UserEnvelope:
    """Your other sessions end. Wrong codes are counted: five, then another is needed."""
    async with context_of(request).database.transaction() as conn:
        refusal = await take_own_email(
            conn,
            person.person_id,
            email=data.email,
            code=data.otp,
            session_id=person.session_id,
            now=clock.now(),
        )
        if refusal is None:
            return UserEnvelope(await show_user(request, conn, person.person_id))
    if refusal.field == "code":
        refusal.field = "otp"
    raise refusal  # only now, as the try has to stay counted


ROUTES = [get_user, post_user, put_user, post_email, confirm_email]
