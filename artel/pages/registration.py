"""The registration page, at the documented address, for who is invited: new, registered before, or with a bare link.

Nothing counts before the mailbox is shown to be theirs: by the proof in the mailed link, by a mailed code, or by
having signed in. So a company, which can build the bare link, can open the page but not the account.
"""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from artel import clock
from artel.api.context import client_address, context_of
from artel.errors import NotFound, Refused
from artel.freelancers.errors import AlreadyRegistered, ProfileFieldMissing
from artel.freelancers.invitation_mail import PURPOSE
from artel.freelancers.invitations import join_team
from artel.freelancers.registration import complete_registration, hash_first_password, registration_problems
from artel.pages.agreements import agreement_parts
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.registration_form import (
    first_values,
    keep_password,
    kept_password,
    load_offered,
    read_registration,
)
from artel.pages.registration_texts import TEXTS
from artel.pages.registration_visit import PageRequest, Visit, mask_email, read_visit, show
from artel.pages.render import go_to, page
from artel.pages.session import LIFETIME_S, session_cookie, signed_in_person
from artel.pages.sign_in import show_sign_in
from artel.people.codes import send_code, spend_code
from artel.people.errors import CodeRefused, LinkGone
from artel.people.links import make_link
from artel.people.queries import profile_of
from artel.people.sessions import open_session

# A mailbox shown by code has been shown long enough ago after this.
PROOF_LIFETIME_S = 2 * 3600
# In the form's order.
FIELDS = (
    "password",
    "first_name",
    "last_name",
    "middle_name",
    "birth_date",
    "citizenship",
    "phone",
    "country",
    "state",
    "city",
    "address",
    "postal_code",
    "tax_country",
    "tax_document",
    "tax_number",
    "vat_number",
    "birth_country",
    "agreement",
)
# Fields whose refusals come under the rules' own names.
FIELD_NAMES = {"type": "tax_document", "tax_residence_country": "tax_country"}


@get("/registration/invite")
async def open_invitation(request: PageRequest) -> Response[Any]:
    try:
        visit = await read_visit(request)
    except NotFound:
        return page(request, "registration/gone.html", TEXTS, status_code=404)
    if visit.is_own and visit.invitation.registered_at is not None:
        return show(request, visit, "joined" if visit.invitation.joined_at else "join")
    if may_register(visit):
        return await show_form(request, visit, first_values(visit.invitation))
    if visit.person is not None:
        return await show_others(request, visit)
    if visit.is_new:
        return show(
            request, visit, "confirm", address=mask_email(visit), sent="sent" in request.query_params, problems={}
        )
    # Their password is the better proof. The address is filled in for who has shown to know it.
    values = {"next": visit.address(), "username": visit.invitation.email if visit.proof else ""}
    return show_sign_in(request, values, company=visit.invitation.company_name)


def may_register(visit: Visit) -> bool:
    """The person invited, signed in or with the mailbox shown, who is not a registered freelancer yet."""
    if visit.invitation.registered_at is not None:
        return False
    return visit.is_own or (visit.person is None and visit.is_new and visit.proof is not None)


async def show_others(request: PageRequest, visit: Visit) -> Response[str]:
    assert visit.person is not None
    async with context_of(request).database.connection() as conn:
        signed_in_as = (await profile_of(conn, visit.person.person_id)).email
    return show(request, visit, "other", signed_in_as=signed_in_as, invited=mask_email(visit))


async def show_form(
    request: PageRequest, visit: Visit, values: Form, problems: Form | None = None, kept: str = ""
) -> Response[str]:
    language = page_language(request, visit.invitation.language)
    async with context_of(request).database.connection() as conn:
        offered = await load_offered(conn, language)
    return show(
        request,
        visit,
        "form",
        status_code=422 if problems else 200,
        values=values,
        problems=problems or {},
        kept=kept,
        offered=offered,
        labels={name: TEXTS[name][1 if language == "RU" else 0] for name in FIELDS},
        **agreement_parts(offered.agreement, language),
    )


@post("/registration/invite", status_code=200)
async def send_registration(request: PageRequest) -> Response[Any]:
    visit = await read_visit(request)
    if not may_register(visit):
        return go_to(visit.address())
    form = await read_form(request)
    language = page_language(request, visit.invitation.language)
    refusals: list[Refused] = []
    password_hash = None
    if visit.is_new:
        try:
            password_hash = await read_password(request, visit, form)
        except Refused as refusal:
            refusals.append(refusal)
    registration = read_registration(form, password_hash=password_hash, language=language)
    context = context_of(request)
    now = clock.now()
    try:
        async with context.database.transaction() as conn:
            refusals += await registration_problems(conn, registration, now=now)
            if not refusals:
                await complete_registration(
                    conn,
                    visit.invitation.person_id,
                    registration,
                    proof=visit.proof,
                    address=client_address(request),
                    now=now,
                )
                tokens = await open_session(
                    conn,
                    person_id=visit.invitation.person_id,
                    company_id=None,
                    secret=context.settings.secret,
                    lifetime_s=LIFETIME_S,
                    now=now,
                    address=client_address(request),
                    user_agent=request.headers.get("user-agent"),
                )
    except (LinkGone, AlreadyRegistered):
        return go_to(visit.address())  # the same form, sent twice, was faster
    if refusals:
        kept = keep_password(request, visit.invitation.person_id, password_hash, now=now) if password_hash else ""
        return await show_form(request, visit, form, name_problems(refusals, language), kept)
    reply = go_to("/registration/done")
    reply.set_cookie(session_cookie(request, tokens.token))
    return reply


async def read_password(request: PageRequest, visit: Visit, form: Form) -> str:
    """The hash of the password typed now or, where none was, of one typed before. Refuses: ProfileFieldMissing and
    what `hash_first_password` refuses."""
    if form.get("password"):
        return await hash_first_password(form["password"])
    kept = kept_password(request, visit.invitation.person_id, form.get("password_kept", ""), now=clock.now())
    if kept is None:
        raise ProfileFieldMissing("password")
    return kept


def name_problems(refusals: list[Refused], language: str) -> Form:
    """What is wrong, by field, in the order of the form."""
    found = {FIELD_NAMES.get(r.field or "", r.field or "error"): refusal_text(r, language) for r in refusals}
    return {name: found[name] for name in [*FIELDS, *found] if name in found}


@post("/registration/confirm", status_code=200)
async def confirm_mailbox(request: PageRequest) -> Response[Any]:
    """Send a code to the invited address, or take it: then the page goes on as if opened from the mail."""
    visit = await read_visit(request)
    if visit.person is not None or not visit.is_new or visit.proof is not None:
        return go_to(visit.address())
    form = await read_form(request)
    language = page_language(request, visit.invitation.language)
    person_id = visit.invitation.person_id
    now = clock.now()
    async with context_of(request).database.transaction() as conn:
        if "code" not in form:
            await send_code(
                conn,
                purpose=PURPOSE,
                person_id=person_id,
                channel="email",
                to=visit.invitation.email,
                language=language,
                now=now,
            )
            return go_to(visit.address(sent="1"))
        outcome = await spend_code(conn, purpose=PURPOSE, person_id=person_id, code=form["code"], now=now)
        if not isinstance(outcome, CodeRefused):
            proof = await make_link(
                conn,
                purpose=PURPOSE,
                person_id=person_id,
                company_id=visit.invitation.company_id,
                lifetime_s=PROOF_LIFETIME_S,
                now=now,
            )
            return go_to(visit.address(proof=proof))
    problems = {"code": refusal_text(outcome, language)}
    return show(request, visit, "confirm", status_code=422, address=mask_email(visit), sent=True, problems=problems)


@post("/registration/join", status_code=200)
async def accept_invitation(request: PageRequest) -> Redirect:
    visit = await read_visit(request)
    if visit.is_own and visit.invitation.registered_at is not None:
        async with context_of(request).database.transaction() as conn:
            await join_team(conn, visit.invitation, now=clock.now())
    return go_to(visit.address())


@get("/registration/done")
async def registered(request: PageRequest) -> Response[Any]:
    person = await signed_in_person(request)
    if person is None:
        return go_to("/sign-in")
    async with context_of(request).database.connection() as conn:
        profile = await profile_of(conn, person.person_id)
    return page(request, "registration/done.html", TEXTS, name=profile.first_name or profile.email)


ROUTES = [
    open_invitation,
    send_registration,
    confirm_mailbox,
    accept_invitation,
    registered,
]
