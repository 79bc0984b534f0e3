"""What the booking pages say."""

from artel.pages.texts import Texts

# What a page offers.
OFFER: Texts = {
    "length": ("How long", "Длительность"),
    "price": ("Price", "Цена"),
    "free": ("Free of charge", "Бесплатно"),
    "price_from": ("from {price}", "от {price}"),
    "place": ("Where", "Где"),
    "host": ("With", "С кем"),
    "cancelling": ("Cancelling", "Отмена"),
    "terms_free": ("You can cancel at any time; it costs nothing.", "Отменить можно в любой момент, это бесплатно."),
    "terms_until_start": (
        "Until it begins you can cancel and get everything back.",
        "До начала можно отменить запись и вернуть всю сумму.",
    ),
    "terms_none": (
        "Cancel at least {until} before it begins and you get everything back; later nothing.",
        "При отмене не позднее чем за {until} до начала вернётся вся сумма, позже — ничего.",
    ),
    "terms_part": (
        "Cancel at least {until} before it begins and you get everything back; later {percent} %.",
        "При отмене не позднее чем за {until} до начала вернётся вся сумма, позже — {percent} %.",
    ),
    "manual": ("The host confirms each booking.", "Каждую запись подтверждает ведущий."),
}
TEXTS: Texts = {
    **OFFER,
    "sign_in": ("Sign in", "Войти"),
    "sign_out": ("Sign out", "Выйти"),
    "taken": (
        "This time has just been taken. Choose another one.",
        "Это время только что заняли. Выберите другое.",
    ),
    "choose_day": ("Choose a day", "Выберите день"),
    "free_times": ("{day}, free times: {count}", "{day}, свободно: {count}"),
    "today": ("today", "сегодня"),
    "months": ("Months", "Месяцы"),
    "previous_month": ("← {month}", "← {month}"),
    "next_month": ("{month} →", "{month} →"),
    "lengths": ("Lengths", "Длительность"),
    "choose_time": ("Choose a time", "Выберите время"),
    "month_empty": ("Nothing is free in {month}.", "{month}: свободного времени нет."),
    "day_empty": ("Nothing is free on this day.", "В этот день свободного времени нет."),
    "next_free": ("Next free day: {day}", "Ближайший свободный день: {day}"),
    "nothing": (
        "At the moment nothing is free. Please look again later.",
        "Сейчас свободного времени нет. Загляните позже.",
    ),
    "seats_left": ("places left: {count}", "мест: {count}"),
    "zone_is": ("Times are in the zone {zone} ({offset}).", "Время указано для зоны {zone} ({offset})."),
    "zone_change": ("Another time zone", "Другой часовой пояс"),
    "zone": ("Time zone", "Часовой пояс"),
    "zone_submit": ("Show times", "Показать время"),
    # The form.
    "form_title": ("Book this time", "Записаться на это время"),
    "back": ("Another time", "Другое время"),
    "when": ("When", "Когда"),
    "for_host": ("For the host: {day}, {span} ({zone})", "У ведущего: {day}, {span} ({zone})"),
    "you": ("You", "О вас"),
    "name": ("Your name", "Ваше имя"),
    "email": ("E-mail", "Электронная почта"),
    "email_hint": (
        "The link that confirms your booking goes there.",
        "На неё придёт ссылка для подтверждения записи.",
    ),
    "email_hint_priced": (
        "What you need to know of your booking goes there.",
        "На неё придёт всё, что нужно знать о записи.",
    ),
    "phone": ("Telephone", "Телефон"),
    "phone_hint": ("With the country code: +49 30 901820", "С кодом страны: +7 916 123-45-67"),
    "note": ("A note to the host", "Сообщение ведущему"),
    "booking_as": ("You book as {name}.", "Вы записываетесь как {name}."),
    "have_account": (
        "Do you have an account? Then sign in first, and only this time is left to confirm.",
        "Есть учётная запись? Войдите, и данные вводить не придётся.",
    ),
    "book": ("Book", "Записаться"),
    "book_and_pay": ("Go on to payment", "Перейти к оплате"),
    "kept_for": (
        "The time is kept for you for {length} while you pay.",
        "Время останется за вами на {length}, пока вы платите.",
    ),
}
BOOKING_TEXTS: Texts = {
    **OFFER,
    "sign_in": TEXTS["sign_in"],
    "sign_out": TEXTS["sign_out"],
    "title": ("Your booking", "Ваша запись"),
    "when": TEXTS["when"],
    "for_host": TEXTS["for_host"],
    "state_pay": ("Waits for payment", "Ждёт оплаты"),
    "state_letter": ("Waits for you to confirm", "Ждёт подтверждения"),
    "state_lapsed": ("Not booked", "Не состоялась"),
    "state_host": ("Waits for the host", "Ждёт ведущего"),
    "state_confirmed": ("Confirmed", "Подтверждена"),
    "state_over": ("Over", "Прошла"),
    "state_declined": ("Declined", "Отклонена"),
    "state_cancelled": ("Cancelled", "Отменена"),
    "state_missed": ("Missed", "Пропущена"),
    "state_charging": ("Being paid", "Оплачивается"),
    "means_pay": (
        "This time is kept for you until {until}. Pay, and it is yours.",
        "Время остаётся за вами до {until}. Оплатите, и запись подтвердится.",
    ),
    "means_letter": (
        "We have sent you a letter. Open the link in it before {until}, and the time is yours.",
        "Мы отправили вам письмо. Откройте ссылку из него до {until}, и время останется за вами.",
    ),
    "means_lapsed": (
        "The time in which it was kept for you is over, so others can book it again.",
        "Время, на которое оно было за вами закреплено, вышло: его снова могут занять другие.",
    ),
    "means_host": (
        "The host looks at your booking. You get a letter as soon as it is confirmed or declined.",
        "Ведущий рассматривает запись. Когда он подтвердит или отклонит её, вам придёт письмо.",
    ),
    "means_confirmed": ("Everything is settled. See you then!", "Всё готово. До встречи!"),
    "means_over": ("This meeting is over.", "Встреча прошла."),
    "means_declined": ("The host has declined this booking.", "Ведущий отклонил эту запись."),
    "means_cancelled": ("This booking is cancelled, and the time is free again.", "Запись отменена, время свободно."),
    "means_missed": (
        "Its time passed before it was confirmed.",
        "Время встречи прошло раньше, чем запись подтвердили.",
    ),
    "means_charging": (
        "Your card is being charged. This takes a moment, and the page looks again by itself.",
        "Идёт оплата картой. Это займёт немного времени, страница обновится сама.",
    ),
    "look_again": ("Look again", "Обновить"),
    "letter_missing": (
        "No letter? Look into the spam folder. If the address was mistyped, cancel this booking and book again.",
        "Письма нет? Проверьте папку «Спам». Если в адресе опечатка, отмените запись и запишитесь снова.",
    ),
    "sandbox_letters": ("This is a sandbox: letters are read here.", "Это песочница: письма можно прочитать здесь."),
    "book_again": ("Choose a time", "Выбрать время"),
    "to_calendar": ("Add to my calendar", "Добавить в календарь"),
    "cancel": ("Cancel the booking", "Отменить запись"),
    # Money.
    "paid_card": ("paid with the card {number}", "оплачено картой {number}"),
    "paid_company": ("paid from a company's balance", "оплачено с баланса компании"),
    "paid_outside": ("paid to the host directly", "оплачено ведущему напрямую"),
    "returned_card": ("{amount} goes back to the card {number}.", "{amount} вернётся на карту {number}."),
    "returned_company": ("{amount} is back on the company's balance.", "{amount} возвращено на баланс компании."),
    "returned_outside": (
        "{amount} is due back from the host, who was paid directly.",
        "{amount} должен вернуть ведущий: оплата была напрямую.",
    ),
    "returned_nothing": ("Nothing of the price goes back.", "Оплата не возвращается."),
    "returned_charging": (
        "A card was being charged: what it paid goes back whole.",
        "Шла оплата картой: всё, что спишется, вернётся.",
    ),
    "pay_title": ("Pay {amount}", "Оплатить {amount}"),
    "pay_card": ("By card", "Картой"),
    "number": ("Card number", "Номер карты"),
    "expires": ("Good until, MM/YY", "Срок действия, ММ/ГГ"),
    "card_hint": (
        "This is a sandbox: nobody's money moves. Any valid number works, for example 4242\xa04242\xa04242\xa04242; "
        "4000\xa00000\xa00000\xa00002 is declined, 4000\xa00000\xa00000\xa09995 has no money on it.",
        "Это песочница, деньги не списываются. Подойдёт любой верный номер, например 4242\xa04242\xa04242\xa04242; "
        "4000\xa00000\xa00000\xa00002 банк отклонит, на 4000\xa00000\xa00000\xa09995 нет денег.",
    ),
    "pay_by_card": ("Pay {amount}", "Оплатить {amount}"),
    "card_busy": ("One moment …", "Одну минуту …"),
    "failed_declined": (
        "The bank has declined the card {number}. Nothing was taken. Try another one.",
        "Банк отклонил карту {number}. Деньги не списаны. Попробуйте другую.",
    ),
    "failed_no_funds": (
        "There is not enough money on the card {number}. Nothing was taken. Try another one.",
        "На карте {number} недостаточно денег. Ничего не списано. Попробуйте другую.",
    ),
    "pay_company": ("From a company's balance", "С баланса компании"),
    "company": ("Company", "Компания"),
    "pay_from_company": ("Pay from the balance", "Оплатить с баланса"),
    "sign_in_to_pay": (
        "Sign in to pay from the balance of a company of yours.",
        "Войдите, чтобы оплатить с баланса своей компании.",
    ),
    "no_way_to_pay": (
        "Cards are not taken here.",
        "Карты здесь не принимаются.",
    ),
    "no_company": (
        "None of your companies has a balance in {currency}.",
        "Ни у одной из ваших компаний нет баланса в {currency}.",
    ),
    # Cancelling.
    "cancel_title": ("Cancel this booking?", "Отменить эту запись?"),
    "cancel_free": ("The time becomes free for others.", "Время станет свободным для других."),
    "refund_all": ("You get everything back: {amount}.", "Вернётся вся сумма: {amount}."),
    "refund_part": ("You get {amount} of {whole} back.", "Вернётся {amount} из {whole}."),
    "refund_none": (
        "You get nothing of {whole} back: it is too late for that.",
        "Из {whole} ничего не вернётся: слишком поздно.",
    ),
    "refund_outside": (
        "You have paid the host directly and get it from there.",
        "Вы платили ведущему напрямую, деньги вернёт он.",
    ),
    "refund_changed": (
        "What goes back has changed while this page was open. Read it again.",
        "Пока страница была открыта, сумма возврата изменилась. Посмотрите ещё раз.",
    ),
    "cancel_yes": ("Yes, cancel it", "Да, отменить"),
    "cancel_no": ("Keep it", "Оставить"),
    # The mailed link.
    "confirm_title": ("Confirm your booking", "Подтвердите запись"),
    "confirm_lead": (
        "One press, and this time is yours.",
        "Одно нажатие, и время останется за вами.",
    ),
    "confirm": ("Confirm", "Подтвердить"),
    "confirmed_title": ("Your booking is confirmed", "Запись подтверждена"),
    "confirmed_lead": (
        "A letter with everything about it is on its way. You can close this page.",
        "Письмо со всеми подробностями уже отправлено. Страницу можно закрыть.",
    ),
    "waits_title": ("Thank you: now the host looks at it", "Спасибо, дальше слово за ведущим"),
    "waits_lead": (
        "You get a letter as soon as it is confirmed or declined.",
        "Когда ведущий подтвердит или отклонит запись, вам придёт письмо.",
    ),
    "link_gone_title": ("This link no longer works", "Эта ссылка больше не действует"),
    "link_gone_text": (
        "If you have pressed the button before, your booking is confirmed, and a letter says so. Otherwise the time in "
        "which it was kept for you is over: please book again.",
        "Если вы уже нажимали кнопку, запись подтверждена и об этом пришло письмо. Иначе время, на которое она была за "
        "вами закреплена, вышло: запишитесь снова.",
    ),
    "to_booking": ("To your booking", "К вашей записи"),
}
