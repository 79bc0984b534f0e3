"""Refusals of bank accounts, files for banks and their reports: an operator's at the command line."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "bank_account_exists": Entry(
        409,
        "{currency} is paid from another account already: remove that one first.",
        "Выплаты в валюте {currency} уже идут с другого счёта: сначала удалите его.",
    ),
    "execution_date_past": Entry(
        422,
        "Banks execute nothing in the past: choose today or a later day.",
        "Банк не исполнит платёж задним числом: выберите сегодня или более поздний день.",
    ),
    "bank_report_unreadable": Entry(
        422,
        "Nothing of this file was taken: {why}.",
        "Из файла ничего не взято: {why}.",
    ),
    "bank_name_required": Entry(422, "Name the bank.", "Укажите название банка."),
    "kpp_wrong": Entry(422, "A KPP has 9 digits.", "КПП состоит из 9 цифр."),
    "address_too_long": Entry(
        422,
        "This part of the address has at most {longest} characters.",
        "Эта часть адреса не длиннее {longest} символов.",
    ),
    "address_required": Entry(
        422,
        "Banks need the account holder's town and country.",
        "Банку нужны город и страна владельца счёта.",
    ),
}
