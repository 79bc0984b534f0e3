"""An operator's day at the terminal: accounts, files to the bank, the bank's files, what is left to ask about."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from artel import clock
from artel.db.pool import Database
from tests.bank_files.cast import EURO_ACCOUNT, SWIFT, booking, detail, notification, pay, status_report
from tests.payouts.cast import RUSSIAN_ACCOUNT, SEPA, World, keep_endpoint, make_world
from tests.process.installation import Installation, scratch_folder

EURO = ("--currency", "eur", "--holder", "Artel GmbH", "--number", EURO_ACCOUNT, "--bic", "BYLADEM1001")
ROUBLE = (
    *("--currency", "RUB", "--holder", 'ООО "Артель"', "--number", "40702810600000000025", "--bik", "049805746"),
    *("--correspondent-account", "30101810800000000746", "--bank-name", "Банк примеров", "--tax-number", "7707083893"),
)


@pytest.fixture
def production(database_url: str) -> Iterator[Installation]:
    with scratch_folder() as folder:
        here = Installation(
            folder / "home", ARTEL_DATABASE_URL=database_url, ARTEL_SECRET="s" * 40, ARTEL_PAYOUT_RAIL="iso20022"
        )
        yield here
        here.remove()


async def make_payouts(url: str) -> None:
    """Three in euro, one in roubles, one in dollars."""
    database = Database(url, size=2)
    await database.open()
    try:
        async with database.connection() as conn:
            world: World = await make_world(conn, now=clock.now())
            sepa, roubles, swift = [await keep_endpoint(conn, world, one) for one in (SEPA, RUSSIAN_ACCOUNT, SWIFT)]
            for amount in ("10.00", "20.00", "30.00"):
                await pay(conn, world, sepa, amount)
            await pay(conn, world, roubles, "1000.00", currency="RUB")
            await pay(conn, world, swift, "5.00", currency="USD")
    finally:
        await database.close()


def run(installation: Installation, *arguments: str, code: int = 0) -> str:
    found, output, errors = installation.run(*arguments)
    assert found == code, output + errors
    return output + errors


def table(output: str) -> list[list[str]]:
    return [re.split(r" {2,}", line) for line in output.splitlines() if line]


def test_a_day(production: Installation, tmp_path: Path) -> None:
    asyncio.run(make_payouts(production.database_url))
    assert "no account pays" in run(production, "payouts", "waiting")
    assert run(production, "bank-account", "add", *EURO) == f"Account 1 is added: EUR is paid from {EURO_ACCOUNT}.\n"
    run(production, "bank-account", "add", *ROUBLE)
    again = run(production, "bank-account", "add", *EURO, code=1)
    assert again == "artel: currency: EUR is paid from another account already: remove that one first.\n"
    wrong = run(production, "bank-account", "add", *EURO[:-1], "BYLA", code=1)
    assert "This is not a SWIFT code" in wrong
    assert [row[1:4] for row in table(run(production, "bank-account", "list"))[1:]] == [
        ["EUR", EURO_ACCOUNT, "BYLADEM1001"],
        ["RUB", "40702810600000000025", "049805746"],
    ]

    folder = tmp_path / "to the bank"
    output = run(production, "payouts", "export", "--out", str(folder))
    rows = table(output)
    assert rows[0] == ["file", "scheme", "date", "payouts", "sum"]
    assert [(row[1], row[3], row[4]) for row in rows[1:3]] == [
        ("sepa", "3", "60.00 EUR"),
        ("russian", "1", "1000.00 RUB"),
    ]
    assert "1 payouts of 5.00 USD wait: no account pays USD" in output
    assert {Path(row[0]) for row in rows[1:3]} == set(folder.iterdir())
    findings = run(production, "doctor", code=1)
    assert "problem  bank" in findings
    assert "payouts in USD wait" in findings
    assert "carried by the iso20022 rail" in findings

    written = next(folder.glob("*.xml"))
    references = re.findall(r"<EndToEndId>(.*?)</EndToEndId>", written.read_text())
    camt, pain = tmp_path / "camt.xml", tmp_path / "pain.xml"
    camt.write_text(notification(booking(detail(references[0]), "10.00"), booking(detail("P1-00000000"), "7.00")))
    pain.write_text(status_report({references[1]: "RJCT"}, inner="<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"))
    broken = tmp_path / "broken.xml"
    broken.write_text("<Document>")
    output = run(production, "payouts", "import", str(camt), str(broken), str(pain), code=1)
    rows = table(output)
    assert rows[0] == [f"{camt} (camt.054.001.08)"]
    assert rows[2] == ["entry 1", "settled", references[0], "10.00 EUR"]
    assert rows[3][:4] == ["entry 2", "unknown reference", "P1-00000000", "7.00 EUR"]
    assert f"{broken}: Nothing of this file was taken: this is no XML" in output
    assert rows[-1] == ["payment 1, order 1", "declined", references[1], "AC04: the account is closed"]
    assert "declined" not in run(production, "payouts", "import", str(pain)).replace("declined before", "")

    said: list[dict[str, Any]] = json.loads(run(production, "payouts", "import", "--json", str(camt), code=1))
    assert [line["result"] for line in said[0]["lines"]] == ["repeated", "unknown reference"]
    assert (said[0]["format"], said[0]["needsAttention"]) == ("camt.054.001.08", True)

    waiting = json.loads(run(production, "payouts", "waiting", "--json"))
    assert {row["endToEndId"] for row in waiting["unanswered"]} >= {references[2]}
    assert [(row["currency"], row["amount"]) for row in waiting["waiting"]] == [("USD", "5.00")]
    output = run(production, "payouts", "report", references[2], "partial", "--amount", "12.50")
    assert table(output)[1][:4] == ["operator", "part-settled", references[2], "12.50"]
    run(production, "payouts", "report", references[2], "completed", code=1)
    orders = next(folder.glob("*.txt"))
    assert "declined" in run(production, "payouts", "report", orders.stem, "declined", "--reason", "closed for today")

    once_more = tmp_path / "again"
    run(production, "payouts", "export", "--again", written.name, "--out", str(once_more))
    assert (once_more / written.name).read_bytes() == written.read_bytes()
    assert run(production, "payouts", "export", "--again", "ARTEL-0-0", code=1).startswith("artel: ")
    past = run(production, "payouts", "export", "--date", "2020-01-01", code=1)
    assert past == "artel: date: Banks execute nothing in the past: choose today or a later day.\n"
    run(production, "bank-account", "remove", "1")
    run(production, "bank-account", "remove", "1", code=1)
    assert run(production, "ledger", "verify").rstrip().endswith("the books balance")


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "P1-00000000", "partial"),
        ("report", "P1-00000000", "completed", "--amount", "5"),
        ("report", "P1-00000000", "partial", "--amount", "five"),
        ("report", "P1-00000000", "partial", "--amount", "NaN"),
        ("report", "P1-00000000", "lost"),
        ("report", "ARTEL-1-00000000", "partial", "--amount", "5"),
        ("export", "--date", "tomorrow"),
        ("import",),
        ("import", "no-such-file"),
    ],
)
def test_what_makes_no_sense_is_refused(production: Installation, arguments: tuple[str, ...]) -> None:
    code, output, errors = production.run("payouts", *arguments)
    assert (code, output) == (2, "")
    assert "Error" in errors
