"""XML from outside: no document type, no entities, nothing fetched, nothing without bounds."""

import warnings
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from xsdata.exceptions import ConverterWarning, ParserError
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler

from artel.bank_files.errors import ReportUnreadable

DEEPEST = 60  # the messages themselves go some twenty levels down
TOLERANT = ParserConfig(fail_on_unknown_properties=False)


def read_tree(content: bytes) -> Element:
    """Refuses: ReportUnreadable for what is no XML, or has a document type."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise ReportUnreadable(f"this is no XML: {error}") from None
    except DefusedXmlException:
        raise ReportUnreadable("XML with a document type or entities is not taken") from None
    except (ValueError, LookupError) as error:  # an encoding that is not known, or not kept
        raise ReportUnreadable(f"this is no XML: {error}") from None
    require_shallow(root)
    return root


def require_shallow(root: Element) -> None:
    """What follows goes down the tree by calling itself."""
    level = [root]
    for _ in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return
    raise ReportUnreadable("its elements are nested too deeply")


def amount_of(value: object) -> Decimal | None:
    """An amount's number; None for what is none. Python reads NaN as a decimal, XML Schema does not."""
    return value if isinstance(value, Decimal) and value.is_finite() else None


def namespace_of(root: Element) -> str:
    return root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""


def read_message(root: Element, document: type) -> object:
    """The tree as the message's class. What banks add is passed over; what cannot be converted stays text, for the
    entry that it stands in to say so. Refuses: ReportUnreadable where something is missing that the schema demands."""
    parser = XmlParser(config=TOLERANT, handler=XmlEventHandler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConverterWarning)
            return parser.parse(root, document)
    except (ParserError, TypeError, ValueError) as error:
        raise ReportUnreadable(f"the message is not whole: {error}") from None
