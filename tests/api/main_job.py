"""The one path that everything is for, through HTTP: sign in, invite, agree a task, accept, pay, pay out.

What only workers do is done by calling their steps; what only freelancers do, by the sandbox's calls and their page.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from artel import clock
from artel.db.pool import Connection, Database
from artel.freelancers.papers import publish_agreement
from artel.payouts.jobs import payout_loop
from artel.payouts.rails import SandboxRail
from artel.people.rules import create_person
from artel.sandbox.samples import AGREEMENT
from artel.tasks.jobs import settle_due
from tests import cast
from tests.browser import Browser
from tests.tasks.cast import give_money, load_reference

PASSWORD = "a good long password"
Body = dict[str, Any]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Where the job takes place, and what the freelancer types on the page of their payout method."""

    currency: str
    commission: Decimal
    vat: Decimal
    country: str  # the freelancer's
    phone: str
    account_type: int
    account: Mapping[str, str]


SETTINGS = {
    "RUB": Setting(
        currency="RUB",
        commission=Decimal("3.5"),
        vat=Decimal(20),
        country="RU",
        phone="79990000001",
        account_type=6,
        account={
            "bik": "049805746",
            "number": "40602810700000000025",
            "correspondent_account": "30101810800000000746",
            "holder": "Вера Пример",
        },
    ),
    "USD": Setting(
        currency="USD",
        commission=Decimal(9),
        vat=Decimal(0),
        country="GB",
        phone="447400123456",
        account_type=2,
        account={
            "number": "GB29NWBK60161331926819",
            "bic": "NWBKGB2LXXX",
            "holder": "Vera Example",
            "currency": "USD",
            "town": "London",
            "country": "GB",
        },
    ),
    "EUR": Setting(
        currency="EUR",
        commission=Decimal(10),
        vat=Decimal(20),
        country="DE",
        phone="4915112345678",
        account_type=1,
        account={"number": "DE89370400440532013000", "holder": "Vera Example"},
    ),
}


async def open_company(conn: Connection, setting: Setting, *, escrow: str, money: str) -> int:
    """A company with an owner who can sign in, money on its balance, and an agreement for its freelancers to sign."""
    now = clock.now()
    await load_reference(conn, now=now)
    async with conn.transaction():
        await publish_agreement(conn, AGREEMENT, actor_id=None, now=now)
        company_id = await cast.add_company(
            conn,
            "Aurora Studio",
            setting.currency,
            now=now,
            commission=setting.commission,
            vat=setting.vat,
            escrow=escrow,
        )
        owner = await create_person(
            conn,
            email="owner@aurora.example",
            password=PASSWORD,
            language="EN",
            first_name="Olga",
            last_name="Example",
            now=now,
        )
        await cast.add_member(conn, company_id, owner, "owner", now=now)
    await give_money(conn, company_id, setting.currency, money, now=now)
    return company_id


class MainJob:
    """Each method is one thing that somebody does; those that follow rely on what those before have found out."""

    def __init__(self, http: httpx.AsyncClient, database: Database, setting: Setting) -> None:
        self.http = http
        self.host = f"{http.base_url.scheme}://{http.base_url.netloc.decode()}"
        self.database = database
        self.setting = setting
        self.headers: dict[str, str] = {}
        self.freelancer: dict[str, Any] = {}
        self.task_uuid = ""
        self.endpoint: dict[str, Any] = {}

    async def call(self, method: str, path: str, body: Body | None = None, **query: Any) -> Any:
        """The JSON of a reply that has to be 200. `path` is the customer API's, or the sandbox's with its host."""
        reply = await self.http.request(method, path, json=body, params=query or None, headers=self.headers)
        assert reply.status_code == 200, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json()

    async def sign_in(self) -> None:
        tokens = await self.call("POST", "/login", {"username": "owner@aurora.example", "password": PASSWORD})
        self.headers = {"Authorization": f"Bearer {tokens['token']}"}

    async def invite(self) -> None:
        self.freelancer = await self.call(
            "POST",
            "/customer/freelancers",
            {
                "email": "vera@vera.example",
                "firstName": "Vera",
                "lastName": "Example",
                "phone": self.setting.phone,
                "country": self.setting.country,
                "specialization": "designer",
                "note": "recommended by Olga",
            },
        )

    async def freelancer_registers(self) -> None:
        state = await self.call(
            "POST",
            f"{self.host}/sandbox/freelancers/{self.freelancer['uuid']}",
            {"registered": True, "verified": True},
        )
        assert state["registered"]
        assert state["verified"]

    async def create_task(self, price: str, **more: Any) -> None:
        reply = await self.call(
            "POST",
            "/customer/tasks",
            {
                "uuid": "0b4cbb3a-5d5e-4d53-93ca-6f3b6bd4f5d1",
                "externalId": "order 17",
                "title": "Banner, wide: spring",
                "description": "A banner for the spring sale",
                "categoryId": 42,
                "workerId": self.freelancer["freelancerId"],
                "deadline": (clock.now() + timedelta(days=30)).strftime("%Y-%m-%d 12:00:00"),
                "price": price,
                "attributes": [
                    {"id": 42, "value": "1"},
                    {"id": 43, "value": "Spring"},
                    {"id": 44, "value": "Germany"},
                ],
                **more,
            },
        )
        self.task_uuid = reply["uuid"]

    async def freelancer_works(self, state: int) -> None:
        assert await self.call("PUT", f"/customer/tasks/{self.task_uuid}", {"state": state}) == []

    async def take(self, step: str) -> None:
        """`accept` or `pay`."""
        assert await self.call("POST", f"/customer/tasks/{step}", {"uuid": self.task_uuid}) == []

    async def worker_settles(self) -> None:
        assert (await settle_due(self.database, clock.now())).count == 1

    async def ask_for_code(self) -> str:
        reference = {"freelancerId": self.freelancer["freelancerId"]}
        asked = await self.call("POST", "/customer/freelancers/request-code-for-new-payout-endpoint", reference)
        assert asked["type"] == "SMS"
        messages = await self.call("GET", f"{self.host}/sandbox/messages", to=f"+{self.setting.phone}")
        newest = messages[0]
        assert newest["channel"] == "sms"
        return str(newest["code"])

    async def add_account(self) -> None:
        """The bank account that suits the currency."""
        self.endpoint = await self.add_endpoint(
            "bank-accounts", self.setting.account, bankAccountType=self.setting.account_type
        )

    async def add_endpoint(self, kind: str, typed: Mapping[str, str], **more: Any) -> dict[str, Any]:
        """A code by SMS, a link, and its page as the freelancer fills it in; what the list then shows of it."""
        freelancer_id = self.freelancer["freelancerId"]
        code = await self.ask_for_code()
        started = await self.call(
            "POST", f"/customer/freelancers/{kind}", {"freelancerId": freelancer_id, "code": code, **more}
        )
        browser = Browser(self.http)
        address = httpx.URL(started["redirect"])
        page = await browser.open(f"{self.host}{address.raw_path.decode()}")
        assert page.status_code == 200, page.text
        page = await browser.send(dict(typed))
        assert page.status_code == 303, page.text
        lists = await self.call("GET", "/customer/freelancers/payout-endpoints", freelancerId=freelancer_id)
        [endpoint] = [one for each in lists.values() for one in each if one["uuid"] == started["uuid"]]
        return dict(endpoint)

    async def pay_out(self) -> None:
        order = {"uuid": self.task_uuid, "payoutEndpointType": 6, "payoutEndpointId": self.endpoint["id"]}
        assert await self.call("POST", "/customer/tasks/payout", order) == []

    async def payout_status(self) -> int:
        return int((await self.call("GET", f"/customer/tasks/payout/{self.task_uuid}"))["payoutStatus"])

    async def worker_pays_out(self) -> None:
        await payout_loop(SandboxRail()).claim_and_run(self.database, clock.now())

    async def time_passes(self, seconds: int) -> None:
        await self.call("POST", f"{self.host}/sandbox/clock", {"advanceSeconds": seconds})

    async def balance(self) -> tuple[float, float, float]:
        """In all, held, and to be paid."""
        reply = await self.call("GET", "/customer/balance")
        return reply["balanceAmount"], reply["holdAmount"], reply["toPayAmount"]
