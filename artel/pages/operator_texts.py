"""What stands above every page of an operator's."""

from artel.pages.texts import Texts

NAVIGATION: Texts = {
    "disputes_link": ("Disputes", "Споры"),
    "verifications_link": ("Verifications", "Проверка документов"),
    "sign_out": ("Sign out", "Выйти"),
}
