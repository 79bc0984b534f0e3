"""Refusals of the advertising law."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    # Organisations.
    "legal_type_unknown": Entry(
        422, "The legal type is one of: {known}.", "Форма собственности — одно из значений: {known}."
    ),
    "organisation_field_unused": Entry(
        422,
        "A customer of this legal type has no such field: leave it empty.",
        "У заказчика с такой формой собственности этого поля нет: оставьте его пустым.",
    ),
    "inn_invalid": Entry(
        422,
        "An INN of {digits} digits is expected: check them.",
        "Ожидается ИНН из {digits} цифр: проверьте их.",
    ),
    "kpp_invalid": Entry(
        422,
        "A KPP has 9 signs: four digits, two digits or Latin letters, three digits.",
        "КПП состоит из 9 знаков: четыре цифры, две цифры или латинские буквы, три цифры.",
    ),
    "ogrn_invalid": Entry(
        422, "An OGRN of 13 digits is expected: check them.", "Ожидается ОГРН из 13 цифр: проверьте их."
    ),
    "ogrnip_invalid": Entry(
        422, "An OGRNIP of 15 digits is expected: check them.", "Ожидается ОГРНИП из 15 цифр: проверьте их."
    ),
    "tax_id_invalid": Entry(
        422,
        "This is not a tax number of that country: check it.",
        "Это не номер налогоплательщика этой страны: проверьте его.",
    ),
    "foreign_number_invalid": Entry(
        422,
        "Letters and digits are expected, with spaces, points, dashes or slashes between them, 50 at most.",
        "Ожидаются буквы и цифры, между ними возможны пробелы, точки, тире и косые черты, не больше 50 знаков.",
    ),
    "region_unknown": Entry(
        422,
        "There is no country with this OKSM code: see /customer/ord/get-arccw-codes.",
        "Страны с таким кодом ОКСМ нет: см. /customer/ord/get-arccw-codes.",
    ),
    "region_is_russia": Entry(
        422,
        "A foreign customer is not registered in Russia: check the country or the legal type.",
        "Иностранный заказчик зарегистрирован не в России: проверьте страну или форму собственности.",
    ),
    "organisation_uuid_taken": Entry(
        422, "A customer with this UUID exists already.", "Заказчик с таким UUID уже есть."
    ),
    "organisation_taken": Entry(
        422, "A customer with this number exists already.", "Заказчик с таким номером уже есть."
    ),
    "organisation_unknown": Entry(422, "There is no such customer.", "Такого заказчика нет."),
    "platform_not_registered": Entry(
        409,
        "The platform's own record comes first: artel advertising platform.",
        "Сначала внесите данные самой платформы: artel advertising platform.",
    ),
    # Contracts.
    "contract_type_unknown": Entry(
        422, "The type of the contract is one of: {known}.", "Тип договора — одно из значений: {known}."
    ),
    "subject_type_unknown": Entry(
        422, "The subject of the contract is one of: {known}.", "Предмет договора — одно из значений: {known}."
    ),
    "action_type_unknown": Entry(
        422, "The intermediary's actions are one of: {known}.", "Действия посредника — одно из значений: {known}."
    ),
    "contract_parties_same": Entry(
        422, "Nobody contracts with themselves.", "Заказчик и исполнитель договора — разные лица."
    ),
    "contract_date_ahead": Entry(
        422, "The date of a contract is not in the future.", "Дата договора не может быть в будущем."
    ),
    "contract_action_required": Entry(
        422,
        "Say what the intermediary does for the customer.",
        "Укажите, что посредник делает для заказчика.",
    ),
    "contract_action_unused": Entry(
        422,
        "Actions are an intermediary's or a representative's: this contract is of another kind.",
        "Действия указывают для посредника или представителя, а это другой договор.",
    ),
    "contract_parent_required": Entry(
        422,
        "Name the contract that this is an additional agreement to.",
        "Укажите договор, к которому относится дополнительное соглашение.",
    ),
    "contract_parent_unused": Entry(
        422,
        "Only an additional agreement belongs to another contract.",
        "К другому договору относится только дополнительное соглашение.",
    ),
    "contract_parent_wrong": Entry(
        422,
        "The other contract has the same two parties, is no additional agreement itself, and was not signed later.",
        "Основной договор заключён теми же сторонами и не позже, и сам он не дополнительное соглашение.",
    ),
    "contract_unknown": Entry(422, "There is no such contract.", "Такого договора нет."),
    "additional_number_unused": Entry(
        422, "Only an additional agreement has this.", "Это есть только у дополнительного соглашения."
    ),
    "additional_date_early": Entry(
        422,
        "The additional agreement is not older than its contract.",
        "Дополнительное соглашение не старше договора.",
    ),
    "contract_price_invalid": Entry(
        422,
        "A price from 0 to {largest} is expected, with at most two decimals.",
        "Ожидается цена от 0 до {largest}, не больше двух знаков после запятой.",
    ),
    "contract_uuid_taken": Entry(422, "A contract with this UUID exists already.", "Договор с таким UUID уже есть."),
    "contract_taken": Entry(
        422,
        "These two parties have a contract with this number already.",
        "У этих сторон уже есть договор с таким номером.",
    ),
    # Tasks.
    "adv_data_required": Entry(
        422,
        "This service is advertising: name the contracts it is for.",
        "Эта услуга — реклама: укажите договоры, к которым она относится.",
    ),
    "end_contract_repeated": Entry(422, "A contract is named twice.", "Договор указан дважды."),
    "end_contract_unknown": Entry(422, "There is no contract {uuid}.", "Договора {uuid} нет."),
    "end_contract_sum_required": Entry(
        422,
        "Of several contracts each needs its sum.",
        "Если договоров несколько, для каждого нужна сумма.",
    ),
    "end_contract_sum_invalid": Entry(
        422,
        "A contract's sum is above zero and has at most {digits} digits after the point.",
        "Сумма договора больше нуля, в ней не больше {digits} знаков после запятой.",
    ),
    "end_contracts_over_price": Entry(
        422,
        "The contracts' sums are {total} together, more than the price of {price}.",
        "Суммы договоров составляют {total}, это больше цены {price}.",
    ),
}
