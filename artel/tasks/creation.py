"""Making a task (M, "Create a task"): all checks, the price, the number, the first step, the first hold."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
from psycopg.types.json import Jsonb

from artel.advertising.task_contracts import EndContract, Share, attach_contracts, check_end_contracts
from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.insurance.rules import premium_for
from artel.ledger import queries as ledger
from artel.ledger import rules as books
from artel.ledger.accounts import company_available
from artel.ledger.errors import InsufficientFunds
from artel.tasks.attributes import Given, check_attributes
from artel.tasks.deadlines import SOFT_DEADLINE
from artel.tasks.escrow import held_after
from artel.tasks.machine import State, Step, Verb
from artel.tasks.pricing import TaskPrice
from artel.tasks.quotes import company_terms, price_at, rate_now
from artel.tasks.references import check_references
from artel.tasks.rules import require_ahead
from artel.tasks.steps import note_steps
from artel.tasks.texts import LONGEST_EXTERNAL_ID, checked_description, checked_text, checked_title
from artel.tasks.transfers import hold_of

# What a file given with a new task is: material from the client.
ATTACHED_AT_CREATION = 1


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task as its client wants it. `price` is in `worker_currency`, by default the company's own."""

    title: str
    description: str
    service_id: int
    freelancer_id: int
    deadline: datetime
    price: Decimal
    attributes: list[Given]
    uuid: UUID | None = None
    external_id: str | None = None
    worker_currency: str | None = None
    share_commission: bool = False
    deadline_type: int = SOFT_DEADLINE
    copyright: bool = False
    need_report: bool = False
    group_ids: list[int] = []  # the task goes into the first
    file_ids: list[int] = []
    acceptance_file_ids: list[int] = []
    end_contracts: list[EndContract] = []
    insured: bool | None = None  # None: as the company's product says
    as_draft: bool = False


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A new task that nothing is wrong with, as it will be kept."""

    wanted: NewTask
    title: str
    description: str
    external_id: str | None
    attributes: list[Given]
    end_contracts: list[Share]
    price: TaskPrice
    escrow: str


async def create_task(conn: Connection, member: Member, wanted: NewTask, *, now: datetime) -> UUID:
    """Make a task and answer its uuid. It is published at once, or a draft where that is asked for.

    Publishing needs the total available, whatever the policy; where it is not, the task is a draft, and
    `publish_draft` shows it later (M, "Create a task"). The rate of a task in two currencies is fixed here.
    Refuses: what check_new_task refuses; uuid_taken and external_id_taken, also where another call takes them first.
    """
    checked = await check_new_task(conn, member, wanted, now=now)
    if wanted.as_draft or not await is_affordable(conn, member, checked.price):
        return await insert_task(conn, member, checked, state=State.DRAFT, now=now)
    if not held_after(State.NEW, escrow=checked.escrow, held=Decimal(0), total=checked.price.total):
        return await insert_task(conn, member, checked, state=State.NEW, now=now)
    try:
        async with conn.transaction():
            return await insert_task(conn, member, checked, state=State.NEW, now=now)
    except InsufficientFunds:  # others were quicker with the money
        return await insert_task(conn, member, checked, state=State.DRAFT, now=now)


async def validate_task(conn: Connection, member: Member, wanted: NewTask, *, now: datetime) -> TaskPrice:
    """What `create_task` would say, and what the task would cost, without making it (M, validateOnly).

    Refuses: what create_task refuses; InsufficientFunds where the task would become a draft against its client's will.
    """
    checked = await check_new_task(conn, member, wanted, now=now)
    await refuse_taken(conn, member.company_id, checked)
    if not wanted.as_draft and not await is_affordable(conn, member, checked.price):
        balances = await ledger.company_balances(conn, member.company_id)
        raise InsufficientFunds(company_available(member.company_id, balances.currency), balances.available)
    return checked.price


async def check_new_task(conn: Connection, member: Member, wanted: NewTask, *, now: datetime) -> Checked:
    """Refuses: what is wrong with the title, the description and the external id (texts.py), the deadline, the price
    (pricing.py), the worker's currency (quotes.py), what the task refers to (references.py), its attributes
    (attributes.py), its end contracts (artel.advertising.task_contracts) and its insurance (artel.insurance)."""
    title = checked_title(wanted.title)
    description = checked_description(wanted.description)
    external_id = checked_text(wanted.external_id or "", "external_id", longest=LONGEST_EXTERNAL_ID)
    require_ahead(wanted.deadline, now=now)
    await check_references(
        conn,
        member.company_id,
        service_id=wanted.service_id,
        freelancer_id=wanted.freelancer_id,
        group_ids=wanted.group_ids,
        file_ids=wanted.file_ids,
        acceptance_file_ids=wanted.acceptance_file_ids,
    )
    attributes = await check_attributes(conn, wanted.service_id, wanted.attributes)
    worker_currency = member.currency if wanted.worker_currency is None else wanted.worker_currency
    terms = await company_terms(conn, member.company_id, worker_currency=worker_currency)
    price = price_at(
        await rate_now(conn, currency=terms.currency, worker_currency=worker_currency),
        terms=terms,
        price=wanted.price,
        worker_currency=worker_currency,
        share_commission=wanted.share_commission,
        insurance=await premium_for(conn, member.company_id, wanted=wanted.insured),
    )
    end_contracts = await check_end_contracts(
        conn,
        member.company_id,
        wanted.end_contracts,
        service_id=wanted.service_id,
        price=wanted.price,
        exponent=terms.worker_exponent,
    )
    return Checked(
        wanted=wanted,
        title=title,
        description=description,
        external_id=external_id or None,
        attributes=attributes,
        end_contracts=end_contracts,
        price=price,
        escrow=terms.escrow,
    )


async def is_affordable(conn: Connection, member: Member, price: TaskPrice) -> bool:
    balances = await ledger.company_balances(conn, member.company_id)
    return balances.available >= price.total


async def insert_task(conn: Connection, member: Member, checked: Checked, *, state: State, now: datetime) -> UUID:
    """The rows, the step, and the hold where the policy wants one. Refuses: uuid_taken, external_id_taken,
    InsufficientFunds."""
    wanted, price = checked.wanted, checked.price
    uuid = wanted.uuid or uuid4()
    held = held_after(state, escrow=checked.escrow, held=Decimal(0), total=price.total)
    number = await next_number(conn, member.company_id)
    task_id = await fetch_value(
        conn,
        """
        INSERT INTO task (
            uuid, company_id, number, state, state_changed_at, creator_id, freelancer_id, service_id, group_id,
            external_id, title, description, attributes, copyright, need_report, deadline, deadline_type,
            currency, worker_currency, exchange_rate, price, worker_price, commission_percent, commission,
            share_commission, shared_commission, worker_shared_commission, sales_tax_percent, sales_tax, insurance,
            total, amount_for_worker, vat_percent, vat, escrow, held, created_at, published_at
        )
        VALUES (
            %(uuid)s, %(company)s, %(number)s, %(state)s, %(now)s, %(creator)s, %(freelancer)s, %(service)s, %(group)s,
            %(external)s, %(title)s, %(description)s, %(attributes)s, %(copyright)s, %(need_report)s, %(deadline)s,
            %(deadline_type)s,
            %(currency)s, %(worker_currency)s, %(exchange_rate)s, %(price)s, %(worker_price)s, %(commission_percent)s,
            %(commission)s, %(share_commission)s, %(shared_commission)s, %(worker_shared_commission)s,
            %(sales_tax_percent)s, %(sales_tax)s, %(insurance)s, %(total)s, %(amount_for_worker)s, %(vat_percent)s,
            %(vat)s, %(escrow)s, %(held)s, %(now)s, %(published)s
        )
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        {
            **msgspec.structs.asdict(price),
            "uuid": uuid,
            "company": member.company_id,
            "number": number,
            "state": state,
            "creator": member.person_id,
            "freelancer": wanted.freelancer_id,
            "service": wanted.service_id,
            "group": wanted.group_ids[0] if wanted.group_ids else None,
            "external": checked.external_id,
            "title": checked.title,
            "description": checked.description,
            "attributes": Jsonb([msgspec.structs.asdict(attribute) for attribute in checked.attributes]),
            "copyright": wanted.copyright,
            "need_report": wanted.need_report,
            "deadline": wanted.deadline,
            "deadline_type": wanted.deadline_type,
            "escrow": checked.escrow,
            "held": held,
            "published": now if state is State.NEW else None,
            "now": now,
        },
    )
    if task_id is None:
        await refuse_taken(conn, member.company_id, checked)
        raise AssertionError("a task's number was given twice")
    await attach_files(conn, task_id, wanted, now=now)
    await attach_contracts(conn, task_id, checked.end_contracts)
    step = Step(
        verb=Verb.CREATE,
        task_id=task_id,
        company_id=member.company_id,
        uuid=uuid,
        external_id=checked.external_id,
        start=None,
        end=state,
        actor_id=member.person_id,
        held=held,
    )
    [step_id] = await note_steps(conn, [step], now=now)
    if held:
        transfer = hold_of(
            task_id,
            company_id=member.company_id,
            currency=price.currency,
            total=held,
            step_id=step_id,
            actor_id=member.person_id,
            now=now,
        )
        await books.post(conn, transfer)
    return uuid


async def next_number(conn: Connection, company_id: int) -> int:
    """The task's number. From here to the commit the company's other creations wait, so that no number is left out
    and what was taken before is seen by the statements that follow."""
    number = await fetch_value(
        conn,
        """
        INSERT INTO company_counter AS counter (company_id, last_task_number)
        VALUES (%(company)s, 1)
        ON CONFLICT (company_id) DO UPDATE
        SET last_task_number = counter.last_task_number + 1
        RETURNING last_task_number
        """,
        {"company": company_id},
    )
    return int(number)


async def refuse_taken(conn: Connection, company_id: int, checked: Checked) -> None:
    """Refuses: uuid_taken, external_id_taken."""
    taken = await fetch_value(
        conn,
        """
        SELECT CASE WHEN uuid = %(uuid)s THEN 'uuid' ELSE 'external_id' END
        FROM task
        WHERE company_id = %(company)s AND (uuid = %(uuid)s OR external_id = %(external)s)
        ORDER BY uuid = %(uuid)s DESC NULLS LAST
        LIMIT 1
        """,
        {"company": company_id, "uuid": checked.wanted.uuid, "external": checked.external_id},
    )
    if taken == "uuid":
        raise Refused("uuid_taken", "uuid")
    if taken == "external_id":
        raise Refused("external_id_taken", "external_id")


async def attach_files(conn: Connection, task_id: int, wanted: NewTask, *, now: datetime) -> None:
    """The files given, and the papers to be signed."""
    if wanted.file_ids:
        await conn.execute(
            """
            INSERT INTO task_file (task_id, file_id, type, attached_at)
            SELECT DISTINCT %(task)s, file_id, %(type)s, %(now)s::timestamptz
            FROM unnest(%(files)s::bigint[]) AS file_id
            """,
            {"task": task_id, "files": wanted.file_ids, "type": ATTACHED_AT_CREATION, "now": now},
        )
    if wanted.acceptance_file_ids:
        await conn.execute(
            """
            INSERT INTO task_acceptance_file (task_id, acceptance_file_id)
            SELECT DISTINCT %(task)s, file_id
            FROM unnest(%(files)s::bigint[]) AS file_id
            """,
            {"task": task_id, "files": wanted.acceptance_file_ids},
        )
