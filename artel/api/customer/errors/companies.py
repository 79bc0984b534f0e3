"""Refusals of companies."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "company_currency_unknown": Entry(
        422,
        "A company's balance is kept in RUB, USD or EUR, not {currency}.",
        "Баланс компании ведётся в RUB, USD или EUR, а не в {currency}.",
    ),
    "escrow_unknown": Entry(422, "There is no such escrow policy.", "Такой политики эскроу нет."),
    "percent_out_of_range": Entry(
        422,
        "A percentage from 0 to 100 is expected, with at most three decimals.",
        "Ожидается процент от 0 до 100, не более трёх знаков после запятой.",
    ),
    "role_unknown": Entry(422, "There is no such role.", "Такой роли нет."),
    "last_owner": Entry(
        422,
        "The company's last owner stays: make somebody else an owner first.",
        "Последний владелец остаётся в компании: сначала назначьте владельцем кого-то ещё.",
    ),
    "already_member": Entry(422, "The person is already a member.", "Этот человек уже в компании."),
}
