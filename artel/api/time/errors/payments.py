"""Refusals of payments for bookings."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "nothing_to_pay": Entry(409, "There is nothing to pay here any more.", "Здесь больше нечего оплачивать."),
    "payment_under_way": Entry(
        409,
        "A card is being charged for this booking: look again in a moment.",
        "Оплата картой уже идёт: проверьте через минуту.",
    ),
    "payment_currency_differs": Entry(
        422,
        "The company's balance is in {currency}: choose a payer in the currency of the price.",
        "Баланс компании в {currency}: выберите плательщика в валюте цены.",
    ),
    "cards_not_taken": Entry(422, "Cards are not taken here.", "Карты здесь не принимаются."),
    "card_tries_over": Entry(
        409,
        "Too many tries: cards have been declined too often for this booking.",
        "Слишком много попыток: карты отклонены для этой записи слишком много раз.",
    ),
    "payer_not_allowed": Entry(422, "You cannot pay from this balance.", "Вы не можете платить с этого баланса."),
    "payments_without_ids": Entry(
        422, "None of these bookings can be paid here.", "Ни одну из этих записей нельзя оплатить здесь."
    ),
    "deposit_amount_invalid": Entry(
        422,
        "An amount from 1 {currency} is expected, with at most {digits} digits after the point.",
        "Ожидается сумма от 1 {currency}, не больше {digits} знаков после точки.",
    ),
    "deposit_too_small": Entry(
        422,
        "The bookings named come to {total}: the deposit is less.",
        "Названные записи стоят {total}: внесено меньше.",
    ),
    "payee_unknown": Entry(422, "This person does not work here.", "Этот человек здесь не работает."),
    "event_charged": Entry(409, "This has been charged already.", "За это уже начислено."),
    "event_not_chargeable": Entry(
        422, "Only a meeting with a price can be charged for.", "Начислить можно только за встречу с ценой."
    ),
}
