"""Whom the sandbox begins with. Names say what they are for; numbers are valid and nobody's."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from artel.freelancers.papers import Agreement, TaxInfo
from artel.people.profiles import Profile
from artel.schedules.skills import GivenSkill
from artel.schedules.terms import NewSchedule

OPERATOR_EMAIL = "operator@artel.example"


class SampleCompany(msgspec.Struct, frozen=True):
    name: str
    email: str  # its administrator
    currency: str
    country: str
    commission_percent: Decimal
    vat_percent: Decimal
    escrow: str
    balance: Decimal


class SampleSpecialist(msgspec.Struct, frozen=True):
    """Somebody who can be booked at /book/{slug} of their schedule."""

    email: str
    language: str
    first_name: str
    last_name: str
    schedule: NewSchedule


class SampleFreelancer(msgspec.Struct, frozen=True):
    email: str
    language: str
    profile: Profile
    tax_info: TaxInfo


# The commissions of the documents' samples. Three different escrow policies, so that each can be tried.
COMPANIES = [
    SampleCompany(
        "Sample Company RUB",
        "admin.rub@artel.example",
        "RUB",
        "RU",
        Decimal("3.5"),
        Decimal(20),
        "without_hold",
        Decimal(5_000_000),
    ),
    SampleCompany(
        "Sample Company USD",
        "admin.usd@artel.example",
        "USD",
        "US",
        Decimal(9),
        Decimal(0),
        "on_task_create",
        Decimal(100_000),
    ),
    SampleCompany(
        "Sample Company EUR",
        "admin.eur@artel.example",
        "EUR",
        "DE",
        Decimal(10),
        Decimal(20),
        "after_task_accept",
        Decimal(100_000),
    ),
]

FREELANCERS = [
    SampleFreelancer(
        "freelancer.one@artel.example",
        "RU",
        Profile(
            first_name="Первый",
            last_name="Исполнитель",
            phone="79990000001",
            birth_date=date(1990, 3, 14),
            birth_country="RU",
            citizenship="RU",
            country="RU",
            city="Казань",
            address="ул. Примерная, 1",
            postal_code="420000",
        ),
        TaxInfo(residence_country="RU", type="INN", tax_number="500100732259"),
    ),
    SampleFreelancer(
        "freelancer.two@artel.example",
        "EN",
        Profile(
            first_name="Second",
            last_name="Freelancer",
            phone="4915112345678",
            birth_date=date(1988, 7, 2),
            birth_country="DE",
            citizenship="DE",
            country="DE",
            city="Leipzig",
            address="Musterstrasse 2",
            postal_code="04109",
        ),
        TaxInfo(residence_country="DE", type="IDNR", tax_number="36574261809"),
    ),
    SampleFreelancer(
        "freelancer.three@artel.example",
        "EN",
        Profile(
            first_name="Third",
            last_name="Freelancer",
            phone="447400123456",
            birth_date=date(1995, 11, 23),
            birth_country="GB",
            citizenship="GB",
            country="GB",
            city="Leeds",
            address="3 Sample Street",
            postal_code="LS1 1AA",
        ),
        TaxInfo(residence_country="GB", type="NINO", tax_number="AB123456C"),
    ),
]

WORKDAYS: dict[str, Any] = {str(day): [["09:00", "13:00"], ["14:00", "18:00"]] for day in range(1, 6)}
SATURDAYS_TOO: dict[str, Any] = {**WORKDAYS, "6": [["10:00", "14:00"]]}

SPECIALISTS = [
    SampleSpecialist(
        "specialist.free@artel.example",
        "EN",
        "Free",
        "Specialist",
        NewSchedule(
            label="A first talk",
            slug="sample-first-talk",
            is_private=False,
            description="Half an hour to get to know each other, free of charge. This is a sandbox sample: book it.",
            timezone="Europe/Berlin",
            skills=[GivenSkill(name="Consulting")],
            settings={
                "duration": 30,
                "days": WORKDAYS,
                "buffer_after": 10,
                "horizon_days": 60,
                "languages": ["en"],
                "location": "Video call",
            },
        ),
    ),
    SampleSpecialist(
        "specialist.paid@artel.example",
        "RU",
        "Платный",
        "Специалист",
        NewSchedule(
            label="Консультация",
            slug="sample-consultation",
            is_private=False,
            description="Час или полтора с разбором вашего вопроса. Это образец песочницы: запишитесь и оплатите.",
            timezone="Asia/Almaty",
            price=Decimal(40),
            currency="EUR",
            skills=[GivenSkill(name="Консультации")],
            settings={
                "duration": 60,
                "durations": [90],
                "step": 30,
                "days": SATURDAYS_TOO,
                "horizon_days": 60,
                "hold_minutes": 15,
                "price_per": "hour",
                "cancellation": {"until_minutes": 1440, "refund_percent": 50},
                "languages": ["ru", "en"],
                "location": "Видеозвонок",
            },
        ),
    ),
]

AGREEMENT = Agreement(
    title_en="Service agreement (sandbox sample)",
    title_ru="Договор-оферта (образец песочницы)",
    text_en="""# What this is

This is a sample. An installation that handles real money publishes an agreement of its own.

# Work

You take tasks that companies offer you on this platform. A task names the work, its deadline and its price. You may
decline any task before you start it.

# Payment

When the company accepts your work and pays it, the amount is credited to your balance here. You take it out to a card,
a bank account or a wallet of your own whenever you like.

# Taxes

You pay your own taxes unless the law has somebody else do it, and you keep your tax data here correct.""",
    text_ru="""# Что это

Это образец. Для работы с настоящими деньгами опубликуйте собственный договор.

# Работа

Вы берёте задачи, которые компании предлагают вам на этой платформе. В задаче указаны работа, срок и цена. До начала
работы от любой задачи можно отказаться.

# Оплата

Когда компания примет и оплатит работу, сумма поступит на ваш баланс. Вывести её можно в любое время на свою карту,
банковский счёт или кошелёк.

# Налоги

Вы платите налоги сами, если закон не возлагает это на другого, и поддерживаете налоговые данные в актуальном виде.""",
)

# A document that tasks can ask to be signed.
NDA_NAME = "nda-sample.txt"
NDA_TITLE_EN = "Non-disclosure agreement (sandbox sample)"
NDA_TITLE_RU = "Соглашение о неразглашении (образец песочницы)"
NDA_TEXT = """This is a sample / Это образец.

What you learn from the company in the course of a task you tell nobody else, during the task and for three years after.

Всё, что вы узнаете от компании при выполнении задания, вы никому не сообщаете ни во время работы, ни три года после.
"""
