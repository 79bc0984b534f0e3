"""What people and their sessions are refused."""

from artel.errors import NotAllowed, NotSignedIn, Refused


class SessionEnded(NotSignedIn):
    """The token names a session that was ended, or has expired."""

    def __init__(self) -> None:
        super().__init__("session_ended")


class RefreshTokenRefused(NotSignedIn):
    """The refresh token is unknown, expired, or was used before; reuse has ended the session."""

    def __init__(self) -> None:
        super().__init__("refresh_token_refused")


class CredentialsWrong(NotSignedIn):
    """No such user name with such a password. Which of the two is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("credentials_wrong")
        self.field = "password"


class SignInWrong(NotSignedIn):
    """No account at this address with such a code or password. What of it is wrong is not told."""

    def __init__(self) -> None:
        super().__init__("sign_in_wrong")
        self.field = "password"


class SecondFactorNeeded(NotSignedIn):
    """Code or password is right, and a second factor is on: its code has to come with them."""

    def __init__(self) -> None:
        super().__init__("second_factor_needed")
        self.field = "code"


class TwoFactorOn(Refused):
    """A second factor is on already; it has to be turned off before another is chosen."""

    def __init__(self) -> None:
        super().__init__("two_factor_on")


class TwoFactorOff(Refused):
    """There is no second factor to turn off."""

    def __init__(self) -> None:
        super().__init__("two_factor_off")


class PhoneMissing(Refused):
    """Codes by SMS need a phone."""

    def __init__(self) -> None:
        super().__init__("phone_missing")


class CodeRefused(Refused):
    """A one-time code was not taken."""


class CodeWrong(CodeRefused):
    """Not the code that was sent, or not the one the authenticator shows."""

    def __init__(self) -> None:
        super().__init__("code_wrong", "code")


class CodeExpired(CodeRefused):
    """No code is waiting: none was sent, it is old, spent, or was guessed wrong too often."""

    def __init__(self) -> None:
        super().__init__("code_expired", "code")


class LinkGone(Refused):
    """The link is unknown, has expired, or was used."""

    def __init__(self) -> None:
        super().__init__("link_gone")


class RedirectUrlRefused(Refused):
    """Visitors are not sent to this address."""

    def __init__(self) -> None:
        super().__init__("redirect_url_refused", "redirect_url")


class LanguageUnknown(Refused):
    """Only EN and RU are spoken."""

    def __init__(self, language: str) -> None:
        super().__init__("language_unknown", "language", language=language)


class EmailTaken(Refused):
    """Another person signs in with this address."""

    def __init__(self) -> None:
        super().__init__("email_taken", "email")


class EmailNotUsable(Refused):
    """Another account has this address. Whoever asks is told no more than that it cannot be theirs."""

    def __init__(self) -> None:
        super().__init__("email_not_usable", "email")


class ContactNotNamed(Refused):
    """Neither an e-mail address nor a phone number was given."""

    def __init__(self) -> None:
        super().__init__("contact_not_named")


class ContactsTheirOwn(NotAllowed):
    """The person runs a company or the installation too: no other company decides where they are reached."""

    def __init__(self) -> None:
        super().__init__("contacts_their_own")


class PhoneIsSecondFactor(Refused):
    """The person signs in with codes sent to their phone: nobody moves that to another one for them."""

    def __init__(self) -> None:
        super().__init__("phone_is_second_factor", "phone")


class EmailInvalid(Refused):
    """Not an e-mail address."""

    def __init__(self) -> None:
        super().__init__("email_invalid", "email")


class PhoneInvalid(Refused):
    """Not a phone number with its country's code."""

    def __init__(self) -> None:
        super().__init__("phone_invalid", "phone")


class PasswordTooShort(Refused):
    def __init__(self, field: str, least: int) -> None:
        super().__init__("password_too_short", field, least=least)


class PasswordTooLong(Refused):
    def __init__(self, field: str, most: int) -> None:
        super().__init__("password_too_long", field, most=most)
