"""`artel company insurance` and `artel advertising`: what an operator enters about companies."""

import re

import pytest

from tests.process.installation import Installation
from tests.process.test_commands import production, rows

__all__ = ["production"]

OWNER = ("--email", "owner@aurora.example", "--password-stdin")
NEW_COMPANY = ("company", "create", "--name", "Aurora", "--currency", "RUB", "--country", "RU", *OWNER)


@pytest.fixture
def company(production: Installation) -> str:
    """A company's id."""
    assert production.run("lookups", "load")[0] == 0
    code, output, errors = production.run(*NEW_COMPANY, standard_input="a good long password\n")
    assert (code, errors) == (0, "")
    match = re.search(r"Company (\d+)", output)
    assert match is not None
    return match[1]


def test_insurance(production: Installation, company: str) -> None:
    url = production.settings["ARTEL_DATABASE_URL"]
    command = ("company", "insurance", company)
    code, output, errors = production.run(*command, "--premium", "150.50", "--by-default")
    assert (code, errors) == (0, "")
    assert output == f"Company {company} has insurance at 150.50 a task.\n"
    assert rows(url, "SELECT premium::text, by_default FROM insurance_product") == [("150.50", True)]
    for wrong in (("--premium", "0"), ("--premium", "1.005")):
        code, output, errors = production.run(*command, *wrong)
        assert (code, output) == (1, "")
        assert errors == "artel: premium: A premium is above zero and has at most 2 digits after the point.\n"
    for wrong in ((), ("--premium", "1", "--off"), ("--premium", "much")):
        assert production.run(*command, *wrong)[0] == 2
    assert production.run("company", "insurance", "987654", "--off")[0] == 1
    code, output, _ = production.run(*command, "--off")
    assert (code, output) == (0, f"Company {company} has no insurance.\n")
    assert rows(url, "SELECT FROM insurance_product") == []
    assert len(rows(url, "SELECT FROM audit WHERE action = 'insurance.product_set'")) == 2


def test_advertising(production: Installation, company: str) -> None:
    url = production.settings["ARTEL_DATABASE_URL"]
    signed = ("--contract-number", "A-7", "--contract-date", "2024-01-15")
    described = ("--full-opf", "ООО «Аврора»", "--inn", "9901000034", "--ogrn", "1229900000021", "--kpp", "990101001")
    code, _, errors = production.run("advertising", "company", company, *described, *signed)
    assert (code, errors) == (1, "artel: The platform's own record comes first: artel advertising platform.\n")
    platform = ("--full-opf", "ООО «Платформа»", "--inn", "9901000027", "--phone-number", "+7 495 000-00-00")
    code, output, errors = production.run("advertising", "platform", *platform)
    assert (code, errors) == (0, "")
    assert re.fullmatch(r"The platform is organisation [0-9a-f-]{36}\.\n", output)
    code, output, errors = production.run("advertising", "company", company, *described, *signed)
    assert (code, errors) == (0, "")
    assert re.fullmatch(rf"Company {company} has contract [0-9a-f-]{{36}} with the platform\.\n", output)
    assert rows(url, "SELECT number, signed_on::text, is_primary FROM advertising_contract") == [
        ("A-7", "2024-01-15", True)
    ]
    code, _, errors = production.run("advertising", "company", company, "--full-opf", "ООО «Аврора»", *signed)
    assert (code, errors) == (1, "artel: inn: This field is required.\n")
