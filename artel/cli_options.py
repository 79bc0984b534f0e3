"""What several of the `artel` command's parts share."""

import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


class Plain(click.Group):
    """A group that lists its commands in the order they are written."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class Percent(click.ParamType[Decimal]):
    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is no number", param, ctx)


def account_options(function: Function) -> Function:
    """Who gets the account. The password is asked for, or read from standard input; never an argument."""
    for option in reversed(
        [
            click.option("--email", required=True, help="Their address; it is their user name too."),
            click.option("--first-name", default="", help="Their first name."),
            click.option("--last-name", default="", help="Their last name."),
            click.option("--language", default="EN", show_default=True, help="EN or RU."),
            click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
        ]
    ):
        function = option(function)
    return function


def read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
