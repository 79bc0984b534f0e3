"""The wire formats that are described, each on its own."""

import msgspec


class Reference(msgspec.Struct, frozen=True):
    title: str
    folder: str  # below docs/api
    login_fields: tuple[str, str]  # what a body that signs in consists of
    login_group: str  # the tag under which calls stand that several formats share


REFERENCES = {
    "customer": Reference("Customer API", ".", ("username", "password"), "Sign-in"),
    "time": Reference("Time API", "time", ("email", "password"), "Login"),
}
