"""What a client wants done, held against everything a task must be before it is made: one at a time or a thousand."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from artel.advertising.task_contracts import (
    ContractGrounds,
    EndContract,
    Share,
    checked_end_contracts,
    contract_grounds,
)
from artel.companies.access import Member
from artel.db.pool import Connection
from artel.errors import Refused
from artel.insurance.rules import Product, premium_of, product_of
from artel.tasks.attributes import Catalogue, Given, asked_attributes, checked_attributes
from artel.tasks.deadlines import SOFT_DEADLINE
from artel.tasks.pricing import TaskPrice
from artel.tasks.quotes import CompanyTerms, company_terms, price_at, rate_now
from artel.tasks.references import Known, known_references, require_known
from artel.tasks.rules import require_ahead
from artel.tasks.texts import LONGEST_EXTERNAL_ID, checked_description, checked_text, checked_title


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


class Terms(msgspec.Struct, frozen=True):
    """The company's terms for one worker's currency, and the rate of this moment."""

    company: CompanyTerms
    rate: Decimal | None


class Grounds(msgspec.Struct, frozen=True):
    """What new tasks are held against, read once for all of them."""

    known: Known
    catalogue: Catalogue
    terms: dict[str, Terms | Refused]  # by the worker's currency
    insurance: Product | None
    contracts: ContractGrounds


async def check_new_tasks(
    conn: Connection, member: Member, wanted: Sequence[NewTask], *, now: datetime
) -> list[Checked | Refused]:
    """Each task as it will be kept, or the first thing that is wrong with it."""
    grounds = await read_grounds(conn, member, wanted)
    outcomes: list[Checked | Refused] = []
    for task in wanted:
        try:
            outcomes.append(check_new_task(grounds, member, task, now=now))
        except Refused as refusal:
            outcomes.append(refusal)
    return outcomes


async def read_grounds(conn: Connection, member: Member, wanted: Sequence[NewTask]) -> Grounds:
    known = await known_references(
        conn,
        member.company_id,
        service_ids={task.service_id for task in wanted},
        freelancer_ids={task.freelancer_id for task in wanted},
        group_ids={group_id for task in wanted for group_id in task.group_ids},
        file_ids={file_id for task in wanted for file_id in task.file_ids},
        acceptance_file_ids={file_id for task in wanted for file_id in task.acceptance_file_ids},
    )
    catalogue = await asked_attributes(
        conn,
        {task.service_id for task in wanted},
        {attribute.id for task in wanted for attribute in task.attributes},
    )
    currencies = {currency_of(task, member) for task in wanted}
    contracts = await contract_grounds(
        conn,
        member.company_id,
        uuids={contract.uuid for task in wanted for contract in task.end_contracts},
        service_ids={task.service_id for task in wanted},
    )
    return Grounds(
        known,
        catalogue,
        {code: await read_terms(conn, member, code) for code in currencies},
        await product_of(conn, member.company_id),
        contracts,
    )


async def read_terms(conn: Connection, member: Member, worker_currency: str) -> Terms | Refused:
    try:
        company = await company_terms(conn, member.company_id, worker_currency=worker_currency)
        return Terms(company, await rate_now(conn, currency=company.currency, worker_currency=worker_currency))
    except Refused as refusal:
        return refusal


def currency_of(task: NewTask, member: Member) -> str:
    return member.currency if task.worker_currency is None else task.worker_currency


def check_new_task(grounds: Grounds, member: Member, wanted: NewTask, *, now: datetime) -> Checked:
    """Refuses: what is wrong with the title, the description and the external id (texts.py), the deadline, what the
    task refers to (references.py), its attributes (attributes.py), the worker's currency (quotes.py), the price
    (pricing.py), its insurance (artel.insurance) and its end contracts (artel.advertising.task_contracts)."""
    title = checked_title(wanted.title)
    description = checked_description(wanted.description)
    external_id = checked_text(wanted.external_id or "", "external_id", longest=LONGEST_EXTERNAL_ID)
    require_ahead(wanted.deadline, now=now)
    require_known(
        grounds.known,
        service_id=wanted.service_id,
        freelancer_id=wanted.freelancer_id,
        group_ids=wanted.group_ids,
        file_ids=wanted.file_ids,
        acceptance_file_ids=wanted.acceptance_file_ids,
    )
    attributes = checked_attributes(grounds.catalogue, wanted.service_id, wanted.attributes)
    worker_currency = currency_of(wanted, member)
    terms = grounds.terms[worker_currency]
    if isinstance(terms, Refused):
        raise terms
    price = price_at(
        terms.rate,
        terms=terms.company,
        price=wanted.price,
        worker_currency=worker_currency,
        share_commission=wanted.share_commission,
        insurance=premium_of(grounds.insurance, wanted=wanted.insured),
    )
    end_contracts = checked_end_contracts(
        grounds.contracts,
        wanted.end_contracts,
        service_id=wanted.service_id,
        price=wanted.price,
        exponent=terms.company.worker_exponent,
    )
    return Checked(
        wanted=wanted,
        title=title,
        description=description,
        external_id=external_id or None,
        attributes=attributes,
        end_contracts=end_contracts,
        price=price,
        escrow=terms.company.escrow,
    )
