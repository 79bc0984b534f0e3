"""Ids in paths. Routes take any text there (`{event:str}`), so that what cannot be the id of anything is answered by
the API, as not found (artel.api.time.errors), and not by the router."""

from typing import Annotated, TypeAlias

from litestar.params import PathParameter

LARGEST_ID = 2**63 - 1
# The framework drops what `Meta` says of a path's parameter, so the bounds are said in its own words.
PathId: TypeAlias = Annotated[int, PathParameter(ge=1, le=LARGEST_ID)]
