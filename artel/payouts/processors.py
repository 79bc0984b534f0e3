"""Card processors: they keep a card's number, we keep what stands for it."""

import secrets

from artel.payouts.cards import CardNumber
from artel.payouts.errors import RailUnknown


class SandboxProcessor:
    """Keeps nothing: its tokens stand for no card and pay nobody."""

    async def tokenise(self, number: CardNumber, *, expires: str) -> str:
        """The token of a card. The number goes no further than here."""
        return f"sandbox_{secrets.token_hex(16)}"


def processor_named(rail: str, *, sandbox: bool) -> SandboxProcessor:
    """The processor whose tokens a rail pays to. Refuses: RailUnknown where there is none."""
    if rail == "sandbox" and sandbox:
        return SandboxProcessor()
    raise RailUnknown(rail)
