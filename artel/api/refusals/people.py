"""Refusals of people and sessions."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "session_ended": Entry(401, "The session has ended: sign in again.", "Сеанс завершён: войдите снова."),
    "refresh_token_refused": Entry(
        401,
        "The refresh token is not valid: sign in again.",
        "Токен обновления недействителен: войдите снова.",
    ),
    "credentials_wrong": Entry(401, "The user name or password is wrong.", "Неверное имя пользователя или пароль."),
    "sign_in_wrong": Entry(
        401,
        "The code or password is wrong, or the code is no longer valid: request a new one.",
        "Неверный код или пароль, либо код больше не действует: запросите новый.",
    ),
    "second_factor_needed": Entry(
        401,
        "Two-factor sign-in is on: send the code of your authenticator, or the one that has come by SMS, as code too.",
        "Включён двухфакторный вход: отправьте также code — код из приложения или из пришедшего SMS.",
    ),
    "two_factor_on": Entry(
        422,
        "Two-factor authentication is already on: turn it off first.",
        "Двухфакторная аутентификация уже включена: сначала отключите её.",
    ),
    "two_factor_off": Entry(
        422,
        "Two-factor authentication is off.",
        "Двухфакторная аутентификация выключена.",
    ),
    "phone_missing": Entry(
        422,
        "Codes by SMS need a phone number in your profile.",
        "Для кодов по SMS нужен номер телефона в профиле.",
    ),
    "language_unknown": Entry(422, "The language is EN or RU.", "Язык — EN или RU."),
    "code_wrong": Entry(422, "The code is wrong.", "Неверный код."),
    "code_expired": Entry(
        422,
        "The code is no longer valid: request a new one.",
        "Код больше не действует: запросите новый.",
    ),
    "link_gone": Entry(
        404,
        "The link has expired or was already used.",
        "Ссылка устарела или уже была использована.",
    ),
    "redirect_url_refused": Entry(
        422,
        "A public http or https address is expected.",
        "Ожидается общедоступный адрес http или https.",
    ),
    "email_taken": Entry(
        422,
        "This e-mail address is already in use.",
        "Этот адрес электронной почты уже используется.",
    ),
    "email_not_usable": Entry(
        422,
        "This e-mail address cannot be used here.",
        "Этот адрес электронной почты здесь использовать нельзя.",
    ),
    "contact_not_named": Entry(
        422,
        "Give the new e-mail address, the new phone number, or both.",
        "Укажите новый адрес электронной почты, новый номер телефона или оба.",
    ),
    "contacts_their_own": Entry(
        403,
        "This person changes their contacts themselves.",
        "Этот человек меняет свои контакты сам.",
    ),
    "phone_is_second_factor": Entry(
        409,
        "The freelancer signs in with codes sent to their phone: they have to turn that off first.",
        "Фрилансер входит по кодам, которые приходят на телефон: сначала он должен это отключить.",
    ),
    "email_invalid": Entry(422, "This is not an e-mail address.", "Это не адрес электронной почты."),
    "phone_invalid": Entry(
        422,
        "A phone number with its country code is expected.",
        "Ожидается номер телефона с кодом страны.",
    ),
    "password_too_short": Entry(
        422, "A password has at least {least} characters.", "Пароль не короче {least} символов."
    ),
    "password_too_long": Entry(422, "A password has at most {most} characters.", "Пароль не длиннее {most} символов."),
}
