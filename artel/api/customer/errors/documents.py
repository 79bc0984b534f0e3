"""Refusals of documents, their links and bank statements."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "invoice_amount_wrong": Entry(
        422,
        "The amount is more than 0, at most {most}, and has at most {digits} digits after the point.",
        "Сумма больше 0, не больше {most} и содержит не более {digits} знаков после запятой.",
    ),
    "invoice_paid": Entry(
        409,
        "Invoice {number} has been paid already: it tops up once.",
        "Счёт {number} уже оплачен: он пополняет баланс один раз.",
    ),
    "archive_gone": Entry(
        410,
        "The link has expired. Ask for the documents again.",
        "Срок действия ссылки истёк. Запросите документы ещё раз.",
    ),
    "statement_unreadable": Entry(
        422,
        "This is no bank statement: neither camt.053 nor the 1C exchange format.",
        "Это не банковская выписка: ни camt.053, ни формат обмена с 1С.",
    ),
    "statement_broken": Entry(
        422,
        "The statement is damaged, or is XML with entities: nothing was imported.",
        "Выписка повреждена или содержит сущности XML: ничего не загружено.",
    ),
    "statement_too_large": Entry(
        422,
        "A statement has at most {most_mib} MiB.",
        "Выписка не больше {most_mib} МиБ.",
    ),
}
