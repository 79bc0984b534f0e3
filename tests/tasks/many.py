"""Many tasks of all sorts, for what reads them: rows written at once, and the same rows to compare with."""

import random
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from artel.db.pool import Connection
from tests import cast

STATES = (1, 2, 3, 4, 5, 6, 8, 12, 14, 17)
SERVICE = 9001
WORDS = ("Market", "analysis", "of", "тканей", "Обзор", "рынка", "banner", "design", "v2.0", "foo-bar", "No", "№7")


class Circle(msgspec.Struct):
    """Who and what a company's tasks are about. The last group is deleted; freelancers are of each tax status."""

    company_id: int
    creators: list[int]
    freelancers: dict[int, int]
    groups: list[int]


async def add_circle(conn: Connection, company_id: int, *, now: datetime) -> Circle:
    creators = [await cast.add_person(conn, f"maker{n}@c{company_id}.example", now=now) for n in range(2)]
    freelancers = {}
    for status in (1, 3, 4):
        person = await cast.add_person(conn, f"free{status}@c{company_id}.example", now=now)
        await conn.execute(
            "INSERT INTO freelancer (person_id, taxation_status, created_at) VALUES (%s, %s, %s)", [person, status, now]
        )
        await conn.execute(
            "INSERT INTO team_member (company_id, freelancer_id, invited_at) VALUES (%s, %s, %s)",
            [company_id, person, now],
        )
        freelancers[person] = status
    groups = []
    for number in range(3):
        cursor = await conn.execute(
            """
            INSERT INTO task_group (company_id, title, color, created_at, created_by, deleted_at)
            VALUES (%s, %s, 'FFFFFF', %s, %s, %s)
            RETURNING id
            """,
            [company_id, f"Group {number}", now, creators[0], now if number == 2 else None],
        )
        groups.append((await cursor.fetchall())[0][0])
    await conn.execute("INSERT INTO service_category VALUES (901, 'Категория', 'Category') ON CONFLICT DO NOTHING")
    await conn.execute(
        "INSERT INTO service VALUES (%s, 901, 'Услуга', 'Service', 'Услуги', 'Services') ON CONFLICT DO NOTHING",
        [SERVICE],
    )
    return Circle(company_id, creators, freelancers, groups)


def random_task(chance: random.Random, circle: Circle, number: int, *, now: datetime) -> dict[str, Any]:
    """Columns of a task. Few values each, so that filters meet and orders have equals."""

    def day(least: int, most: int) -> datetime:
        return now + timedelta(days=chance.randint(least, most), seconds=chance.choice((0, 0, 1, 86_399)))

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.6 else None

    price = Decimal(chance.randint(1, 12) * 50) / 4
    made = day(-9, -2).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        seconds=chance.choice((0, 1, 86_399))
    )
    return {
        "company_id": circle.company_id,
        "number": number,
        "uuid": uuid.UUID(int=chance.getrandbits(128), version=4),
        "state": chance.choice(STATES),
        "state_changed_at": now,
        "creator_id": chance.choice(circle.creators),
        "freelancer_id": chance.choice(list(circle.freelancers)),
        "payer_id": maybe(chance.choice(circle.creators)),
        "service_id": SERVICE,
        "group_id": maybe(chance.choice(circle.groups)),
        "external_id": maybe(f"ORDER-{number}"),
        "title": " ".join(chance.choices(WORDS, k=chance.randint(1, 3))),
        "description": " ".join(chance.choices(WORDS, k=chance.randint(1, 4))),
        "copyright": chance.random() < 0.5,
        "need_report": chance.random() < 0.5,
        "deadline": day(-5, 9),
        "deadline_type": chance.choice((1, 1, 2)),
        "currency": chance.choice(("EUR", "EUR", "USD")),
        "worker_currency": "EUR",
        "price": price,
        "worker_price": price,
        "commission_percent": 10,
        "commission": Decimal(1),
        "total": price + 1,
        "amount_for_worker": price,
        "escrow": "without_hold",
        "has_payout": chance.random() < 0.3,
        "created_at": made,
        "finished_at": maybe(day(-5, 0)),
        "accepted_at": maybe(day(-5, 0)),
        "reported_at": maybe(day(-5, 0)),
        "paid_at": maybe(day(-5, 0)),
    }


async def write_tasks(conn: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert rows; each gets its `id`."""
    for row in rows:
        names = list(row)
        cursor = await conn.execute(
            f"INSERT INTO task ({', '.join(names)}) VALUES ({', '.join(f'%({name})s' for name in names)}) RETURNING id",
            row,
        )
        row["id"] = (await cursor.fetchall())[0][0]
    if rows:
        await conn.execute(
            "UPDATE company_counter SET last_task_number = %s WHERE company_id = %s",
            [max(row["number"] for row in rows), rows[0]["company_id"]],
        )
