"""The six legal kinds of organisations, and what each of them must say of itself (S, "Добавить данные заказчика")."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    LEGAL = "legal"
    INDIVIDUAL = "individual"
    ENTREPRENEUR = "entrepreneur"
    FOREIGN_LEGAL = "foreign_legal"
    FOREIGN_INDIVIDUAL = "foreign_individual"
    FOREIGN_ENTREPRENEUR = "foreign_entrepreneur"

    @property
    def is_foreign(self) -> bool:
        return self.value.startswith("foreign")

    @property
    def is_person(self) -> bool:
        return self not in {Kind.LEGAL, Kind.FOREIGN_LEGAL}


class Asked(msgspec.Struct, frozen=True):
    """Fields of one kind. What is in neither is another kind's and would say something untrue of this one."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


# Anybody may have these.
COMMON = ("registration_number", "tax_id", "phone_number", "payment_number", "region_number")


def asked(*required: str, also: tuple[str, ...] = ()) -> Asked:
    return Asked(required, (*also, *(field for field in COMMON if field not in required)))


FIELDS: dict[Kind, Asked] = {
    Kind.LEGAL: asked("full_opf", "inn", also=("ogrn", "kpp")),
    Kind.INDIVIDUAL: asked("fio", "inn"),
    Kind.ENTREPRENEUR: asked("fio", "inn", also=("ogrnip",)),
    Kind.FOREIGN_LEGAL: asked("full_opf", "registration_number", "tax_id", "region_number"),
    Kind.FOREIGN_INDIVIDUAL: asked("fio", "phone_number", "payment_number", "region_number"),
    Kind.FOREIGN_ENTREPRENEUR: asked("fio", "region_number"),
}
