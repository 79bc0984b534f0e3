"""Refusals of tasks."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "price_not_positive": Entry(422, "The price is a number above zero.", "Цена — число больше нуля."),
    "price_too_large": Entry(422, "The price is at most {largest}.", "Цена не больше {largest}."),
    "price_too_small": Entry(
        422,
        "The price is too small: nothing is left of it in {currency}.",
        "Цена слишком мала: в {currency} от неё ничего не остаётся.",
    ),
    "price_too_fine": Entry(
        422,
        "The price has at most {digits} digits after the point.",
        "В цене не больше {digits} знаков после запятой.",
    ),
    "task_not_in_state": Entry(
        422,
        "The task is in state {state}, which does not allow this.",
        "Задание в статусе {state}: это действие сейчас невозможно.",
    ),
    "nothing_changed": Entry(422, "Nothing would change.", "Ничего не изменится."),
    "changeset_superseded": Entry(
        409,
        "These changes are no longer proposed: look at the task again.",
        "Эти изменения больше не предлагаются: посмотрите задание ещё раз.",
    ),
    "task_terms_changed": Entry(
        409,
        "The task has been changed meanwhile: look at it again.",
        "Задание за это время изменили: посмотрите его ещё раз.",
    ),
    "resolution_not_settable": Entry(
        422,
        "A dispute ends in 2, 4 or 8: back to work, for payment, declined.",
        "Спор завершается статусом 2, 4 или 8: продолжить работу, оплатить, отклонить.",
    ),
    "price_of_declined_task": Entry(
        422,
        "A declined task is not paid: leave the price out.",
        "Отклонённое задание не оплачивается: не указывайте цену.",
    ),
    "report_missing": Entry(
        422,
        "This task needs a report: attach it first.",
        "К заданию нужен отчёт: сначала приложите его.",
    ),
    "does_not_act_for_freelancers": Entry(
        403,
        "Your company has no right to act for its freelancers.",
        "У вашей компании нет права действовать за фрилансеров.",
    ),
    "state_not_settable": Entry(
        422,
        "Only 2, 3, 6 and 8 can be set: start, finish, refuse, confirm a cancellation.",
        "Можно установить только 2, 3, 6 и 8: начать, завершить, отклонить, подтвердить отмену.",
    ),
    "other_company": Entry(
        403,
        "This is not the company you act for: name it in the x-company-id header.",
        "Это не та компания, от имени которой вы действуете: укажите её в заголовке x-company-id.",
    ),
    "title_too_short": Entry(422, "At least {shortest} characters.", "Не короче {shortest} символов."),
    "title_sign_not_allowed": Entry(
        422,
        '“{sign}” is not allowed here. Letters, digits, spaces and - , . : ; ( ) _ " № % # @ ^ « » are.',
        'Здесь нельзя использовать «{sign}». Можно: буквы, цифры, пробелы и - , . : ; ( ) _ " № % # @ ^ « ».',
    ),
    "deadline_not_ahead": Entry(422, "The deadline must be in the future.", "Срок должен быть в будущем."),
    "service_unknown": Entry(422, "There is no such service.", "Такой услуги нет."),
    "freelancer_not_in_team": Entry(
        422,
        "This freelancer is not in your team.",
        "Этого фрилансера нет в вашей команде.",
    ),
    "group_unknown": Entry(422, "There is no such task group.", "Такой группы заданий нет."),
    "file_unknown": Entry(422, "There is no such file.", "Такого файла нет."),
    "acceptance_file_unknown": Entry(
        422,
        "There is no such document to accept.",
        "Такого документа для принятия нет.",
    ),
    "too_many_ids": Entry(422, "At most {most} are allowed.", "Не больше {most}."),
    "uuid_taken": Entry(422, "A task with this UUID exists already.", "Задание с таким UUID уже есть."),
    "external_id_taken": Entry(
        422,
        "A task with this external id exists already.",
        "Задание с таким внешним ID уже есть.",
    ),
    "worker_currency_not_allowed": Entry(
        422,
        "The freelancer cannot be paid in this currency.",
        "Фрилансеру нельзя заплатить в этой валюте.",
    ),
    "attribute_missing": Entry(
        422,
        "The attribute “{title_en}” (id {id}) is required for this service.",
        "Для этой услуги нужен атрибут «{title_ru}» (id {id}).",
    ),
    "attribute_unknown": Entry(422, "There is no attribute {id}.", "Атрибута {id} нет."),
    "attribute_repeated": Entry(422, "An attribute is given twice.", "Атрибут указан дважды."),
    "attribute_value_invalid": Entry(
        422,
        "The value of “{title_en}” does not fit its type, {type}.",
        "Значение атрибута «{title_ru}» не подходит к его типу, {type}.",
    ),
    "attribute_option_unknown": Entry(
        422,
        "The value of “{title_en}” is not one of its options.",
        "Значения атрибута «{title_ru}» нет среди вариантов.",
    ),
}
