"""Refusals of changes of events, of votes and of answers to invitations."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "event_from_outside": Entry(
        409,
        "This event comes from an outside calendar: change it there.",
        "Это событие из внешнего календаря: измените его там.",
    ),
    "event_nothing_to_confirm": Entry(409, "There is nothing here for you to confirm.", "Здесь нечего подтверждать."),
    "booking_not_settled": Entry(
        409,
        "The booking is confirmed once it is paid, or by the link in the letter.",
        "Запись подтвердится после оплаты или по ссылке из письма.",
    ),
    "booking_waits_for_host": Entry(
        409, "The booking waits for its host to confirm it.", "Запись ждёт подтверждения исполнителя."
    ),
    "event_step_refused": Entry(
        409,
        "The event cannot come to this status from its own.",
        "Из текущего статуса событие не может перейти в этот.",
    ),
    "event_not_begun": Entry(409, "The event has not begun yet.", "Событие ещё не началось."),
    "event_changed": Entry(
        409, "The event has changed since this was proposed.", "С момента предложения событие изменилось."
    ),
    "event_price_fixed": Entry(
        409,
        "The price of what is paid, being paid or booked by several does not change.",
        "Цена оплаченного, оплачиваемого или группового не меняется.",
    ),
    "event_follows_booking": Entry(
        422,
        "This follows from the booking and its payment, and is not set by hand.",
        "Это следует из записи и её оплаты и не задаётся вручную.",
    ),
    "event_too_many_guests": Entry(422, "At most {most} guests.", "Не больше {most} гостей."),
    "event_too_many_files": Entry(422, "At most {most} files.", "Не больше {most} файлов."),
    "event_currency_unknown": Entry(422, "There is no such currency.", "Такой валюты нет."),
    "event_amount_digits": Entry(
        422,
        "This currency has at most {digits} digits after the point.",
        "В этой валюте не больше {digits} знаков после запятой.",
    ),
}
