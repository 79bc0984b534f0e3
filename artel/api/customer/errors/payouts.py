"""Refusals of payouts and of the places they go to."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "task_not_paid": Entry(
        422,
        "The task is not paid yet: only a finished task can be paid out.",
        "Задача ещё не оплачена: выплатить можно только завершённую задачу.",
    ),
    "payout_exists": Entry(422, "This task already has a payout.", "По этой задаче уже есть выплата."),
    "payout_endpoint_unknown": Entry(
        422,
        "The freelancer has no payout method of this type and ID.",
        "У исполнителя нет платёжного инструмента такого типа с таким ID.",
    ),
    "payout_endpoint_not_ready": Entry(
        422,
        "This payout method is blocked or not confirmed yet.",
        "Платёжный инструмент заблокирован или ещё не подтверждён.",
    ),
    "card_expired": Entry(422, "The card has expired.", "Срок действия карты истёк."),
    "payout_currency_not_paid": Entry(
        422,
        "{currency} cannot be paid out this way: choose another currency or payout method.",
        "Выплата в валюте {currency} так невозможна: выберите другую валюту или платёжный инструмент.",
    ),
    "payout_balance_short": Entry(
        422,
        "The freelancer's balance does not cover this payout.",
        "На балансе исполнителя недостаточно средств для выплаты.",
    ),
    "payout_too_small": Entry(
        422,
        "After conversion nothing would be left to pay out.",
        "После конвертации сумма выплаты равна нулю.",
    ),
    "payout_rail_unknown": Entry(
        409,
        "Payouts are not set up on this installation.",
        "Выплаты на этой установке не настроены.",
    ),
    "payout_finished": Entry(409, "The payout already has another outcome.", "У выплаты уже есть другой результат."),
    "completed_amount_wrong": Entry(
        422,
        "The completed part is more than 0, less than {most}, and in the currency's smallest units.",
        "Выполненная часть больше 0, меньше {most} и выражена целым числом минимальных единиц валюты.",
    ),
    "returned_amount_wrong": Entry(
        422,
        "Another amount came back than had been paid out: {completed}.",
        "Возвращена не та сумма, что была выплачена: {completed}.",
    ),
    "freelancer_has_no_phone": Entry(
        422,
        "There is no phone number to send the freelancer a code to.",
        "Нет номера телефона, на который можно отправить исполнителю код.",
    ),
    "payout_endpoint_exists": Entry(422, "This one has been added already.", "Это уже добавлено."),
    "card_number_wrong": Entry(
        422,
        "This is not a card number: check the digits.",
        "Это не номер карты: проверьте цифры.",
    ),
    "card_expiry_wrong": Entry(
        422,
        "Write month and year as on the card, for example 09/29.",
        "Укажите месяц и год как на карте, например 09/29.",
    ),
    "card_holder_wrong": Entry(
        422,
        "Write the name as on the card, in Latin letters.",
        "Укажите имя как на карте, латинскими буквами.",
    ),
    "card_country_unknown": Entry(422, "Choose a country.", "Выберите страну."),
    "holder_required": Entry(422, "Write whose it is: first and last name.", "Укажите владельца: имя и фамилию."),
    "account_holder_wrong": Entry(
        422,
        "A name of letters, at most {longest} characters.",
        "Имя из букв, не длиннее {longest} символов.",
    ),
    "account_holder_not_latin": Entry(
        422,
        "Write the name in Latin letters, as the bank has it.",
        "Укажите имя латинскими буквами, как в банке.",
    ),
    "endpoint_currency_wrong": Entry(422, "Choose a currency: {allowed}.", "Выберите валюту: {allowed}."),
    "iban_wrong": Entry(
        422,
        "This is not an IBAN: check the letters and digits.",
        "Это не IBAN: проверьте буквы и цифры.",
    ),
    "iban_not_sepa": Entry(
        422,
        "This country is not in the SEPA area: add the account as a SWIFT one.",
        "Эта страна не входит в зону SEPA: добавьте счёт как счёт SWIFT.",
    ),
    "account_number_wrong": Entry(
        422,
        "This is not an account number: check the digits.",
        "Это не номер счёта: проверьте цифры.",
    ),
    "account_not_in_roubles": Entry(422, "This account is not in roubles.", "Это не рублёвый счёт."),
    "account_key_wrong": Entry(
        422,
        "The account number does not fit the bank's BIK: check both.",
        "Номер счёта не соответствует БИК банка: проверьте оба.",
    ),
    "correspondent_account_wrong": Entry(
        422,
        "The correspondent account does not fit the bank's BIK: check both.",
        "Корреспондентский счёт не соответствует БИК банка: проверьте оба.",
    ),
    "bik_wrong": Entry(
        422,
        "A BIK has 9 digits and begins with 04.",
        "БИК состоит из 9 цифр и начинается с 04.",
    ),
    "bic_wrong": Entry(
        422,
        "This is not a SWIFT code: it has 8 or 11 letters and digits, for example DEUTDEFF.",
        "Это не код SWIFT: в нём 8 или 11 букв и цифр, например DEUTDEFF.",
    ),
    "bank_name_too_long": Entry(422, "At most {longest} characters are allowed.", "Не более {longest} символов."),
    "wallet_phone_wrong": Entry(
        422,
        "The wallet's number is a phone number with its country code, for example +7 916 123-45-67.",
        "Номер кошелька — это номер телефона с кодом страны, например +7 916 123-45-67.",
    ),
    "purse_wrong": Entry(
        422,
        "A purse is a letter (Z, E, P, R or K) and 12 digits, for example Z123456789012.",
        "Кошелёк — это буква (Z, E, P, R или K) и 12 цифр, например Z123456789012.",
    ),
    "purse_of_another_currency": Entry(
        422, "The purse's letter says {currency}.", "Буква кошелька означает {currency}."
    ),
}
