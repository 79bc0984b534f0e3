"""A booking's own page, for whoever has its token: what was booked, paying for it, cancelling it, and the page that a
mailed link opens."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.calendars.feed import calendar_of, uid_host_of
from artel.companies.access import Person
from artel.db.pool import Connection
from artel.errors import NotFound, Refused
from artel.events.booking_views import BookingView, view_booking
from artel.events.cancellation import cancel_booking
from artel.events.errors import BookingGone
from artel.events.machine import Status
from artel.events.queries import event_by_id
from artel.events.steps import lock_booking
from artel.events.tokens import BookingKey, booking_by_token, confirm_by_link, open_confirmation
from artel.pages.booking_texts import BOOKING_TEXTS
from artel.pages.booking_times import Words, address, names, terms_key, visitor_zone, zone_cookie
from artel.pages.errors import path_and_query, refusal_text
from artel.pages.forms import read_form
from artel.pages.language import page_language
from artel.pages.render import go_to, page
from artel.pages.session import signed_in_person
from artel.payments.processors import card_processor, tokenised
from artel.payments.queries import PaymentRow, last_payment, payers_of
from artel.payments.rules import pay_from_company, start_card_payment
from artel.payouts.cards import read_card_number, read_expiry
from artel.people.errors import LinkGone

PageRequest = Request[None, None, State]
COOKIE = "artel_booking"
PATH = "/bookings/{token:str}"
# What processors say of a card, and the text for it; whatever else they say is a refusal of the bank's.
FAILURES = {"not enough money on the card": "failed_no_funds"}


def booking_cookie(request: PageRequest, token: str) -> Cookie:
    """Which booking was made in this browser: whoever follows the mailed link in it comes back to its page."""
    secure = context_of(request).settings.base_url.startswith("https:")
    return Cookie(key=COOKIE, value=token, path="/bookings", httponly=True, samesite="lax", secure=secure)


def show(
    request: PageRequest, template: str, view: BookingView, *, status_code: int = 200, **context: Any
) -> Response[str]:
    """In the zone in which it was booked; `w` in the template writes times and prices."""
    now = clock.now()
    zone = visitor_zone(request, view.timezone, view.event_timezone)
    reply = page(
        request,
        f"booking/{template}.html",
        BOOKING_TEXTS,
        status_code=status_code,
        w=Words(page_language(request), zone.name),
        ask_zone=not zone.is_chosen and request.method == "GET",
        here=path_and_query(request),
        address=address,
        booking=view,
        card=card_of(context.get("payment")),
        hosts=names(view.hosts),
        now=now,
        **context,
    )
    if cookie := zone_cookie(request, zone):
        reply.set_cookie(cookie)
    return reply


def card_of(payment: PaymentRow | None) -> str:
    """A card's first and last digits, kept on one line."""
    return ((payment and payment.card_number) or "").replace(" ", "\xa0")


async def key_of(request: PageRequest, conn: Connection, token: str) -> BookingKey:
    """Refuses: NotFound, for a token that is none as for one that has been."""
    try:
        return await booking_by_token(conn, token, secret=context_of(request).settings.secret)
    except BookingGone:
        raise NotFound("booking") from None


@get(PATH)
async def booking_page(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    return await show_booking(request, token)


async def show_booking(
    request: PageRequest,
    token: str,
    problem: str = "",
    problems: Mapping[str, str] | None = None,
) -> Response[Any]:
    """`problem` is what is wrong with a step, `problems` what is wrong beside the card's fields."""
    context, now = context_of(request), clock.now()
    person = await signed_in_person(request)
    async with context.database.connection() as conn:
        view = await view_booking(conn, await key_of(request, conn, token))
        payment = await last_payment(conn, view.attendee_id) if view.price else None
        state: str = view.state(now)
        if payment is not None and payment.status == "charging" and state == "pay":
            state = "charging"
        payers = []
        if state == "pay" and person is not None and view.currency is not None:
            payers = await payers_of(conn, person.person_id, view.currency)
    is_priced = bool(view.price)
    return show(
        request,
        "booking",
        view,
        status_code=422 if problem or problems else 200,
        token=token,
        state=state,
        payment=payment,
        person=person,
        payers=payers,
        takes_cards=card_processor(sandbox=context.settings.sandbox) is not None,
        is_sandbox=context.settings.sandbox,
        can_cancel=view.can_be_cancelled(now),
        terms=terms_of(view, payment),
        terms_key=terms_key(terms_of(view, payment), is_priced=is_priced),
        failure=FAILURES.get(payment.failure or "", "failed_declined") if payment else "",
        problem=problem,
        problems=problems or {},
    )


def terms_of(view: BookingView, payment: PaymentRow | None) -> Any:
    """What is paid keeps the terms it was paid on."""
    return payment if payment is not None and payment.status in {"paid", "recorded"} else view.terms


@get(PATH + "/event.ics")
async def booking_file(request: PageRequest, token: FromPath[str]) -> Response[bytes]:
    """For the client's own calendar; their seat's state, where others sit in the same event."""
    async with context_of(request).database.connection() as conn:
        view = await view_booking(conn, await key_of(request, conn, token))
        event = await event_by_id(conn, view.event_id)
    data = event.data if isinstance(event.data, dict) else {}
    status = view.status_id if event.status_id in (Status.PENDING, Status.CONFIRMED) else event.status_id
    own = msgspec.structs.replace(event, status_id=status, data={"location": view.location, **data})
    content = calendar_of([own], name=event.label, uid_host=uid_host_of(context_of(request).settings.base_url))
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'attachment; filename="event.ics"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers)


@get(PATH + "/cancel")
async def cancel_page(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    return await show_cancel(request, token)


async def show_cancel(request: PageRequest, token: str, problem_key: str = "") -> Response[Any]:
    """What cancelling now would give back; the booking's own page where there is nothing to cancel."""
    now = clock.now()
    async with context_of(request).database.connection() as conn:
        view = await view_booking(conn, await key_of(request, conn, token))
        payment = await last_payment(conn, view.attendee_id) if view.price else None
    if not view.can_be_cancelled(now):
        return go_to(f"/bookings/{token}")
    return show(
        request,
        "cancel",
        view,
        status_code=422 if problem_key else 200,
        token=token,
        payment=payment,
        refund=payment.refund(now=now) if payment else Decimal(0),
        person=await signed_in_person(request),
        problem_key=problem_key,
    )


@post(PATH + "/cancel", status_code=200)
async def send_cancel(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """On the terms that the page has shown, or the page again."""
    form, now = await read_form(request), clock.now()
    person = await signed_in_person(request)
    is_as_shown = True
    try:
        async with context_of(request).database.transaction() as conn:
            key = await key_of(request, conn, token)
            await lock_booking(conn, key.attendee_id)  # nobody pays between the look at the refund and its being given
            payment = await last_payment(conn, key.attendee_id)
            is_as_shown = form.get("refund", "") == seen_refund(payment, now)
            if is_as_shown:
                await cancel_booking(conn, key.attendee_id, by="client", actor_id=actor_of(key, person), now=now)
    except NotFound:
        raise
    except Refused:
        pass  # it has ended meanwhile: its page says how
    if not is_as_shown:
        return await show_cancel(request, token, "refund_changed")
    return go_to(f"/bookings/{token}")


def seen_refund(payment: PaymentRow | None, now: datetime) -> str:
    return f"{payment.refund(now=now):f}" if payment else "0"


def actor_of(key: BookingKey, person: Person | None) -> int | None:
    """Whoever has the token may have typed a stranger's address: only somebody signed in is known."""
    return person.person_id if person is not None and person.person_id == key.person_id else None


@post(PATH + "/pay-card", status_code=200)
async def send_card(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """What was typed goes to the processor, and nowhere else: the form comes back empty."""
    form, now = await read_form(request), clock.now()
    language = page_language(request)
    problems: dict[str, str] = {}
    number, expires = None, ""
    try:
        number = read_card_number(form.get("number", ""))
    except Refused as refusal:
        problems["number"] = refusal_text(refusal, language)
    try:
        expires = read_expiry(form.get("expires", ""), today=now.date())
    except Refused as refusal:
        problems["expires"] = refusal_text(refusal, language)
    if problems or number is None:
        return await show_booking(request, token, problems=problems)
    processor = card_processor(sandbox=context_of(request).settings.sandbox)
    try:
        async with context_of(request).database.connection() as conn:
            key = await key_of(request, conn, token)
        card = await tokenised(processor, number, expires=expires)
        async with context_of(request).database.transaction() as conn:
            await start_card_payment(conn, key.attendee_id, card, now=now)
    except NotFound:
        raise
    except Refused as refusal:
        return await after_refusal(request, token, refusal)
    return go_to(f"/bookings/{token}")


@post(PATH + "/pay-company", status_code=200)
async def send_company(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    person = await signed_in_person(request)
    if person is None:
        return go_to(f"/sign-in?next=/bookings/{token}")
    given = form.get("company", "")
    company_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
    try:
        async with context_of(request).database.transaction() as conn:
            key = await key_of(request, conn, token)
            await pay_from_company(
                conn, key.attendee_id, company_id=company_id, person_id=person.person_id, now=clock.now()
            )
    except NotFound:
        raise
    except Refused as refusal:
        return await after_refusal(request, token, refusal)
    return go_to(f"/bookings/{token}")


async def after_refusal(request: PageRequest, token: str, refusal: Refused) -> Response[Any]:
    """What has been paid meanwhile, or ended, its page shows; what else is wrong it says."""
    if refusal.code in {"nothing_to_pay", "payment_under_way", "booking_gone"}:
        return go_to(f"/bookings/{token}")
    return await show_booking(request, token, refusal_text(refusal, page_language(request)))


@get("/bookings/confirm/{token:str}")
async def confirm_page(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    """Opened from the letter. Mail scanners open links too, so it takes a press."""
    try:
        async with context_of(request).database.connection() as conn:
            view = await view_booking(conn, await open_confirmation(conn, token, now=clock.now()))
    except LinkGone:
        return await show_link_gone(request)
    return show(request, "confirm", view, token=token, person=None, is_done=False, title="confirm")


@post("/bookings/confirm/{token:str}", status_code=200)
async def send_confirm(request: PageRequest, token: FromPath[str]) -> Response[Any]:
    now = clock.now()
    try:
        async with context_of(request).database.transaction() as conn:
            key = await open_confirmation(conn, token, now=now)
            status = await confirm_by_link(conn, token, now=now)
            view = await view_booking(conn, key)
    except (LinkGone, BookingGone):
        return await show_link_gone(request)
    own = request.cookies.get(COOKIE, "")
    if await is_of(request, own, key):
        return go_to(f"/bookings/{own}")
    title = "confirmed" if status == Status.CONFIRMED else "waits"
    return show(request, "confirm", view, token=token, person=None, is_done=True, title=title)


async def is_of(request: PageRequest, token: str, key: BookingKey) -> bool:
    """Whether a token leads to the same booking as a mailed link."""
    if not token:
        return False
    async with context_of(request).database.connection() as conn:
        try:
            return await booking_by_token(conn, token, secret=context_of(request).settings.secret) == key
        except BookingGone:
            return False


async def show_link_gone(request: PageRequest) -> Response[Any]:
    """What to do now; in the browser that booked with the way to the booking, which says what became of it."""
    own = request.cookies.get(COOKIE, "")
    if own:
        async with context_of(request).database.connection() as conn:
            try:
                await booking_by_token(conn, own, secret=context_of(request).settings.secret)
            except BookingGone:
                own = ""
    return page(
        request,
        "booking/link_gone.html",
        BOOKING_TEXTS,
        status_code=404,
        booking_token=own,
        person=None,
        ask_zone=False,
        here="",
    )


ROUTES = [
    booking_page,
    booking_file,
    cancel_page,
    send_cancel,
    send_card,
    send_company,
    confirm_page,
    send_confirm,
]
