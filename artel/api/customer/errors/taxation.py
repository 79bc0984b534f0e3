"""Refusals of tax data and tax statuses."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "freelancer_not_joined": Entry(
        422,
        "The freelancer has not accepted your invitation yet.",
        "Фрилансер ещё не принял ваше приглашение.",
    ),
    "tax_info_in_use": Entry(
        422,
        "Accepted work of the freelancer waits for its payment: change tax data once it is paid.",
        "Принятая работа фрилансера ожидает оплаты: налоговые данные можно изменить после неё.",
    ),
    "tax_country_unclear": Entry(
        422,
        "Several countries have such a document: use tax-info, which names the country.",
        "Такой документ есть в нескольких странах: используйте tax-info, где указывается страна.",
    ),
    "taxation_outside_russia": Entry(
        422,
        "Tax statuses are for freelancers who pay taxes in Russia.",
        "Налоговый статус есть только у фрилансеров, которые платят налоги в России.",
    ),
    "taxation_status_unknown": Entry(
        422,
        "The status is 1 (natural person), 3 (self-employed) or 4 (sole proprietor).",
        "Статус — 1 (физическое лицо), 3 (самозанятый) или 4 (индивидуальный предприниматель).",
    ),
    "taxation_blocked": Entry(
        422,
        "The status was changed not long ago: it can be changed again from {till} on.",
        "Статус недавно менялся: снова изменить его можно с {till}.",
    ),
    "taxation_being_checked": Entry(
        422,
        "The tax service is being asked about the last change: wait for its answer.",
        "Последнее изменение проверяется в налоговой службе: дождитесь ответа.",
    ),
    "entrepreneur_number_invalid": Entry(
        422,
        "An OGRNIP has 15 digits.",
        "ОГРНИП состоит из 15 цифр.",
    ),
}
