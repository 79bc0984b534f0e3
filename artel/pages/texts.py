"""What pages say, in two languages: key -> (EN, RU). Texts may name facts in braces."""

from collections.abc import Mapping

Texts = Mapping[str, tuple[str, str]]

# What the layout and the shared form fields say.
LAYOUT: Texts = {
    "skip": ("Skip to the content", "Перейти к содержанию"),
    "language_switch": ("Русский", "English"),
    "optional": ("optional", "необязательно"),
    "show_password": ("Show", "Показать"),
    "hide_password": ("Hide", "Скрыть"),
    "choose": ("Choose …", "Выберите …"),
    "problems_title": ("Please check what you typed", "Проверьте введённое"),
    "problem": ("Error", "Ошибка"),
    "footer": (
        "Artel: agreed work, honestly paid.",
        "Artel: договорились — сделали — получили оплату.",
    ),
}


class Words:
    """A page's texts in one language: `t.title` in a template, `t("greeting", name=…)` where facts are told."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._column = 1 if language == "RU" else 0
        self._texts = {**LAYOUT, **texts}

    def __call__(self, key: str, **facts: object) -> str:
        text = self._texts[key][self._column]
        return text.format(**facts) if facts else text

    def __getattr__(self, key: str) -> str:
        if key not in self._texts:
            raise AttributeError(key)
        return self(key)
