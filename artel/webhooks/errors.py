"""What web hooks are refused."""

from artel.errors import Refused


class HookUrlRefused(Refused):
    """No absolute http(s) address on the public Internet, or one that carries a user name or a port of another
    protocol."""

    def __init__(self) -> None:
        super().__init__("web_hook_url_refused", "url")


class HookDisabled(Refused):
    """Nothing is sent while the hook is disabled."""

    def __init__(self) -> None:
        super().__init__("web_hook_disabled")
