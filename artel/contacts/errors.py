"""What address books refuse."""

from artel.errors import Refused


class ContactIsOneself(Refused):
    """The address is the caller's own."""

    def __init__(self) -> None:
        super().__init__("contact_is_oneself", "email")


class ContactsFull(Refused):
    """The address book holds as many as it takes."""

    def __init__(self, most: int) -> None:
        super().__init__("contacts_full", "email", most=most)
