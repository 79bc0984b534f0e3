"""Refusals of erasing personal data, which an operator meets on the command line."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "erasure_money_left": Entry(
        409,
        "There is money on the person's balance: have it paid out first.",
        "На балансе человека есть деньги: сначала их нужно вывести.",
    ),
    "erasure_work_unfinished": Entry(
        409,
        "The person has tasks that are not over, or payouts under way.",
        "У человека есть незавершённые задания или выплаты.",
    ),
    "erasure_runs_companies": Entry(
        409,
        "The person belongs to a company: end that first with `artel company remove-member`.",
        "Человек состоит в компании: сначала исключите его командой `artel company remove-member`.",
    ),
}
