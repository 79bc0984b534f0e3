"""Refusals of profiles."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "profile_text_too_short": Entry(422, "At least {least} characters.", "Не короче {least} символов."),
    "profile_too_many": Entry(422, "At most {most}.", "Не больше {most}."),
    "profile_timezone_unknown": Entry(
        422,
        "A time zone's IANA name is expected, for example Europe/Berlin.",
        "Ожидается название часового пояса IANA, например Europe/Berlin.",
    ),
    "profile_currency_unknown": Entry(422, "There is no such currency here.", "Такой валюты здесь нет."),
    "profile_language_unknown": Entry(
        422,
        'No language has the tag "{tag}". Expected are two or three letters, for example en.',
        "Нет языка с кодом «{tag}». Ожидаются две или три буквы, например en.",
    ),
    "profile_birthdate_unlikely": Entry(
        422, "Nobody alive was born on that day.", "Никто из живущих не родился в этот день."
    ),
    "profile_identity_verified": Entry(
        409,
        "Your papers were checked under this name and date of birth: ask support to change them.",
        "Ваши документы проверены с этим именем и датой рождения: чтобы изменить их, обратитесь в поддержку.",
    ),
    "profile_phone_signs_in": Entry(
        409,
        "You sign in with codes sent to this phone: turn that off first.",
        "Вы входите по кодам, которые приходят на этот телефон: сначала отключите это.",
    ),
    "profile_file_not_own": Entry(422, "You have uploaded no such file.", "Вы не загружали такого файла."),
    "profile_passwords_differ": Entry(
        422, "The password and its confirmation differ.", "Пароль и его подтверждение не совпадают."
    ),
    "terms_not_accepted": Entry(
        422, "The terms of use have to be accepted.", "Необходимо принять условия использования."
    ),
    "profile_not_a_picture": Entry(422, "The file is no picture.", "Файл не является изображением."),
}
