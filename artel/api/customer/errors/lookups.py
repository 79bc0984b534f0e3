"""Refusals of lookups and of the exchange."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "country_unknown": Entry(
        422,
        "There is no such country: give its two-letter code, for example DE.",
        "Такой страны нет: укажите двухбуквенный код, например DE.",
    ),
    "pair_not_quoted": Entry(
        422,
        "There is no exchange rate from {base} to {target}.",
        "Для обмена {base} на {target} нет курса.",
    ),
    "rate_not_positive": Entry(422, "A rate must be above zero.", "Курс должен быть больше нуля."),
    "spread_out_of_range": Entry(422, "A spread is from 0 to 50 per cent.", "Надбавка к курсу — от 0 до 50 процентов."),
}
