"""What the registration pages say."""

from artel.pages.texts import Texts

TEXTS: Texts = {
    # The form.
    "title": ("Register", "Регистрация"),
    "lead": (
        "{company} invites you to work together. Tell us who you are, so that you can take tasks and be paid.",
        "{company} приглашает вас к сотрудничеству. Расскажите о себе, чтобы брать задания и получать за них деньги.",
    ),
    "account": ("Your account", "Ваш аккаунт"),
    "account_email": ("You sign in with {email}.", "Для входа используйте {email}."),
    "password": ("Choose a password", "Придумайте пароль"),
    "password_hint": ("At least 10 characters.", "Не короче 10 символов."),
    "password_kept": ("Your password is noted.", "Пароль сохранён."),
    "password_change": ("Choose another", "Задать другой"),
    "personal": ("About you", "О вас"),
    "personal_hint": (
        "As in your passport or identity card: contracts and payments need it so.",
        "Как в паспорте: так нужно для договоров и выплат.",
    ),
    "first_name": ("First name", "Имя"),
    "middle_name": ("Middle name", "Отчество"),
    "last_name": ("Last name", "Фамилия"),
    "birth_date": ("Date of birth", "Дата рождения"),
    "citizenship": ("Citizenship", "Гражданство"),
    "phone": ("Phone", "Телефон"),
    "phone_hint": (
        "With the country code. Codes for payouts are sent there.",
        "С кодом страны. На него приходят коды для выплат.",
    ),
    "address_title": ("Where you live", "Где вы живёте"),
    "country": ("Country", "Страна"),
    "state": ("State or region", "Регион"),
    "city": ("City", "Город"),
    "address": ("Street and house", "Улица, дом, квартира"),
    "postal_code": ("Postal code", "Почтовый индекс"),
    "tax": ("Taxes", "Налоги"),
    "tax_hint": (
        "The number your tax office knows you by. In some countries a country of birth is enough instead.",
        "Номер, под которым вас знает налоговая. В некоторых странах вместо него достаточно страны рождения.",
    ),
    "tax_country": ("Where you pay taxes", "Где вы платите налоги"),
    "tax_document": ("Document", "Документ"),
    "tax_number": ("Number", "Номер"),
    "vat_number": ("VAT number", "Номер НДС"),
    "vat_hint": ("For those registered in the European Union.", "Для зарегистрированных в Европейском союзе."),
    "no_document": (
        "No tax number is needed for this country. Tell us where you were born instead.",
        "Для этой страны налоговый номер не нужен. Укажите вместо него страну рождения.",
    ),
    "birth_country": ("Country of birth", "Страна рождения"),
    "agreement": ("Agreement", "Договор"),
    "agreement_accept": ("I have read the agreement and accept it", "Я прочитал(а) договор и принимаю его"),
    "agreement_open": ("Open on a page of its own", "Открыть на отдельной странице"),
    "submit": ("Register", "Зарегистрироваться"),
    # An account that is there.
    "join_title": ("An invitation from {company}", "Приглашение от компании {company}"),
    "join_text": (
        "{company} would like to work with you. When you accept, it sees your profile and can offer you tasks.",
        "{company} хочет работать с вами. Если вы согласны, компания увидит ваш профиль и сможет предлагать задания.",
    ),
    "join_as": ("You are signed in as {email}.", "Вы вошли как {email}."),
    "join_submit": ("Accept the invitation", "Принять приглашение"),
    "joined_title": ("You work with {company}", "Вы работаете с {company}"),
    "joined_text": (
        "You have accepted this invitation: nothing is left to do here.",
        "Вы уже приняли это приглашение, больше здесь ничего делать не нужно.",
    ),
    "to_tasks": ("To my tasks", "К моим заданиям"),
    "other_title": ("This invitation is for somebody else", "Это приглашение предназначено другому человеку"),
    "other_text": (
        "You are signed in as {email}, and the invitation is for {invited}. Is that you too? Then sign out and sign in "
        "with that address.",
        "Вы вошли как {email}, а приглашение отправлено на {invited}. Это тоже вы? Тогда выйдите и войдите с тем "
        "адресом.",
    ),
    "sign_out": ("Sign out", "Выйти"),
    # The mailbox.
    "confirm_title": ("Confirm your address", "Подтвердите адрес"),
    "confirm_lead": (
        "{company} invites you to work together. First we make sure that the address is yours.",
        "{company} приглашает вас к сотрудничеству. Сначала убедимся, что адрес действительно ваш.",
    ),
    "confirm_expired": (
        "The link in the mail has expired, so a code takes its place.",
        "Ссылка из письма устарела, поэтому вместо неё понадобится код.",
    ),
    "confirm_send": ("We will send a six-digit code to {email}.", "Мы отправим код из шести цифр на {email}."),
    "confirm_send_submit": ("Send the code", "Отправить код"),
    "confirm_sent": (
        "We have sent a code to {email}. It works for 10 minutes.",
        "Мы отправили код на {email}. Он действует 10 минут.",
    ),
    "code": ("Six-digit code", "Код из шести цифр"),
    "code_submit": ("Continue", "Продолжить"),
    "code_again": ("Send another code", "Отправить ещё один код"),
    "spam": (
        "Nothing there? Look into the spam folder, or wait a minute and send another.",
        "Ничего нет? Проверьте папку «Спам» или подождите минуту и отправьте код ещё раз.",
    ),
    # No such invitation.
    "gone_title": ("This invitation no longer works", "Это приглашение больше не действует"),
    "gone_text": (
        "The address may be incomplete, or the company has withdrawn the invitation.",
        "Возможно, ссылка скопирована не полностью или компания отозвала приглашение.",
    ),
    "gone_mail": (
        "Open the link straight from the mail, or copy all of it.",
        "Откройте ссылку прямо из письма или скопируйте её целиком.",
    ),
    "gone_ask": ("Ask the company to invite you again.", "Попросите компанию пригласить вас ещё раз."),
    "gone_sign_in": (
        "You have registered before? Then sign in: your tasks are there.",
        "Уже регистрировались? Тогда войдите: ваши задания там.",
    ),
    "sign_in": ("Sign in", "Войти"),
    # Done.
    "done_title": ("Welcome, {name}!", "Добро пожаловать, {name}!"),
    "done_lead": ("You are registered.", "Вы зарегистрированы."),
    "done_next": ("What comes next", "Что дальше"),
    "done_verify": (
        "Before the first task somebody has to confirm who you are. The company sends you a link for it.",
        "Перед первым заданием нужно подтвердить личность. Ссылку для этого пришлёт компания.",
    ),
    "done_tasks": (
        "New tasks appear on your page: you start, decline or finish them there.",
        "Новые задания появятся на вашей странице: там можно начать, отклонить или завершить их.",
    ),
    "done_money": (
        "When a task is paid, the money is on your balance, and you choose where to take it out to.",
        "После оплаты задания деньги поступят на ваш баланс, и вы выберете, куда их вывести.",
    ),
    # The agreement on its own.
    "newer_agreement": (
        "This version is no longer in force: read the newest one.",
        "Эта редакция больше не действует: прочитайте новейшую.",
    ),
    "version": ("Version {version}, in force since {day}", "Версия {version}, действует с {day}"),
}
