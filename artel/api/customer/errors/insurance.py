"""Refusals of insurance."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "insurance_unavailable": Entry(
        422,
        "Your company has no insurance of tasks: leave this out, or ask the platform for it.",
        "У вашей компании нет страхования заданий: не передавайте этот параметр или обратитесь к платформе.",
    ),
    "premium_invalid": Entry(
        422,
        "A premium is above zero and has at most {digits} digits after the point.",
        "Страховая премия больше нуля, в ней не больше {digits} знаков после запятой.",
    ),
}
