"""What payout tests speak of: a company's owner, a freelancer with money, finished tasks, endpoints."""

import uuid
from datetime import datetime
from decimal import Decimal

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.exchange.rules import set_rate
from artel.ledger import rules as ledger
from artel.ledger.accounts import Posting, Transfer, clearing, person_balance
from artel.ledger.queries import balance
from artel.lookups.rules import load_reference_data
from artel.payouts.details import NewEndpoint
from artel.payouts.endpoints import PURPOSE, add_endpoint
from artel.people.links import make_link
from tests import cast

CARD = NewEndpoint(
    type=1,
    subtype=2,
    currency="EUR",
    number="5213 24** **** 0004",
    holder="DINA BOOM",
    expires="12/40",
    country="DE",
    processor_token="sandbox_token",
)
SEPA = NewEndpoint(
    type=6,
    subtype=1,
    currency="EUR",
    number="DE89370400440532013000",
    holder="Dina Boom",
    country="DE",
    bank={"bic": "COBADEFFXXX"},
)
RUSSIAN_ACCOUNT = NewEndpoint(
    type=6,
    subtype=6,
    currency="RUB",
    number="40602810700000000025",
    holder="Дина Бум",
    country="RU",
    bank={"bik": "049805746", "correspondent_account": "30101810800000000746"},
)
QIWI = NewEndpoint(type=2, subtype=2, currency="RUB", number="79161234567")


class World(msgspec.Struct, frozen=True):
    """A company, its owner, and a freelancer of its team."""

    owner: Member
    freelancer_id: int
    now: datetime


async def make_world(conn: Connection, *, now: datetime) -> World:
    company = await cast.add_company(conn, "Aurora Studio", "EUR", now=now)
    person = await cast.add_person(conn, "payer@aurora.example", now=now)
    await cast.add_member(conn, company, person, "owner", now=now)
    return await world_of(conn, person, company, now=now)


async def world_of(conn: Connection, owner_id: int, company_id: int, *, now: datetime) -> World:
    """Reference data, rates, and a freelancer for a company that is there."""
    async with conn.transaction():
        await load_reference_data(conn)
        await set_rates(conn, now=now)
    freelancer = await add_freelancer(conn, company_id, "dina@boom.example", now=now)
    return World(Member(owner_id, uuid.uuid4(), "EN", company_id, "owner", "EUR", True), freelancer, now)


async def set_rates(conn: Connection, *, now: datetime) -> None:
    for stronger, weaker, rate in (("EUR", "RUB", "97.5"), ("USD", "RUB", "90.2"), ("EUR", "USD", "1.08")):
        await set_rate(
            conn,
            stronger=stronger,
            weaker=weaker,
            market_rate=Decimal(rate),
            spread_percent=Decimal(1),
            source="operator",
            now=now,
        )


async def add_freelancer(
    conn: Connection, company_id: int, email: str, *, now: datetime, phone: str | None = "79161234567"
) -> int:
    """A registered freelancer who has said yes to the company."""
    person = await cast.add_person(conn, email, now=now)
    await conn.execute("UPDATE person SET phone = %s, country = 'DE' WHERE id = %s", [phone, person])
    await conn.execute(
        "INSERT INTO freelancer (person_id, created_at, registered_at, verified_at) VALUES (%s, %s, %s, %s)",
        [person, now, now, now],
    )
    await join_team(conn, company_id, person, now=now)
    return person


async def join_team(
    conn: Connection, company_id: int, freelancer_id: int, *, now: datetime, said_yes: bool = True
) -> None:
    await conn.execute(
        "INSERT INTO team_member (company_id, freelancer_id, invited_at, joined_at) VALUES (%s, %s, %s, %s)",
        [company_id, freelancer_id, now, now if said_yes else None],
    )


async def add_paid_task(
    conn: Connection,
    world: World,
    amount: str | Decimal,
    *,
    currency: str = "EUR",
    state: int = 5,
    credited: bool = True,
) -> int:
    """A task whose freelancer has earned `amount`; `credited` puts the money on their balance."""
    number: int = await fetch_value(
        conn,
        """
        UPDATE company_counter SET last_task_number = last_task_number + 1
        WHERE company_id = %(company)s
        RETURNING last_task_number
        """,
        {"company": world.owner.company_id},
    )
    task_id: int = await fetch_value(
        conn,
        """
        INSERT INTO task
            (company_id, number, state, state_changed_at, creator_id, freelancer_id, service_id, title, description,
             deadline, currency, worker_currency, price, worker_price, commission_percent, commission, total,
             amount_for_worker, escrow, created_at, paid_at)
        SELECT %(company)s, %(number)s, %(state)s, %(now)s, %(creator)s, %(freelancer)s, min(service.id),
            'Banner, wide', 'A banner', %(now)s, company.currency, %(worker_currency)s, 1, 1, 10, 0, 1, %(amount)s,
            'without_hold', %(now)s, %(now)s
        FROM company, service
        WHERE company.id = %(company)s
        GROUP BY company.id
        RETURNING task.id
        """,
        {
            "company": world.owner.company_id,
            "number": number,
            "state": state,
            "creator": world.owner.person_id,
            "freelancer": world.freelancer_id,
            "worker_currency": currency,
            "amount": Decimal(amount),
            "now": world.now,
        },
    )
    if credited:
        await credit(conn, world, amount, currency=currency)
    return task_id


async def credit(conn: Connection, world: World, amount: str | Decimal, *, currency: str = "EUR") -> None:
    """Money from outside straight onto the freelancer's balance."""
    postings = (
        Posting(clearing("bank", currency), -Decimal(amount)),
        Posting(person_balance(world.freelancer_id, currency), Decimal(amount)),
    )
    key = f"test:credit:{uuid.uuid4()}"
    await ledger.post(conn, Transfer("top_up", key, "person", world.freelancer_id, postings, at=world.now))


async def keep_endpoint(conn: Connection, world: World, endpoint: NewEndpoint) -> int:
    """Add an endpoint the way its page does; answers its id."""
    async with conn.transaction():
        token = await make_link(
            conn,
            purpose=PURPOSE,
            person_id=world.freelancer_id,
            company_id=world.owner.company_id,
            facts={"uuid": str(uuid.uuid4()), "type": endpoint.type, "subtype": endpoint.subtype},
            lifetime_s=600,
            now=world.now,
        )
        await add_endpoint(conn, token, endpoint, now=world.now)
    return int(await fetch_value(conn, "SELECT max(id) FROM payout_endpoint"))


async def balance_of(conn: Connection, world: World, currency: str = "EUR") -> Decimal:
    return await balance(conn, person_balance(world.freelancer_id, currency))


async def assert_books_balance(conn: Connection) -> None:
    """Sums are zero in each currency, every balance is the sum of its postings, nobody owes."""
    cursor = await conn.execute(
        """
        SELECT account.currency, sum(posting.amount)
        FROM posting
        JOIN account ON account.id = posting.account_id
        GROUP BY account.currency
        HAVING sum(posting.amount) <> 0
        """
    )
    assert await cursor.fetchall() == []
    cursor = await conn.execute(
        """
        SELECT account.id, account.balance, sum(posting.amount)
        FROM account
        LEFT JOIN posting ON posting.account_id = account.id
        WHERE account.owner_kind <> 'platform'
        GROUP BY account.id
        HAVING account.balance <> coalesce(sum(posting.amount), 0) OR account.balance < 0
        """
    )
    assert await cursor.fetchall() == []
