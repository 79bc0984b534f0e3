"""The public page of a schedule: a month of free times, and the form that books one of them."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import client_address, context_of
from artel.companies.access import Person
from artel.db.pool import Connection
from artel.errors import NotAllowed, NotFound, Refused
from artel.events.booking import OFFER, NewBooking, book
from artel.events.booking_views import name_of_host
from artel.events.errors import SlotNotOffered, SlotTaken, TooManyHolds
from artel.events.visitors import Visitor, book_as_visitor, count_visit
from artel.operations import idempotency
from artel.pages.booking_month import Asked, read_duration, read_month
from artel.pages.booking_texts import TEXTS
from artel.pages.booking_times import (
    Words,
    Zone,
    address,
    slot_address,
    terms_key,
    visitor_zone,
    zone_choices,
    zone_cookie,
)
from artel.pages.bookings import booking_cookie
from artel.pages.errors import path_and_query, refusal_text
from artel.pages.forms import Form, read_form, visitor_word
from artel.pages.language import page_language
from artel.pages.render import go_to, page
from artel.pages.session import signed_in_person
from artel.people.contacts import clean_email, clean_phone
from artel.schedules.availability import Slot, slot_at
from artel.schedules.pricing import price_of_slot
from artel.schedules.queries import ScheduleRow, Write, access_schedule, public_schedule_by_slug
from artel.schedules.terms import LONGEST_DESCRIPTION, clean_text

PageRequest = Request[None, None, State]
LONGEST_NAME = 200


def show(request: PageRequest, template: str, zone: Zone, *, status_code: int = 200, **context: Any) -> Response[str]:
    """`w` in the template writes times and prices. Where no zone was chosen, zone.js looks for the browser's."""
    reply = page(
        request,
        f"booking/{template}.html",
        TEXTS,
        status_code=status_code,
        w=Words(page_language(request), zone.name),
        ask_zone=not zone.is_chosen and request.method == "GET",
        here=path_and_query(request),
        address=address,
        slot_address=slot_address,
        **context,
    )
    if cookie := zone_cookie(request, zone):
        reply.set_cookie(cookie)
    return reply


async def public_schedule(conn: Connection, slug: str) -> ScheduleRow:
    """Refuses: NotFound, for a private one too."""
    if not slug.isprintable():
        raise NotFound("schedule")
    return await public_schedule_by_slug(conn, slug)


def offer_of(schedule: ScheduleRow, host: str, duration: int | None) -> dict[str, Any]:
    """What the schedule offers, for its pages. An offer of work costs nobody who answers it anything."""
    rules = schedule.slot_rules
    minutes = duration or rules.duration
    price = price_of_slot(rules, schedule.price, schedule.exponent or 0, minutes)
    is_priced = price > 0 and schedule.type_id != OFFER
    return {
        "schedule": schedule,
        "rules": rules,
        "host": host,
        "duration": duration,
        "minutes": minutes,
        "price": price if is_priced else None,
        "is_offer": schedule.type_id == OFFER,
        "terms": rules.cancellation,
        "terms_key": terms_key(rules.cancellation, is_priced=is_priced),
    }


@get("/book/{slug:str}")
async def schedule_page(request: PageRequest, slug: FromPath[str]) -> Response[Any]:
    now = clock.now()
    person = await signed_in_person(request)
    async with context_of(request).database.connection() as conn:
        schedule = await public_schedule(conn, slug)
        host = await name_of_host(conn, schedule.benefitable_id)
        zone = visitor_zone(request, schedule.timezone)
        asked = Asked.read(request.query_params, schedule)
        month = await read_month(conn, schedule, asked, zone.info, now=now)
    return show(
        request,
        "month",
        zone,
        month=month,
        person=person,
        is_taken="taken" in request.query_params,
        zones=zone_choices(zone.name, now),
        now=now,
        twice=said_twice(month.times, zone),
        **offer_of(schedule, host, asked.duration),
    )


def said_twice(times: list[Slot], zone: Zone) -> set[datetime]:
    """Starts that clocks show twice that day, as they are put back between them: each is told with its offset."""
    civil = [f"{slot.start.astimezone(zone.info):%H:%M}" for slot in times]
    return {slot.start for slot, text in zip(times, civil, strict=True) if civil.count(text) > 1}


@get("/book/{slug:str}/{start:str}")
async def slot_page(request: PageRequest, slug: FromPath[str], start: FromPath[str]) -> Response[Any]:
    return await show_form(request, slug, read_start(start), await signed_in_person(request), {})


def read_start(text: str) -> datetime:
    """Refuses: NotFound for what is no instant."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotFound("slot") from None
    if at.tzinfo is None or not 1970 < at.year < 2200:
        raise NotFound("slot")
    return at.astimezone(UTC)


async def show_form(
    request: PageRequest,
    slug: str,
    start: datetime,
    person: Person | None,
    values: Form,
    problems: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response[Any]:
    """The form, or the way back to the day where the slot is not free. `problem` is one of no field."""
    now = clock.now()
    async with context_of(request).database.connection() as conn:
        schedule = await public_schedule(conn, slug)
        duration = read_duration(str(request.query_params.get("duration", "")), schedule)
        zone = visitor_zone(request, schedule.timezone)
        slot = await slot_at(conn, schedule, start=start, now=now, duration=duration)
        if slot is None:
            return back_to_day(schedule, start, duration, zone)
        host = await name_of_host(conn, schedule.benefitable_id)
        own_name = await name_of_host(conn, person.person_id) if person else ""
    return show(
        request,
        "form",
        zone,
        status_code=422 if problems or problem else 200,
        slot=slot,
        person=person,
        own_name=own_name,
        values={"once": secrets.token_urlsafe(16), **values},
        problems=problems or {},
        problem=problem,
        **offer_of(schedule, host, duration),
    )


def back_to_day(schedule: ScheduleRow, start: datetime, duration: int | None, zone: Zone) -> Response[Any]:
    day = start.astimezone(zone.info).date()
    return go_to(address(quote(schedule.slug), day=day.isoformat(), duration=duration, taken=1))


@post("/book/{slug:str}/{start:str}", status_code=200)
async def send_booking(request: PageRequest, slug: FromPath[str], start: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    at = read_start(start)
    person = await signed_in_person(request)
    async with context_of(request).database.connection() as conn:
        schedule = await public_schedule(conn, slug)
    zone = visitor_zone(request, schedule.timezone)
    duration = read_duration(str(request.query_params.get("duration", "")), schedule)
    language = page_language(request)
    problems = problems_in(form, language, is_signed_in=person is not None)
    if problems:
        return await show_form(request, slug, at, person, form, problems)
    wanted = NewBooking(start=at, duration=duration, timezone=zone.name, description=form.get("note") or None)
    try:
        token = await take_booking(request, schedule, wanted, form, person)
    except (SlotTaken, SlotNotOffered):
        return back_to_day(schedule, at, duration, zone)
    except TooManyHolds as refusal:
        return await show_form(request, slug, at, person, form, problem=refusal_text(refusal, language))
    except (NotFound, NotAllowed):
        raise
    except Refused as refusal:
        if refusal.code not in {"already_booked", "host_books_self"}:
            raise
        return await show_form(request, slug, at, person, form, problem=refusal_text(refusal, language))
    reply = go_to(f"/bookings/{token}")
    reply.set_cookie(booking_cookie(request, token))
    return reply


def problems_in(form: Form, language: str, *, is_signed_in: bool) -> dict[str, str]:
    """Everything that is wrong with what was typed, field by field."""
    found: dict[str, str] = {}

    def look(field: str, read: Any, *, is_required: bool = False) -> None:
        given = form.get(field, "")
        try:
            if given:
                read(given)
            elif is_required:
                raise Refused("field_required", field)
        except Refused as refusal:
            found[field] = refusal_text(refusal, language)

    if not is_signed_in:
        look("name", lambda given: clean_text("name", given, LONGEST_NAME), is_required=True)
        look("email", clean_email, is_required=True)
        look("phone", clean_phone)
    look("note", lambda given: clean_text("note", given, LONGEST_DESCRIPTION))
    return found


async def take_booking(
    request: PageRequest, schedule: ScheduleRow, wanted: NewBooking, form: Form, person: Person | None
) -> str:
    """Book, and answer the token of the booking's page: once, however often the form's button was pressed.

    Refuses: as `book` does; TooMany; NotAllowed for a member who may not book.
    """
    context, now = context_of(request), clock.now()
    visitor = None
    if person is None:
        visitor = Visitor.read(
            email=form["email"],
            name=form["name"],
            phone=form.get("phone") or None,
            language=page_language(request),
        )
        await count_visit(context.database, visitor, schedule.id, address=client_address(request), now=now)
    scope = f"booking-page:{hashlib.sha256(visitor_word(request).encode()).hexdigest()[:32]}"
    # Whatever is changed in a form that was sent before makes it another booking.
    sent = [form.get("once") or secrets.token_urlsafe(16), schedule.id, wanted, visitor, person and person.person_id]
    digest = hashlib.sha256(msgspec.json.encode(sent))
    key, fingerprint = digest.hexdigest(), digest.digest()
    async with context.database.transaction() as conn:
        kept = await idempotency.claim_key(conn, scope=scope, key=key, fingerprint=fingerprint, now=now)
        if kept is not None:
            return kept.reply.decode()
        if person is not None:
            await access_schedule(conn, person.person_id, schedule.id, write=Write.BOOK)
            booked = await book(
                conn,
                schedule,
                wanted,
                client_id=person.person_id,
                is_proven=True,
                actor_id=person.person_id,
                now=now,
            )
        else:
            assert visitor is not None
            booked = await book_as_visitor(conn, schedule, wanted, visitor, base_url=context.settings.base_url, now=now)
        await idempotency.keep_reply(conn, scope=scope, key=key, status=303, reply=booked.token.encode())
    return booked.token


ROUTES = [schedule_page, slot_page, send_booking]
