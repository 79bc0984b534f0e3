"""What is refused about proving who somebody is."""

from artel.errors import NotAllowed, Refused


class PhotoRefused(Refused):
    """A photo cannot be taken: `code` says why."""

    def __init__(self, code: str, field: str = "photo", **facts: object) -> None:
        super().__init__(code, field, **facts)


class DocumentUnknown(Refused):
    """Not one of the documents that prove who somebody is, or none chosen yet."""

    def __init__(self) -> None:
        super().__init__("document_unknown", "document")


class ConsentMissing(Refused):
    """Photos of people and their documents are looked at with their consent alone."""

    def __init__(self) -> None:
        super().__init__("consent_missing", "consent")


class VerificationWaiting(Refused):
    """Documents of this person are being checked."""

    def __init__(self) -> None:
        super().__init__("verification_waiting")


class VerificationDone(Refused):
    """The person's identity is confirmed."""

    def __init__(self) -> None:
        super().__init__("verification_done")


class VerificationDecided(Refused):
    """Somebody else, or the provider, was faster."""

    def __init__(self) -> None:
        super().__init__("verification_decided")


class OwnVerification(NotAllowed):
    """An operator's own documents are looked at by another."""

    def __init__(self) -> None:
        super().__init__("verification_own")


class DeclineReasonUnknown(Refused):
    """Not one of REASONS."""

    def __init__(self) -> None:
        super().__init__("decline_reason_unknown", "reason")


class DeclineReasonIncomplete(Refused):
    """A reason in one's own words is told in both languages."""

    def __init__(self, field: str) -> None:
        super().__init__("decline_reason_incomplete", field)
