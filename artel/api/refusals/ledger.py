"""Refusals of the ledger."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "insufficient_funds": Entry(
        422,
        "There is not enough money: {balance} {currency} is available. Top up the balance and try again.",
        "Недостаточно средств: доступно {balance} {currency}. Пополните баланс и повторите.",
    ),
    "bad_amount": Entry(
        422,
        "The amount must be above zero and have no more digits than its currency.",
        "Сумма должна быть больше нуля, знаков после точки — не больше, чем у валюты.",
    ),
    "key_reused": Entry(
        409, "This payment was made before with another content.", "Этот платёж уже проведён с другим содержанием."
    ),
    "unbalanced": Entry(409, "The payment does not add up.", "Платёж не сходится."),
    "already_reversed": Entry(409, "This payment has been reversed already.", "Этот платёж уже отменён."),
}
