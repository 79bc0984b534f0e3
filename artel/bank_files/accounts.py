"""The installation's own bank accounts: one a currency, which payouts in it are paid from."""

from datetime import datetime

import msgspec
from stdnum.ru import inn as russian_tax_number

from artel.bank_files.errors import AccountOfCurrencyExists
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.errors import NotFound, Refused
from artel.operations import audit
from artel.payouts import bank_accounts as typed
from artel.payouts.details import ADDRESS_PARTS

ROUBLE = "RUB"
CURRENCIES = (ROUBLE, "EUR", "USD", "KZT")  # what the rail pays


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was checked."""

    currency: str
    holder: str
    number: str
    bic: str | None = None
    bik: str | None = None
    correspondent_account: str | None = None
    bank_name: str | None = None
    tax_number: str | None = None
    kpp: str | None = None
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None


class BankAccount(NewAccount, frozen=True, kw_only=True):
    """One of the installation's accounts."""

    id: int

    @property
    def format(self) -> str:
        """The format of the files that its bank takes."""
        return "1c" if self.bik else "pain.001.001.09"

    @property
    def bank(self) -> tuple[str, ...]:
        """Accounts of one bank share a file; 1C's format knows one account a file."""
        return (self.format, self.bik, self.number) if self.bik else (self.format, str(self.bic)[:8])


SELECT_ACCOUNT = """
    SELECT
        id, currency, holder, number, bic, bik, correspondent_account, bank_name, tax_number, kpp, street, postcode,
        town, country
    FROM bank_account
"""


def check_account(
    *,
    currency: str,
    holder: str,
    number: str,
    bic: str = "",
    bik: str = "",
    correspondent_account: str = "",
    bank_name: str = "",
    tax_number: str = "",
    kpp: str = "",
    street: str = "",
    postcode: str = "",
    town: str = "",
    country: str = "",
) -> NewAccount:
    """An account as an operator types it: at a Russian bank with its BIK, elsewhere with its bank's BIC.

    Refuses: what artel.payouts.bank_accounts does; endpoint_currency_wrong for a Russian account in another currency
    than the rouble, or a rouble account elsewhere; bank_name_required, tax_number_invalid and kpp_wrong, without
    which no Russian bank takes a payment order; address_too_long.
    """
    if currency not in CURRENCIES or bool(bik) != (currency == ROUBLE):
        raise Refused("endpoint_currency_wrong", "currency", allowed=ROUBLE if bik else "EUR, USD, KZT")
    for part, text in (("street", street), ("postcode", postcode), ("town", town)):
        if len(text) > ADDRESS_PARTS[part]:
            raise Refused("address_too_long", part, longest=ADDRESS_PARTS[part])
    owner = typed.read_company_name(holder)
    if not bik:
        return NewAccount(
            currency=currency,
            holder=owner,
            number=typed.read_swift_account(number),
            bic=str(typed.read_bic(bic)),
            street=street or None,
            postcode=postcode or None,
            town=town or None,
            country=country or None,
        )
    bank = typed.read_bik(bik)
    if not bank_name.strip():
        raise Refused("bank_name_required", "bank_name")
    if not russian_tax_number.is_valid(tax_number):
        raise Refused("tax_number_invalid", "tax_number")
    if kpp and not (len(kpp) == 9 and kpp.isascii() and kpp.isdecimal()):
        raise Refused("kpp_wrong", "kpp")
    return NewAccount(
        currency=currency,
        holder=owner,
        number=typed.read_russian_account(number, bik=bank),
        bik=bank,
        correspondent_account=typed.read_correspondent_account(correspondent_account, bik=bank),
        bank_name=bank_name.strip(),
        tax_number=tax_number,
        kpp=kpp or None,
    )


async def add_account(conn: Connection, account: NewAccount, *, now: datetime) -> int:
    """Refuses: AccountOfCurrencyExists; country_unknown."""
    if account.country is not None:
        known = await fetch_value(
            conn, "SELECT EXISTS (SELECT FROM country WHERE code = %(code)s)", {"code": account.country}
        )
        if not known:
            raise Refused("country_unknown", "country")
    account_id: int | None = await fetch_value(
        conn,
        """
        INSERT INTO bank_account
            (currency, holder, number, bic, bik, correspondent_account, bank_name, tax_number, kpp, street, postcode,
             town, country, added_at)
        VALUES
            (%(currency)s, %(holder)s, %(number)s, %(bic)s, %(bik)s, %(correspondent_account)s, %(bank_name)s,
             %(tax_number)s, %(kpp)s, %(street)s, %(postcode)s, %(town)s, %(country)s, %(now)s)
        ON CONFLICT (currency) WHERE removed_at IS NULL DO NOTHING
        RETURNING id
        """,
        msgspec.structs.asdict(account) | {"now": now},
    )
    if account_id is None:
        raise AccountOfCurrencyExists(account.currency)
    await note(conn, "added", account_id, now=now)
    return account_id


async def remove_account(conn: Connection, account_id: int, *, now: datetime) -> None:
    """No file is written for it any more; files written before stay what they are. Refuses: NotFound."""
    removed = await conn.execute(
        "UPDATE bank_account SET removed_at = %(now)s WHERE id = %(id)s AND removed_at IS NULL",
        {"id": account_id, "now": now},
    )
    if removed.rowcount == 0:
        raise NotFound("bank_account")
    await note(conn, "removed", account_id, now=now)


async def current_accounts(conn: Connection) -> list[BankAccount]:
    return await fetch_all(conn, BankAccount, SELECT_ACCOUNT + "WHERE removed_at IS NULL ORDER BY currency")


async def note(conn: Connection, what: str, account_id: int, *, now: datetime) -> None:
    await audit.record(
        conn,
        f"bank_account.{what}",
        subject="bank_account",
        subject_id=account_id,
        actor_id=None,
        company_id=None,
        now=now,
    )
