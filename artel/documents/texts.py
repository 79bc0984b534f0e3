"""What documents say, in both languages."""

from collections.abc import Mapping

from artel.documents.kinds import Language

# key -> (EN, RU)
TEXTS: Mapping[str, tuple[str, str]] = {
    "invoice": ("Invoice", "Счёт на оплату"),
    "act": ("Certificate of services", "Акт об оказании услуг"),
    "report": ("Monthly closing report", "Отчёт за месяц"),
    "number": ("No.", "№"),
    "issued": ("Issued", "Выставлен"),
    "dated": ("Date", "Дата"),
    "period": ("Period", "Период"),
    "tasks": ("Tasks", "Заданий"),
    "task": ("Task", "Задание"),
    "issuer": ("Supplier", "Исполнитель"),
    "company": ("Customer", "Заказчик"),
    "tax_id": ("Tax number", "ИНН"),
    "what": ("Description", "Наименование"),
    "amount": ("Amount", "Сумма"),
    "paid": ("Paid", "Оплачено"),
    "top_up": (
        "Top-up of the balance for paying independent specialists",
        "Пополнение баланса для оплаты услуг независимых специалистов",
    ),
    "balance_of": ("Company {id}", "Компания {id}"),
    "specialist": ("Specialist: {name}", "Специалист: {name}"),
    "task_title": ("Task {id}: {title}", "Задание {id}: {title}"),
    "services": ("Services of specialists", "Услуги специалистов"),
    "commission": ("Platform commission", "Комиссия платформы"),
    "sales_tax": ("Sales tax", "Налог с продаж"),
    "insurance": ("Insurance", "Страхование"),
    "net": ("Subtotal", "Итого"),
    "vat": ("VAT {percent}", "НДС {percent}"),
    "vat_mixed": ("VAT", "НДС"),
    "no_vat": ("VAT is not charged", "НДС не облагается"),
    "to_pay": ("Total due", "К оплате"),
    "total": ("Total", "Всего"),
    "where_to_pay": ("Payment details", "Реквизиты для оплаты"),
    "purpose": ("Purpose of payment", "Назначение платежа"),
    "purpose_text": ("Invoice {number}", "Оплата по счёту {number}"),
    "invoice_note": (
        "Please transfer the exact amount in one payment and keep the number in its purpose: that is how the payment "
        "is recognised. The balance grows by {net}.",
        "Переведите точную сумму одним платежом и сохраните номер в назначении: по нему платёж будет распознан. "
        "Баланс увеличится на {net}.",
    ),
    "vat_note": ("VAT was paid when the balance was topped up.", "НДС уплачен при пополнении баланса."),
    # In Russian a date ends in a full stop of its own.
    "act_note": (
        "The services listed were rendered in full, accepted by the customer and paid from its balance on {day}.",
        "Перечисленные услуги оказаны полностью, приняты заказчиком и оплачены с его баланса {day}",
    ),
    "report_note": (
        "The report has everything paid from the customer's balance in {month}.",
        "В отчёте всё, что оплачено с баланса заказчика за {month}",
    ),
    "grouped": (
        "{count} tasks, by kind of service; each has a certificate of its own.",
        "Заданий: {count}, сгруппированы по видам услуг; на каждое есть отдельный акт.",
    ),
    "electronic": (
        "Made electronically, valid without a signature.",
        "Сформировано в электронном виде, действительно без подписи.",
    ),
    "page": ("Page {page} of {pages}", "Страница {page} из {pages}"),
    "times": ("{count} tasks", "Заданий: {count}"),
}


def text(key: str, language: Language, **facts: object) -> str:
    return TEXTS[key][1 if language == "RU" else 0].format(**facts)
