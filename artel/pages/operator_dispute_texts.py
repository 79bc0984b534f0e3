"""What the operator's pages of disputes say."""

from artel.pages.operator_texts import NAVIGATION
from artel.pages.texts import Texts

TEXTS: Texts = {
    **NAVIGATION,
    "title": ("Disputes", "Споры"),
    "none": ("No disputes are open.", "Открытых споров нет."),
    "since": ("since {day}", "с {day}"),
    "back": ("All disputes", "Все споры"),
    "company": ("Company", "Компания"),
    "freelancer": ("Freelancer", "Фрилансер"),
    "price": ("Price", "Цена"),
    "held": ("Set aside", "Отложено"),
    "description": ("What was to be done", "Что нужно было сделать"),
    "messages": ("Messages", "Сообщения"),
    "decision": ("Decision", "Решение"),
    "state": ("What happens with the task", "Что будет с заданием"),
    "state_2": ("The freelancer goes on working", "Фрилансер продолжает работу"),
    "state_4": ("The company pays", "Компания оплачивает"),
    "state_8": ("The task is cancelled without payment", "Задание отменяется без оплаты"),
    "new_price": ("Another price, in {currency}", "Другая цена, {currency}"),
    "new_price_hint": (
        "What the freelancer is to get. Leave it empty to keep the price.",
        "Сколько получит фрилансер. Оставьте пустым, чтобы не менять цену.",
    ),
    "comment": ("Why", "Почему"),
    "comment_hint": ("Both sides read this.", "Это прочтут обе стороны."),
    "decide": ("Decide", "Решить"),
}
