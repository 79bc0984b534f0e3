"""The rail of the tests' provider: a second implementation beside the sandbox's, over real HTTP."""

from decimal import Decimal

import httpx

from artel.payouts.rails import Answer, Order


class HttpRail:
    name = "http"

    def __init__(self, url: str) -> None:
        # A connection for each call: the proxy fails them one by one.
        self.http = httpx.AsyncClient(
            base_url=url, timeout=None, verify=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def can_pay(self, *, type: int, subtype: int, currency: str) -> bool:
        return True

    async def send(self, order: Order, key: str) -> Answer:
        body = {"amount": str(order.amount), "currency": order.currency, "to": order.processor_token}
        reply = await self.http.post("/orders", json=body, headers={"Idempotency-Key": key})
        return read_answer(reply.raise_for_status())

    async def ask(self, order: Order, key: str) -> Answer | None:
        reply = await self.http.get(f"/orders/{key}")
        return None if reply.status_code == 404 else read_answer(reply.raise_for_status())


def read_answer(reply: httpx.Response) -> Answer:
    said = reply.json()
    completed = said.get("completed_amount")
    return Answer(
        outcome=said["outcome"],
        reference=said["reference"],
        completed_amount=None if completed is None else Decimal(completed),
    )
