"""POST /register."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.languages import language_of
from artel.api.refusals import common
from artel.api.time.file_parts import stored_parts
from artel.api.time.form_schema import REGISTRATION_SCHEMA, REGISTRATION_SCHEMA_JSON
from artel.api.time.forms import Form, read_form, text
from artel.api.time.login import Countdown, no_sooner
from artel.api.time.schedule_requests import ScheduleWish, new_schedule
from artel.api.time.user import LISTS, OBJECTS, read_papers, read_password
from artel.errors import Refused
from artel.operations.rate_limits import Limit, count_hits, network_of
from artel.people.contacts import clean_email
from artel.people.mail_login import COUNTDOWN_S, count_request
from artel.people.passwords import hash_password
from artel.profiles.registration import Registration, register
from artel.profiles.rules import FIELDS
from artel.schedules.terms import NewSchedule

# From one address, behind which a whole office may be, in ten minutes; counted before a form is read.
MOST_FROM_ADDRESS = 30
WINDOW_S = 600
ACCEPTED = frozenset({"1", "true", "yes", "on", "accepted"})


@dataclass
class RegistrationOperation(Operation):
    """A form that the handler reads: the framework, which sees no `data`, says there is no body."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(schema=REGISTRATION_SCHEMA),
                "application/json": OpenAPIMediaType(schema=REGISTRATION_SCHEMA_JSON),
            },
        )


@post("/register", status_code=200, tags=["Login"], summary="Register", operation_class=RegistrationOperation)
async def register_person(request: Request[Any, Any, State]) -> Countdown:
    """A code to sign in with is mailed: POST /login takes it. An address that has an account is answered the same, and
    nothing of it is changed. With `schedule`, as POST /schedule takes it, a first schedule is made."""
    began = time.monotonic()
    context = context_of(request)
    address = client_address(request)
    limit = Limit(f"register-from:{network_of(address)}", MOST_FROM_ADDRESS, WINDOW_S)
    async with context.database.transaction() as conn:
        refusal = await count_hits(conn, limit, now=clock.now())
    if refusal:
        raise refusal
    form = await read_form(request, lists=LISTS, objects=(*OBJECTS, "schedule"))
    papers = read_papers(form)
    wanted = await read_registration(form, language_of(request))
    await count_request(context.database, wanted.email, address=address, now=clock.now())
    async with stored_parts(request, papers.parts) as stored:
        by_part = list(zip((part.field for part in papers.parts), stored, strict=True))
        new = msgspec.structs.replace(
            wanted,
            photo=next((file for field, file in by_part if field == "ava"), None),
            documents=[file for field, file in by_part if field == "docs"],
        )
        async with context.database.transaction() as conn:
            await register(conn, new, now=clock.now())
    await no_sooner(began)
    return Countdown(COUNTDOWN_S)


async def read_registration(form: Form, language: str) -> Registration:
    """Refuses: field_required, terms_not_accepted, field_invalid; EmailInvalid; what `read_password` refuses;
    PasswordTooShort, PasswordTooLong."""
    fields = form.fields
    email = text(fields, "email", most=100)
    if email is None:
        raise Refused("field_required", "email")
    email = clean_email(email)
    require_terms(fields)
    changes = {name: value for name, value in fields.items() if name in FIELDS and value is not None}
    if fields.get("tovarisch") is not None:
        if fields["tovarisch"] not in ("0", "1"):  # of JSON it may be anything, a list too
            raise Refused("field_invalid", "tovarisch")
        settings = changes.get("settings") or {}
        if isinstance(settings, dict):  # else the rule says what is wrong with it
            changes["settings"] = {**settings, "tovarisch": fields["tovarisch"] == "1"}
    if "phone" in changes:
        text(fields, "phone", least=7, most=100)
    password = read_password(fields, confirmed=False)
    return Registration(
        email=email,
        language=language,
        changes=changes,
        password_hash=await hash_password(password) if password else None,
        schedule=read_schedule(fields.get("schedule")),
    )


def require_terms(fields: Mapping[str, Any]) -> None:
    """Refuses: field_required; terms_not_accepted."""
    given = fields.get("terms")
    if given is None:
        raise Refused("field_required", "terms")
    if given is not True and str(given).strip().lower() not in ACCEPTED:
        raise Refused("terms_not_accepted", "terms")


def read_schedule(given: Any) -> NewSchedule | None:
    """Refuses, naming "schedule", what the body of POST /schedule would be refused for."""
    if given is None:
        return None
    try:
        return new_schedule(msgspec.convert(given, ScheduleWish))
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        _, code, facts = common.explain({"message": message, "key": place.strip("`.") or "schedule"}, name=str)
        raise Refused(code, "schedule", **facts) from None


PUBLIC_ROUTES = [register_person]
