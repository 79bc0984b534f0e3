"""Somebody at a page: cookies are kept, forms are read out of the HTML, scripts do not run."""

from html.parser import HTMLParser

import httpx

Fields = dict[str, str]


class _Reader(HTMLParser):
    """The forms of a page: action and the fields as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, Fields]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.forms[-1][1][self._select] = given["value"]
        elif (
            tag == "input"
            and "name" in given
            and (given.get("type") not in {"checkbox", "radio"} or "checked" in given)
        ):
            self.forms[-1][1][given["name"]] = given.get("value", "")


class Browser:
    """Somebody with a browser: sees pages, fills forms, follows redirects."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.page = httpx.Response(0)

    async def open(self, url: str, language: str = "en") -> httpx.Response:
        self.page = await self.http.get(url, headers={"Accept": "text/html", "Accept-Language": language})
        return self.page

    def form(self, number: int = 0) -> tuple[str, Fields]:
        reader = _Reader()
        reader.feed(self.page.text)
        return reader.forms[number]

    async def send(self, fields: Fields | None = None, *, number: int = 0, language: str = "en") -> httpx.Response:
        """Send the page's form with some fields changed. An empty action is the page's own address."""
        action, there = self.form(number)
        self.page = await self.http.post(
            str(self.page.url.join(action)) if action else str(self.page.url),
            data={**there, **(fields or {})},
            headers={"Accept": "text/html", "Accept-Language": language, "Sec-Fetch-Site": "same-origin"},
        )
        return self.page
