"""Your own account: operations 58 and 59 of customer-api.md, the password and the second factor."""

from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.params import JSONBody

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.customer.access import SignedPerson
from artel.api.customer.login import Code, Password, SecondFactorAsked, given_code, render_code_asked
from artel.api.customer.replies import NOTHING, answer_once
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.people.queries import ProfileRow, profile_of
from artel.people.rules import change_password, set_language
from artel.people.two_factor import CodeAsked, Kind, turn_off_two_factor, turn_on_two_factor

# Who is signed in and mistypes their password stays signed in: the field is to blame.
SIGNED_IN_ALREADY = {"credentials_wrong": 422}


class Profile(msgspec.Struct, rename="camel"):
    language_string_value: str
    name: str
    post_code: str | None
    physical_address: str | None
    city: str | None
    inn: str | None
    ip: str
    birth_date: str | None
    grids_settings: str
    login_notification: bool
    id: int
    uuid: str
    email: str
    username: str
    first_name: str
    middle_name: str
    last_name: str
    reg_date: str
    two_fa_method: Literal["sms", "google"] | None
    taxation_status: int | None
    phone: str | None
    country: str | None
    state: str | None
    flags: int
    type: Literal["customer", "freelancer"]
    default_sms_gate: str | None
    language: str
    is_verified: bool
    specialization: str | None


def render_profile(row: ProfileRow) -> Profile:
    """System fields of the documents that mean nothing here have their empty value."""
    return Profile(
        language_string_value=row.language,
        name=" ".join(part for part in (row.first_name, row.last_name) if part),
        post_code=row.postal_code,
        physical_address=row.address,
        city=row.city,
        inn=row.tax_number,
        ip="",
        birth_date=row.birth_date.isoformat() if row.birth_date else None,
        grids_settings="{}",
        login_notification=False,
        id=row.id,
        uuid=str(row.uuid),
        email=row.email,
        username=row.username,
        first_name=row.first_name,
        middle_name=row.middle_name,
        last_name=row.last_name,
        reg_date=row.created_at.date().isoformat(),
        two_fa_method=None if row.two_factor == "none" else row.two_factor,  # type: ignore[arg-type]
        taxation_status=row.taxation_status,
        phone=f"+{row.phone}" if row.phone else None,
        country=row.country,
        state=row.state,
        flags=0,
        type="freelancer" if row.is_freelancer else "customer",
        default_sms_gate=None,
        language=row.language,
        is_verified=row.is_verified,
        specialization=row.specialization_ru if row.language == "RU" else row.specialization_en,
    )


async def show_profile(request: Request[Any, Any, State], person: SignedPerson) -> Profile:
    async with context_of(request).database.connection() as conn:
        return render_profile(await profile_of(conn, person.person_id))


@get("/profile", right=Right.SIGNED_IN, tags=["Profile"], summary="Your personal data")
async def get_profile(request: Request[None, None, State], person: SignedPerson) -> Profile:
    return await show_profile(request, person)


@post("/profile", status_code=200, right=Right.SIGNED_IN, tags=["Profile"], summary="Your personal data, by POST")
async def post_profile(request: Request[None, None, State], person: SignedPerson) -> Profile:
    """M's sample asks by POST, S's by GET. Nothing is changed."""
    return await show_profile(request, person)


class Language(msgspec.Struct):
    language: str


@put("/profile/language", right=Right.SIGNED_IN, tags=["Profile"], summary="The language you are answered in")
async def put_language(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[Language]
) -> Response[list[None]]:
    async def work(conn: Connection) -> list[None]:
        await set_language(conn, person_id=person.person_id, language=data.language, now=clock.now())
        return NOTHING

    return await answer_once(request, person, work)


class NewPassword(msgspec.Struct, rename="camel"):
    password: Password
    new_password: str


@post(
    "/profile/password",
    status_code=200,
    right=Right.SIGNED_IN,
    refusal_status=SIGNED_IN_ALREADY,
    tags=["Profile"],
    summary="Change your password",
)
async def post_password(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[NewPassword]
) -> list[None]:
    """Your other sessions end."""
    await change_password(
        context_of(request).database,
        person_id=person.person_id,
        session_id=person.session_id,
        password=data.password,
        new_password=data.new_password,
        address=client_address(request),
        now=clock.now(),
    )
    return NOTHING


KINDS: dict[str, Kind] = {"SMS": "sms", "Google": "google"}


class TurnOn(msgspec.Struct):
    type: Literal["SMS", "Google"]
    password: Password
    code: Code = None


class TurnOff(msgspec.Struct):
    password: Password
    code: Code = None


def answer_two_factor(outcome: CodeAsked | None) -> SecondFactorAsked | list[None]:
    return NOTHING if outcome is None else render_code_asked(outcome)


@post(
    "/profile/2fa",
    status_code=200,
    right=Right.SIGNED_IN,
    refusal_status=SIGNED_IN_ALREADY,
    tags=["Profile"],
    summary="Turn a second factor on",
)
async def post_two_factor(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[TurnOn]
) -> SecondFactorAsked | list[None]:
    """Called twice: without a code it sends one, or answers a new authenticator's secret; with it, the factor is on."""
    outcome = await turn_on_two_factor(
        context_of(request).database,
        person_id=person.person_id,
        kind=KINDS[data.type],
        password=data.password,
        code=given_code(data.code),
        address=client_address(request),
        now=clock.now(),
    )
    return answer_two_factor(outcome)


@post(
    "/profile/2fa/disable",
    status_code=200,
    right=Right.SIGNED_IN,
    refusal_status=SIGNED_IN_ALREADY,
    tags=["Profile"],
    summary="Turn the second factor off",
)
async def disable_two_factor(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[TurnOff]
) -> SecondFactorAsked | list[None]:
    """Called twice, like turning on: without a code one is asked for; with it, the factor is off."""
    outcome = await turn_off_two_factor(
        context_of(request).database,
        person_id=person.person_id,
        password=data.password,
        code=given_code(data.code),
        address=client_address(request),
        now=clock.now(),
    )
    return answer_two_factor(outcome)


ROUTES = [get_profile, post_profile, put_language, post_password, post_two_factor, disable_two_factor]
