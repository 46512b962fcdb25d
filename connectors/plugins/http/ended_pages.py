"""Pages that end after the first though the answer says there are more: a description of them that is mistyped.

Only of pages that a call describes in its own words, which nobody has tried before; those of a manifest have examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.plugins.http.answers import Read
from connectors.plugins.http.pagination import CompiledPages, is_true, links_of
from connectors.plugins.templating import MISSING, Roots
from connectors.problem import ConnectorProblem

_NEXT = frozenset({
    "next", "nextpage", "nextpagetoken", "nexttoken", "nextcursor", "nexturl", "nexturi", "nextlink", "nexthref",
    "odatanextlink", "continuation", "continuationtoken", "nextmarker", "nextoffset", "nextpageurl",
})  # fmt: skip
_MORE = frozenset({"hasmore", "hasnext", "hasnextpage", "more", "istruncated"})
_WITHIN_NEXT = ("after", "cursor", "token", "href", "url", "link")
"""What leads on in an object that is called next."""
_ABOUT_PAGES = re.compile(r"page|paging|pagin|link|meta|cursor|info|respon|result|data|body")
_NO_LETTERS = re.compile(r"[^a-z0-9]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?![\d-])")
_OTHER_LINKS = re.compile(r"\brel\s*=\s*\"?(?:first|last|prev)", re.IGNORECASE)
_SHOWN_KEYS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEP = 3
_LINK = "a header Link with the next page"
_MEANS_THE_END = "if_absent: end, where an answer without it is the last page"


def check_first(pages: CompiledPages, read: Read, *, count: int, roots: Roots, described: Mapping[str, Any] | None
                ) -> ConnectorProblem | None:  # fmt: skip
    """Judge a first page that no other follows; a warning, where there is something to be said of it. `described` is
    the config's `paging`.

    Raises:
        ConnectorProblem: IR691 where the description leads nowhere and the answer says that there is more.
    """
    sign = next(_signs(read), None)
    answer = Roots(values={"response": read.body})
    told = pages.more(answer) if pages.more is not None else MISSING
    if told is not MISSING:
        if not is_true(told):
            return None  # what was described says itself that this is all
        sign = sign or (None, f"something at {pages.pagination.more}")
    if described is None:
        if sign is None:
            return None
        return ConnectorProblem(
            "IR691", f"the answer has {sign[1]}, and config has no paging: only the first page is read",
            key=("config",), hint="describe its pages, or write paging: {style: none} where one answer has all",
        )  # fmt: skip
    style = pages.pagination.style
    if style == "none" or (described.get("if_absent") == "end" and told is MISSING):
        return None
    lost = [(key, path) for key, path, found in (("next", pages.pagination.token, pages.token),
                                                 ("more", pages.pagination.more, pages.more))
            if path is not None and found is not None and found(answer) is MISSING]  # fmt: skip
    if style == "link_header" and not lost and not _OTHER_LINKS.search(links_of(read.answer.headers)):
        lost = [("style", "")]
    if not lost or (style in {"page", "offset"} and count == 0):
        return None
    key, path = lost[0]
    nothing = f"the answer has nothing at {path}" if path else "the answer has no header Link with a next page"
    if sign is not None:
        hints = [_hint(key, sign[0], sign[1]), _MEANS_THE_END if told is MISSING else None]
        raise ConnectorProblem(
            "IR691", f"{nothing}, and it has {sign[1]}: only the first page would be read",
            key=("config", "paging", key), hint="; or ".join(filter(None, hints)) or None,
        )  # fmt: skip
    size = pages.size(roots) if pages.size is not None else MISSING
    if path and isinstance(size, int) and count >= size:
        return ConnectorProblem(
            "IR691", f"{nothing}, and the first page is full: more rows may follow it that are not read",
            key=("config", "paging", key), hint=f"look at what the service calls it, or write {_MEANS_THE_END}",
        )  # fmt: skip
    return None


def check_second(pages: CompiledPages, *, is_first_again: bool) -> None:
    """Refuse a second page that is the first one again.

    Raises:
        ConnectorProblem: IR691.
    """
    if is_first_again:
        named = pages.pagination.token
        moves = f"{named} does not lead on, or " if named is not None else ""
        raise ConnectorProblem(
            "IR691", f"the second page is the first one again: {moves}the service does not heed what asks for a page",
            key=("config", "paging"), hint="look in the service's documentation what its parameter is called",
        )  # fmt: skip


def _hint(key: str, path: str | None, shown: str) -> str | None:
    if shown == _LINK:
        return "write style: link_header"
    if path is None:
        return None
    if key == "style":
        return f"write style: next_url or cursor, and next: {path}"
    return f"write {key}: {path}"


def _signs(read: Read) -> Iterator[tuple[str | None, str]]:
    """What says in an answer that there is more: the path to it, where one leads on, and in words."""
    found = list(_told(read.body, "", _DEEP))
    yield from (each for each in found if each[0] is not None)
    if re.search(r"\brel\s*=\s*\"?next\b", links_of(read.answer.headers), re.IGNORECASE):
        yield None, _LINK
    yield from (each for each in found if each[0] is None)


def _told(body: Any, at: str, deep: int) -> Iterator[tuple[str | None, str]]:
    if not isinstance(body, Mapping):
        return
    for key, value in body.items():
        name = str(key)
        shown = name if _SHOWN_KEYS.fullmatch(name) else f"['{name}']"
        path = f"{at}.{shown}" if at and not shown.startswith("[") else f"{at}{shown}"
        plain = _NO_LETTERS.sub("", name.lower())
        if plain in _NEXT and isinstance(value, Mapping):
            within = next((each for each in _WITHIN_NEXT if _leads_on(value.get(each))), None)
            if within is not None:
                yield f"{path}.{within}", f"something at {path}.{within}"
        elif plain in _NEXT and _leads_on(value):
            yield path, f"something at {path}"
        elif plain in _MORE and value is True:
            yield None, f"{path}: true"
        elif deep > 1 and isinstance(value, Mapping) and _is_about_pages(plain, value):
            yield from _told(value, path, deep - 1)


def _leads_on(value: Any) -> bool:
    """Whether that may be a token, a number or an address of a page; a day is when something else comes next."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value in ("", 0):
        return False
    return not (isinstance(value, str) and _DATE.match(value))


def _is_about_pages(plain: str, value: Mapping[str, Any]) -> bool:
    """Whether an object may tell of pages: by its name, or since a list stands in it."""
    return (
        plain == "d" or _ABOUT_PAGES.search(plain) is not None or any(isinstance(each, list) for each in value.values())
    )
