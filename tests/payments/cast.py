"""A host with a priced schedule, a client, and the client's company with money on it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from artel import clock
from artel.companies.rules import create_company
from artel.db.pool import Connection
from artel.events.booking import Booked, NewBooking, book
from artel.ledger.accounts import clearing, company_available, company_held, person_balance
from artel.ledger.queries import balance
from artel.ledger.rules import top_up
from artel.ledger.verify import verify
from artel.payments.processors import Charge, SandboxProcessor, tokenised
from artel.payments.rules import pay_from_company, start_card_payment
from artel.payments.transfers import person_held
from artel.payouts.cards import read_card_number
from tests import cast
from tests.events.cast import day_after

PRICE = Decimal("40.00")
GOOD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"


class Deal:
    """A host with a priced schedule, a client, and the client's company with money on it."""

    host: int
    client: int
    company: int
    schedule: Any

    async def booked(self, conn: Connection, *, hour: int = 10) -> Booked:
        now = clock.now()
        async with conn.transaction():
            return await book(
                conn,
                self.schedule,
                NewBooking(start=day_after(now, days=2, hour=hour)),
                client_id=self.client,
                is_proven=True,
                actor_id=self.client,
                now=now,
            )

    async def balances(self, conn: Connection) -> dict[str, Decimal]:
        accounts = {
            "available": company_available(self.company, "EUR"),
            "company escrow": company_held(self.company, "EUR"),
            "client escrow": person_held(self.client, "EUR"),
            "host": person_balance(self.host, "EUR"),
            "cards": clearing("card", "EUR"),
        }
        found = {name: await balance(conn, account) for name, account in accounts.items()}
        return {name: amount for name, amount in found.items() if amount}


async def company_of(conn: Connection, person: int, currency: str, *, now: datetime) -> int:
    company = await create_company(
        conn,
        name="Aurora Studio",
        currency=currency,
        country="DE",
        commission_percent=Decimal(10),
        vat_percent=Decimal(0),
        escrow="without_hold",
        acts_for_freelancers=True,
        now=now,
    )
    await cast.add_member(conn, company, person, "owner", now=now)
    await top_up(
        conn,
        company_id=company,
        currency=currency,
        amount=Decimal(100),
        vat_percent=Decimal(0),
        source="bank",
        key=f"start:{company}",
        actor_id=None,
        now=now,
    )
    return company


async def pay(conn: Connection, deal: Deal, booked: Booked) -> int:
    async with conn.transaction():
        return await pay_from_company(
            conn, booked.attendee_id, company_id=deal.company, person_id=deal.client, now=clock.now()
        )


async def statuses(conn: Connection, booked: Booked) -> tuple[int, int, int, int]:
    """Of the event, its payment, the seat and the seat's payment."""
    cursor = await conn.execute(
        """
        SELECT e.status_id, e.payment_status_id, a.status_id, a.payment_status_id
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        WHERE a.id = %s
        """,
        [booked.attendee_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def books_balance(conn: Connection) -> None:
    async with conn.transaction():
        assert await verify(conn) == []


class Faulty(SandboxProcessor):
    """Charges, and then loses its answer; says the same of a key however often it is asked."""

    def __init__(self) -> None:
        self.charged: dict[str, Decimal] = {}
        self.refunded: dict[str, Decimal] = {}
        self.calls = 0
        self.losing = 0

    async def charge(self, token: str, amount: Decimal, currency: str, *, key: str) -> Charge:
        self.calls += 1
        answer = await super().charge(token, amount, currency, key=key)
        if answer.outcome == "done":
            self.charged[key] = amount
        return self.answer(answer)

    async def refund(self, reference: str, amount: Decimal, currency: str, *, key: str) -> Charge:
        self.refunded[key] = amount
        return self.answer(await super().refund(reference, amount, currency, key=key))

    def answer(self, answer: Charge) -> Charge:
        if self.losing:
            self.losing -= 1
            raise ConnectionResetError
        return answer


async def start(conn: Connection, booked: Booked, number: str = GOOD) -> int:
    card = await tokenised(SandboxProcessor(), read_card_number(number), expires="12/40")
    async with conn.transaction():
        return await start_card_payment(conn, booked.attendee_id, card, now=clock.now())
