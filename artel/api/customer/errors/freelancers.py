"""Refusals of freelancers."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "freelancer_not_named": Entry(
        422,
        "Name the freelancer: freelancerId or freelancerUuid.",
        "Укажите фрилансера: freelancerId или freelancerUuid.",
    ),
    "already_in_team": Entry(
        422,
        "The freelancer with this email is already in your team.",
        "Фрилансер с этой электронной почтой уже в вашей команде.",
    ),
    "tasks_unfinished": Entry(
        422,
        "The freelancer has unfinished tasks: {count}. Finish or cancel them first.",
        "У фрилансера есть незавершённые задания: {count}. Сначала завершите или отмените их.",
    ),
    "contacts_not_shared": Entry(
        403,
        "The freelancer has not accepted your invitation yet.",
        "Фрилансер ещё не принял ваше приглашение.",
    ),
    "profile_their_own": Entry(
        409,
        "The freelancer has activated the account or is verified: they change their profile themselves.",
        "Фрилансер активировал аккаунт или прошёл верификацию: свой профиль он меняет сам.",
    ),
    "already_registered": Entry(
        409,
        "The freelancer is already registered.",
        "Фрилансер уже зарегистрирован.",
    ),
    "password_already_chosen": Entry(
        422,
        "This account has a password: sign in with it.",
        "У этого аккаунта уже есть пароль: войдите с ним.",
    ),
    "password_not_chosen": Entry(422, "Choose a password.", "Придумайте пароль."),
    "profile_field_missing": Entry(422, "Please fill this in.", "Заполните это поле."),
    "tax_number_or_birth_country_missing": Entry(
        422,
        "Give a tax number, or choose your country of birth instead.",
        "Укажите налоговый номер или вместо него выберите страну рождения.",
    ),
    "text_too_long": Entry(422, "At most {longest} characters.", "Не длиннее {longest} символов."),
    "birth_date_invalid": Entry(422, "This date of birth is not possible.", "Такой даты рождения быть не может."),
    "tax_document_unknown": Entry(
        422,
        "This country has no tax document of this type.",
        "В этой стране нет налогового документа такого типа.",
    ),
    "tax_number_invalid": Entry(
        422,
        "The number does not match this document: check the digits.",
        "Номер не подходит к этому документу: проверьте цифры.",
    ),
    "vat_number_invalid": Entry(
        422,
        "This is not a VAT number of the European Union: country code first, for example DE136695976.",
        "Это не номер НДС Европейского союза: начните с кода страны, например DE136695976.",
    ),
    "registration_number_invalid": Entry(
        422,
        "The registration number is not valid.",
        "Регистрационный номер указан неверно.",
    ),
    "agreement_superseded": Entry(
        422,
        "There is a newer agreement: sign that one.",
        "Опубликовано более новое соглашение: подпишите его.",
    ),
    "agreement_not_accepted": Entry(
        422,
        "Read the agreement and tick that you accept it.",
        "Прочитайте договор и отметьте, что принимаете его.",
    ),
    "agreement_required": Entry(
        409,
        "To start the task, the freelancer has to sign the offer agreement first.",
        "Чтобы начать задание, фрилансер должен сначала подписать договор-оферту.",
        code=11,
    ),
    "verification_required": Entry(
        409,
        "To start the task, the freelancer has to be verified first.",
        "Чтобы начать задание, фрилансеру нужно сначала пройти верификацию.",
        code=12,
    ),
    "profile_not_completed": Entry(
        409,
        "To start the task, the freelancer's profile has to be complete.",
        "Чтобы начать задание, профиль фрилансера должен быть заполнен полностью.",
        code=13,
    ),
    "tax_info_required": Entry(
        409,
        "To start the task, the freelancer's tax data are needed.",
        "Чтобы начать задание, нужны налоговые данные фрилансера.",
        code=14,
    ),
    "acceptance_files_unsigned": Entry(
        409,
        "To start the task, the freelancer has to accept its documents first.",
        "Чтобы начать задание, фрилансер должен сначала принять его документы.",
        code=15,
    ),
    "advertising_data_required": Entry(
        409,
        "To start advertising work, the freelancer's tax number, registration number and phone are needed.",
        "Чтобы начать рекламное задание, нужны ИНН, ОГРНИП и телефон фрилансера.",
        code=17,
    ),
    "age_restricted": Entry(
        409,
        "The freelancer is too young for this task.",
        "Фрилансер не достиг возраста, с которого доступно это задание.",
        code=16,
    ),
}
