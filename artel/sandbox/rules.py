"""What the sandbox's own calls do: each stands in for somebody the product does not control."""

import uuid
from datetime import date, datetime
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.freelancers.papers import save_tax_info, sign_agreement
from artel.freelancers.rules import register_freelancer, verify_freelancer
from artel.ledger.rules import top_up
from artel.people.passwords import hash_password
from artel.people.profiles import Profile
from artel.sandbox.samples import FREELANCERS
from artel.sandbox.seed import password_of
from artel.settings import Settings

FARTHEST_MOVE_S = 10 * 366 * 24 * 3600


class MoveTooFar(Refused):
    """Time goes forward only, at most ten years from the machine's."""

    def __init__(self) -> None:
        super().__init__("clock_move_invalid", "advance_seconds")


def moved_offset_s(current_s: float, advance_s: float) -> float:
    """How far the clock is after moving it by `advance_s`. Refuses: MoveTooFar."""
    if not 0 <= advance_s <= FARTHEST_MOVE_S or current_s + advance_s > FARTHEST_MOVE_S:
        raise MoveTooFar
    return current_s + advance_s


class _Company(msgspec.Struct):
    currency: str
    vat_percent: Decimal


async def receive_money(conn: Connection, *, company_id: int, amount: Decimal, now: datetime) -> str:
    """Money arrives from the bank, in the company's currency; answers the currency. `amount` is net of VAT.

    Refuses: NotFound for an unknown company; bad_amount for zero, below, or more digits than the currency has.
    """
    company = await fetch_one(
        conn, _Company, "SELECT currency, vat_percent FROM company WHERE id = %(id)s", {"id": company_id}
    )
    if company is None:
        raise NotFound("company", "company_id")
    await top_up(
        conn,
        company_id=company_id,
        currency=company.currency,
        amount=amount,
        vat_percent=company.vat_percent,
        source="bank",
        key=f"sandbox:{company_id}:{uuid.uuid4().hex}",
        actor_id=None,
        now=now,
    )
    return company.currency


class FreelancerState(msgspec.Struct):
    id: int
    uuid: uuid.UUID
    email: str
    registered: bool
    verified: bool
    first_name: str
    last_name: str
    phone: str | None
    birth_date: date | None
    country: str | None
    has_password: bool
    language: str


async def play_freelancer(
    conn: Connection, freelancer_uuid: uuid.UUID, settings: Settings, *, register: bool, verify: bool, now: datetime
) -> FreelancerState:
    """Do for an invited freelancer what the registration and verification pages do; what is done stays as it is.

    Registering fills what is not known with a sample's data, signs the agreement and gives tax data.
    Refuses: NotFound.
    """
    state = await freelancer_state(conn, freelancer_uuid)
    if register and not state.registered:
        await register_with_samples(conn, state, settings, now=now)
    if verify:
        await verify_freelancer(conn, state.id, actor_id=None, now=now)
    return await freelancer_state(conn, freelancer_uuid)


async def register_with_samples(conn: Connection, state: FreelancerState, settings: Settings, *, now: datetime) -> None:
    sample = next((one for one in FREELANCERS if one.profile.country == state.country), FREELANCERS[1])
    known = {
        "first_name": state.first_name or sample.profile.first_name,
        "last_name": state.last_name or sample.profile.last_name,
        "phone": state.phone or sample.profile.phone,
        "birth_date": state.birth_date or sample.profile.birth_date,
    }
    profile: Profile = msgspec.structs.replace(sample.profile, **known)
    await register_freelancer(
        conn,
        state.id,
        profile=profile,
        password_hash=None if state.has_password else await hash_password(password_of(settings, state.email)),
        language=state.language,
        now=now,
    )
    await save_tax_info(conn, state.id, sample.tax_info, actor_id=state.id, now=now)
    template = await fetch_value(conn, "SELECT uuid FROM agreement_template ORDER BY version DESC LIMIT 1")
    if template is not None:
        await sign_agreement(conn, state.id, template_uuid=template, actor_id=None, now=now)


async def freelancer_state(conn: Connection, freelancer_uuid: uuid.UUID) -> FreelancerState:
    """Refuses: NotFound."""
    state = await fetch_one(
        conn,
        FreelancerState,
        """
        SELECT
            p.id, p.uuid, p.email, p.first_name, p.last_name, p.phone, p.birth_date, p.country, p.language,
            f.registered_at IS NOT NULL AS registered,
            f.verified_at IS NOT NULL AS verified,
            p.password_hash IS NOT NULL AS has_password
        FROM person AS p
        JOIN freelancer AS f ON f.person_id = p.id
        WHERE p.uuid = %(uuid)s
        """,
        {"uuid": freelancer_uuid},
    )
    if state is None:
        raise NotFound("freelancer", "uuid")
    return state


async def payout_status(conn: Connection, payout_id: int) -> int:
    """A payout's status now."""
    status = await fetch_value(conn, "SELECT status FROM payout WHERE id = %(id)s", {"id": payout_id})
    return int(status)
