"""What is refused about freelancers, their teams and their papers."""

from artel.errors import NotAllowed, Refused


class FreelancerNotNamed(Refused):
    """Neither the id nor the uuid of a freelancer was given."""

    def __init__(self) -> None:
        super().__init__("freelancer_not_named", "freelancer_id")


class AlreadyInTeam(Refused):
    """The person with this address is in the company's team."""

    def __init__(self) -> None:
        super().__init__("already_in_team", "email")


class TasksUnfinished(Refused):
    """The freelancer still has tasks with the company, `count` of them."""

    def __init__(self, count: int) -> None:
        super().__init__("tasks_unfinished", "freelancer_id", count=count)


class AlreadyRegistered(Refused):
    """The freelancer has registered before: signing in is what they want."""

    def __init__(self) -> None:
        super().__init__("already_registered")


class PasswordAlreadyChosen(Refused):
    """The person has a password, and nobody who opens an invitation gets to choose another."""

    def __init__(self) -> None:
        super().__init__("password_already_chosen", "password")


class PasswordNotChosen(Refused):
    """Registering somebody who cannot sign in would leave them outside of their own account."""

    def __init__(self) -> None:
        super().__init__("password_not_chosen", "password")


class ContactsNotShared(NotAllowed):
    """The person has not said yes to the company, which did not make their account either: it may not touch it."""

    def __init__(self) -> None:
        super().__init__("contacts_not_shared")


class ProfileTheirOwn(Refused):
    """The freelancer has activated the account or is verified: their personal data are theirs to change."""

    def __init__(self) -> None:
        super().__init__("profile_their_own")


# Personal data.


class ProfileFieldMissing(Refused):
    """A field that a complete profile needs is empty."""

    def __init__(self, field: str) -> None:
        super().__init__("profile_field_missing", field)


class TaxNumberOrBirthCountryMissing(Refused):
    """Where no tax number is mandatory one of the two is needed (M "Требования к налоговым данным")."""

    def __init__(self) -> None:
        super().__init__("tax_number_or_birth_country_missing", "birth_country")


class TextTooLong(Refused):
    """More than `longest` characters."""

    def __init__(self, field: str, longest: int) -> None:
        super().__init__("text_too_long", field, longest=longest)


class TextInvalid(Refused):
    """Control characters: nobody types them, and PostgreSQL does not store all of them."""

    def __init__(self, field: str) -> None:
        super().__init__("field_invalid", field)


class CountryUnknown(Refused):
    """Not a country's two-letter code."""

    def __init__(self, field: str) -> None:
        super().__init__("country_unknown", field)


class BirthDateInvalid(Refused):
    """A day in the future, or longer ago than people live."""

    def __init__(self) -> None:
        super().__init__("birth_date_invalid", "birth_date")


# Tax data.


class TaxDocumentUnknown(Refused):
    """The country has no tax document of this type."""

    def __init__(self) -> None:
        super().__init__("tax_document_unknown", "type")


class TaxNumberInvalid(Refused):
    """The number is not of the document's form, or its check digits are wrong."""

    def __init__(self) -> None:
        super().__init__("tax_number_invalid", "tax_number")


class VatNumberInvalid(Refused):
    """Not a VAT number of a country of the European Union."""

    def __init__(self) -> None:
        super().__init__("vat_number_invalid", "vat_number")


class RegistrationNumberInvalid(Refused):
    """Too long; in Russia, not the digits of an OGRN or OGRNIP."""

    def __init__(self) -> None:
        super().__init__("registration_number_invalid", "reg_number")


# The agreement.


class AgreementSuperseded(Refused):
    """There is a newer agreement; only that one can be signed."""

    def __init__(self) -> None:
        super().__init__("agreement_superseded", "template_uuid")


class AgreementNotAccepted(Refused):
    """The newest agreement was not ticked."""

    def __init__(self) -> None:
        super().__init__("agreement_not_accepted", "agreement")


# What keeps a freelancer from starting work: one refusal for each of requirements.NAMES.


class RequirementMissing(Refused):
    """Something is to be done before work can start."""


class VerificationRequired(RequirementMissing):
    """Nobody has confirmed who they are."""

    def __init__(self) -> None:
        super().__init__("verification_required")


class AgreementRequired(RequirementMissing):
    """The newest agreement is not signed."""

    def __init__(self) -> None:
        super().__init__("agreement_required")


class ProfileNotCompleted(RequirementMissing):
    """Personal data are missing."""

    def __init__(self) -> None:
        super().__init__("profile_not_completed")


class TaxInfoRequired(RequirementMissing):
    """Tax data are missing."""

    def __init__(self) -> None:
        super().__init__("tax_info_required")


class AcceptanceFilesUnsigned(RequirementMissing):
    """The task asks for documents, an NDA for instance, that are not signed."""

    def __init__(self) -> None:
        super().__init__("acceptance_files_unsigned")


class AdvertisingDataRequired(RequirementMissing):
    """The task is advertising, and what its law wants of the freelancer is missing."""

    def __init__(self) -> None:
        super().__init__("advertising_data_required")


class AgeRestricted(RequirementMissing):
    """The freelancer is under age."""

    def __init__(self) -> None:
        super().__init__("age_restricted")
