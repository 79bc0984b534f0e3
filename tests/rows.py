"""What stands in the database, so that a test can say that nothing changed, or that nothing of a company's did."""

import uuid
from decimal import Decimal
from typing import Any, LiteralString, cast

from psycopg.sql import SQL, Composed, Identifier

from artel.db.pool import Connection

# How a row belongs to a company, by the first of these columns that its table has.
OWNED_BY: dict[str, LiteralString] = {
    "company_id": "company_id = %(company)s",
    "task_id": "task_id IN (SELECT id FROM task WHERE company_id = %(company)s)",
    "payout_id": """payout_id IN (
        SELECT payout.id FROM payout JOIN task ON task.id = task_id WHERE company_id = %(company)s
    )""",
    "person_id": "person_id = ANY(%(people)s)",
    "freelancer_id": "freelancer_id = ANY(%(people)s)",
    "session_id": "session_id IN (SELECT id FROM session WHERE person_id = ANY(%(people)s))",
}
OWN_ACCOUNTS: LiteralString = """
    SELECT id FROM account
    WHERE (owner_kind = 'company' AND owner_id = %(company)s) OR (owner_kind = 'person' AND owner_id = ANY(%(people)s))
"""
OWN_VERIFICATIONS: LiteralString = "SELECT id FROM verification WHERE company_id = %(company)s"
OWN_SCHEDULES: LiteralString = "SELECT id FROM schedule WHERE owner_id = ANY(%(people)s)"
OWN_EVENTS: LiteralString = f"""
    SELECT id FROM calendar_event
    WHERE creator_id = ANY(%(people)s)
        OR schedule_id IN ({OWN_SCHEDULES})
        OR calendar_id IN (SELECT id FROM calendar WHERE person_id = ANY(%(people)s))
"""
# Tables where it is another way.
OWNED: dict[str, LiteralString] = {
    "company": "id = %(company)s",
    "person": "id = ANY(%(people)s)",
    "account": f"id IN ({OWN_ACCOUNTS})",
    "posting": f"account_id IN ({OWN_ACCOUNTS})",
    "transfer": f"id IN (SELECT transfer_id FROM posting WHERE account_id IN ({OWN_ACCOUNTS}))",
    "statement": f"id IN ({OWN_ACCOUNTS})",
    "statement_line": f"statement_id IN ({OWN_ACCOUNTS})",
    "idempotency_key": "scope LIKE '%%:' || %(company)s",
    "contact": "owner_id = ANY(%(people)s)",
    "correction": f"""proposer_id = ANY(%(people)s)
        OR CASE subject WHEN 'person' THEN subject_id = ANY(%(people)s) ELSE subject_id IN ({OWN_EVENTS}) END""",
    "schedule": "owner_id = ANY(%(people)s)",
    "schedule_member": f"person_id = ANY(%(people)s) OR schedule_id IN ({OWN_SCHEDULES})",
    "schedule_search": f"schedule_id IN ({OWN_SCHEDULES})",
    "schedule_skill": f"schedule_id IN ({OWN_SCHEDULES})",
    "calendar_event": f"id IN ({OWN_EVENTS})",
    "event_attendee": f"person_id = ANY(%(people)s) OR event_id IN ({OWN_EVENTS})",
    "event_step": f"event_id IN ({OWN_EVENTS})",
    "booking_payment": f"company_id = %(company)s OR event_id IN ({OWN_EVENTS})",
    "card_refund": f"payment_id IN (SELECT id FROM booking_payment WHERE event_id IN ({OWN_EVENTS}))",
    "file_size": "file_id IN (SELECT id FROM file WHERE owner_id = ANY(%(people)s))",
    "file": "company_id = %(company)s OR owner_id = ANY(%(people)s)",
    "document_rendering": "document_id IN (SELECT id FROM document WHERE company_id = %(company)s)",
    "verification_step": f"verification_id IN ({OWN_VERIFICATIONS})",
    "verification_photo": f"verification_id IN ({OWN_VERIFICATIONS})",
    "message_attachment": """message_id IN (
        SELECT m.id FROM message AS m JOIN person AS p ON m.recipient IN (p.email, p.phone) WHERE p.id = ANY(%(people)s)
    )""",
    "calendar_source_item": "source_id IN (SELECT id FROM calendar_source WHERE person_id = ANY(%(people)s))",
    "calendar_export": "source_id IN (SELECT id FROM calendar_source WHERE person_id = ANY(%(people)s))",
    "message": "recipient IN (SELECT unnest(ARRAY[email, phone]) FROM person WHERE id = ANY(%(people)s))",
}
# Tables whose rows are everybody's, or nobody's.
SHARED = {
    "agreement_template",
    "alembic_version",
    "attribute",
    "attribute_option",
    "bank_account",
    "bank_file",
    "country",
    "currency",
    "exchange_rate",
    "rate_limit",
    "reference_version",
    "sandbox_clock",
    "sandbox_webhook",
    "service",
    "service_attribute",
    "service_category",
    "skill",
    "specialization",
    "tax_document_type",
}
# Columns that say something of their owner to whoever sees them.
TELLING_COLUMNS = {
    "id",
    "uuid",
    "email",
    "phone",
    "title",
    "label",
    "slug",
    "description",
    "about",
    "city",
    "url",
    "external_id",
    "note",
    "number",
    "holder",
    "text",
    "price",
    "worker_price",
    "total",
    "amount_for_worker",
    "tax_number",
    "first_name",
    "last_name",
    "address",
}

Digests = dict[str, str]


async def tables_of(conn: Connection) -> dict[str, list[str]]:
    """Every table of ours, with its columns. The job queue's own are left out."""
    cursor = await conn.execute(
        """
        SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
        FROM information_schema.columns AS c
        JOIN information_schema.tables AS t USING (table_schema, table_name)
        WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE 'procrastinate%'
        GROUP BY c.table_name
        """
    )
    return dict(await cursor.fetchall())


def belonging(table: str, columns: list[str]) -> LiteralString | None:
    """The condition of a company's rows; None for a table that belongs to nobody."""
    if table in SHARED:
        return None
    if table in OWNED:
        return OWNED[table]
    for column, condition in OWNED_BY.items():
        if column in columns:
            return condition
    raise AssertionError(f"{table}: say in tests/rows.py whose its rows are")


async def people_of(conn: Connection, company_id: int) -> list[int]:
    """The members of a company and of its team."""
    cursor = await conn.execute(
        """
        SELECT person_id FROM company_member WHERE company_id = %(company)s
        UNION
        SELECT freelancer_id FROM team_member WHERE company_id = %(company)s
        """,
        {"company": company_id},
    )
    return [row[0] for row in await cursor.fetchall()]


async def digests(conn: Connection) -> Digests:
    """A digest of every table, whole."""
    return await digest_tables(conn, {table: SQL("true") for table in await tables_of(conn)}, {})


async def digests_of_company(conn: Connection, company_id: int, people: list[int] | None = None) -> Digests:
    """A digest of a company's rows in every table; with `people`, of theirs and not of its members' and team's."""
    conditions = {}
    for table, columns in (await tables_of(conn)).items():
        condition = belonging(table, columns)
        if condition is not None:
            conditions[table] = SQL(condition)
    members = await people_of(conn, company_id) if people is None else people
    return await digest_tables(conn, conditions, {"company": company_id, "people": members})


async def digest_tables(conn: Connection, conditions: dict[str, SQL], parameters: dict[str, Any]) -> Digests:
    parts = [
        SQL(
            "SELECT {name} AS name, md5(string_agg(r::text, ' ' ORDER BY r::text)) FROM {table} AS r WHERE {condition}"
        ).format(name=table, table=Identifier(table), condition=condition)
        for table, condition in conditions.items()
    ]
    cursor = await conn.execute(SQL(" UNION ALL ").join(parts), parameters)
    return dict(await cursor.fetchall())


def changed(before: Digests, after: Digests) -> list[str]:
    """The tables that are not what they were."""
    return sorted(table for table in before if before[table] != after[table])


Told = dict[str | int | Decimal, str]


async def telling_values(conn: Connection, company_id: int, people: list[int] | None = None) -> Told:
    """What a company, with its members and its team, must not find in others' replies: each value with the table and
    column it is from. With `people`, what is theirs alone."""
    parameters = {"company": company_id, "people": await people_of(conn, company_id) if people is None else people}
    told: Told = {}
    for table, columns in (await tables_of(conn)).items():
        condition = belonging(table, columns)
        if condition is None:
            continue
        for column in TELLING_COLUMNS.intersection(columns):
            query: Composed = SQL("SELECT DISTINCT {column} FROM {table} WHERE {condition}").format(
                column=Identifier(column), table=Identifier(table), condition=SQL(condition)
            )
            cursor = await conn.execute(query, parameters)
            for (value,) in await cursor.fetchall():
                if is_telling(value):
                    told[str(value) if isinstance(value, uuid.UUID) else value] = f"{table}.{column}"
    return told


def is_telling(value: object) -> bool:
    """Small numbers and short words are found everywhere."""
    if isinstance(value, uuid.UUID):
        return True
    if isinstance(value, str):
        return len(value) > 3
    return isinstance(value, int | Decimal) and value > 999


def found_in(reply: Any, told: Told) -> list[str]:
    """Which of the values a reply carries, as a number or anywhere in a text."""
    if isinstance(reply, dict):
        return [found for part in (*reply, *reply.values()) for found in found_in(part, told)]
    if isinstance(reply, list):
        return [found for part in reply for found in found_in(part, told)]
    if isinstance(reply, bool) or reply is None:
        return []
    if isinstance(reply, int | float):
        number = cast(int | Decimal, reply if isinstance(reply, int) else Decimal(str(reply)))
        return [f"{told[number]} {number}"] if number in told else []
    return [f"{where} {value}" for value, where in told.items() if isinstance(value, str) and value in reply]
