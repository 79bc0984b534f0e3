"""Paying for bookings: POST /schedule/{schedule}/pay and /deposit, POST /event/{event}/charge."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.time.access import SignedPerson
from artel.api.time.event_replies import EventReply, render_event
from artel.api.time.paths import PathId
from artel.api.time.replies import Id, answer_once
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.events.access import access_event
from artel.events.queries import event_by_id, events_by_ids
from artel.events.times import as_instant
from artel.payments.records import charge_for_event, pay_own_bookings, record_bookings, record_deposit
from artel.schedules.queries import access_schedule

BOOK, EVENTS = 1, 2
Label = Annotated[str, Meta(max_length=255)]
Ids = Annotated[list[Id], Meta(max_length=50)]


class PayFrom(msgspec.Struct):
    """A company's balance, of one whose money the caller may spend."""

    company_id: Id


class Pay(msgspec.Struct):
    """`ids` are events; without them, all that are unpaid. With `pay_from` the caller pays their own bookings from a
    balance; without it whoever writes the schedule's events notes that they were paid outside."""

    label: Label | None = None
    ids: Ids | None = None
    pay_from: PayFrom | None = None


@post(
    "/schedule/{schedule:str}/pay",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["Schedule"],
    summary="Pay for booked events",
)
async def pay(
    request: Request[None, None, State], person: SignedPerson, schedule: PathId, data: JSONBody[Pay]
) -> Response[list[EventReply]]:
    """Answers the events that are paid now. All of them are or, where one is refused, none.

    Without `pay_from` nothing moves on a balance here.
    """

    async def work(conn: Connection) -> list[EventReply]:
        now = clock.now()
        if data.pay_from is None:
            await access_schedule(conn, person.person_id, schedule, write=EVENTS)
            paid = await record_bookings(conn, schedule, data.ids, actor_id=person.person_id, now=now)
        else:
            await access_schedule(conn, person.person_id, schedule, write=BOOK)
            paid = await pay_own_bookings(
                conn,
                schedule,
                data.ids,
                company_id=data.pay_from.company_id,
                person_id=person.person_id,
                now=now,
            )
        return [render_event(row) for row in await events_by_ids(conn, paid)]

    return await answer_once(request, person, work)


class Deposit(msgspec.Struct):
    """`amount` is in whole units of the schedule's currency; `ids` are the events it pays."""

    date: datetime
    amount: Annotated[int, Meta(ge=1, le=10**15)] | Decimal
    label: Label | None = None
    benefitable_id: Id | None = None
    benefitable_type: Literal["User"] | None = None
    ids: Ids | None = None


@post(
    "/schedule/{schedule:str}/deposit",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["Schedule"],
    summary="Note a payment made outside",
)
async def deposit(
    request: Request[None, None, State], person: SignedPerson, schedule: PathId, data: JSONBody[Deposit]
) -> Response[EventReply]:
    """The deposit stands in the calendar as an event of type 3; the events of `ids` are paid."""

    async def work(conn: Connection) -> EventReply:
        access = await access_schedule(conn, person.person_id, schedule, write=EVENTS, lock="share")
        event_id = await record_deposit(
            conn,
            access.schedule,
            date=as_instant(data.date, access.schedule.timezone, "date"),
            amount=Decimal(data.amount),
            label=data.label,
            benefitable_id=data.benefitable_id,
            event_ids=data.ids,
            actor_id=person.person_id,
            now=clock.now(),
        )
        return render_event(await event_by_id(conn, event_id))

    return await answer_once(request, person, work)


class ChargeEvent(msgspec.Struct):
    """`benefitable_id` is who is paid, the event's own host where it is not given; it may come as text."""

    date: datetime
    benefitable_id: Id | Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")] | None = None


@post(
    "/event/{event:str}/charge",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["Event"],
    summary="Charge for the time of an event",
)
async def charge(
    request: Request[None, None, State], person: SignedPerson, event: PathId, data: JSONBody[ChargeEvent]
) -> Response[EventReply]:
    """The charge stands under the event as one of type 2."""

    async def work(conn: Connection) -> EventReply:
        access = await access_event(conn, person.person_id, event, lock=True)
        payee = None if data.benefitable_id is None else int(data.benefitable_id)
        date = as_instant(data.date, access.event.timezone, "date")
        charge_id = await charge_for_event(conn, access, date=date, benefitable_id=payee, now=clock.now())
        return render_event(await event_by_id(conn, charge_id))

    return await answer_once(request, person, work)


ROUTES: list[Any] = [pay, deposit, charge]
