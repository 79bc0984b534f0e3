"""The parts of a form, as every wire format and the pages read them."""

from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException


async def form_parts(request: Request[Any, Any, Any]) -> FormMultiDict:
    """Raises ClientException for a form that cannot be read: a charset or a boundary that there is not."""
    try:
        return await request.form()
    except (LookupError, ValueError):
        raise ClientException from None
