"""Further pages of a result: what the next request says, and when there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any
from urllib.parse import urljoin

from connectors.plugins.http.answers import Read
from connectors.plugins.http.building import CompiledRequest
from connectors.plugins.requests import PageSize, Pagination, Place
from connectors.plugins.templating import MISSING, Rendered, Roots, compiled, compiled_path
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.value_text import text_of

_NEXT = re.compile(r"<([^>]*)>\s*;[^,]*?\brel\s*=\s*\"?next\"?", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Turn:
    """What one page's request has beside the manifest's."""

    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    token: Any = None
    url: str | None = None
    """The whole address of the page, as an answer gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPages:
    """How a result's pages follow each other."""

    pagination: Pagination
    items: Rendered | None
    token: Rendered | None
    more: Rendered | None
    size: Rendered | None
    most: Rendered | None
    further: CompiledRequest | None
    """With style continue: the request of the pages after the first."""
    is_of_call: bool = False
    """Whether the call describes them, whose words nobody has tried before."""

    def of_call(self, roots: Roots) -> CompiledPages:
        """These pages, or those that the call's own parameters describe.

        Raises:
            ConnectorProblem: IR693 for a description that is none.
        """
        return _asked(self.pagination, roots.values["params"]) if self.pagination.style == "asked" else self

    def first(self, roots: Roots) -> Turn:
        """The first page's turn."""
        turn = Turn()
        if self.pagination.style in {"offset", "page"} and self.pagination.start is not None:
            self._put(turn, self.pagination.start)
        self._put_size(turn, roots)
        return turn

    def items_of(self, read: Read) -> list[Any]:
        """The items of a page.

        Raises:
            ConnectorProblem: IR691 where there is something else than a list, and where the call's own path leads
                nowhere while a list stands elsewhere.
        """
        found = read.body if self.items is None else self.items(Roots(values={"response": read.body}))
        if found is MISSING and self.is_of_call and (there := _list_in(read.body)) is not None:
            raise ConnectorProblem("IR691", f"the answer has nothing at {self.pagination.items}",
                                   key=("config", "items"), hint=f"it has a list: write items: {there}")  # fmt: skip
        if found is MISSING or found is None or found == "":
            return []
        if not isinstance(found, list):
            if self.items is None or read.answer.headers.get("Content-Type", "").endswith("xml"):
                return [found]
            raise ConnectorProblem("IR691", f"the answer has no list at {self.pagination.items}")
        return found

    def next(
        self, read: Read, *, number: int, seen: int, count: int, before: Turn, roots: Roots, url: str
    ) -> Turn | None:
        """The turn after page `number` of 1, 2, …, which had `count` of the `seen` items; None: it was the last.

        A token that stays the same is the end; of a service that no manifest describes it may be the name of a search
        that goes on, until a page comes again or is empty.
        """
        answer = Roots(values={"response": read.body})
        if self.pagination.style == "none" or (self.more is not None and not is_true(self.more(answer))):
            return None
        turn = Turn()
        match self.pagination.style:
            case "cursor" | "continue":
                token = self.token(answer) if self.token is not None else MISSING
                if token is MISSING or token is None or token in ("", False):
                    return None
                if token == before.token and not (self.is_of_call and count):
                    return None
                turn.token = token
                if self.pagination.to is not None:
                    self._put(turn, token)
            case "offset" | "page":
                if count == 0 or (self.more is None and self._is_short(count, number=number, seen=seen, roots=roots)):
                    return None
                is_page = self.pagination.style == "page"
                start = self.pagination.start if self.pagination.start is not None else int(is_page)
                self._put(turn, start + (number if is_page else seen))
            case "by_id":
                # a short page says nothing: a service may give fewer than it is asked for
                turn.token = self._outermost(read)
                if turn.token is None or self.is_again(read, before):
                    return None
                self._put(turn, turn.token)
            case "link_header":
                found = _NEXT.search(links_of(read.answer.headers))
                turn.url = urljoin(url, found[1]) if found else None
            case "next_url":
                told = self.token(answer) if self.token is not None else MISSING
                turn.url = urljoin(url, told) if isinstance(told, str) and told else None
        if self.pagination.style in {"link_header", "next_url"}:
            return turn if turn.url is not None and turn.url != before.url else None
        if self.further is None:
            self._put_size(turn, roots)
        return turn

    def _outermost(self, read: Read) -> str | None:
        """The ID of a page behind which the next one begins, in whatever order its items stand."""
        assert self.token is not None
        told = (self.token(Roots(values={"response": each})) for each in self.items_of(read))
        ids = sorted((text_of(each) for each in told if each is not MISSING), key=_place)
        return None if not ids else ids[0] if self.pagination.order == "falling" else ids[-1]

    def is_again(self, read: Read, before: Turn) -> bool:
        """Whether a page, with by_id, has no ID behind the last one of the pages before it: all its items are known, of
        a service that does not heed what it is told, or that gives the last one again."""
        if self.pagination.style != "by_id" or before.token is None or (found := self._outermost(read)) is None:
            return False
        is_falling = self.pagination.order == "falling"
        return _place(found) >= _place(before.token) if is_falling else _place(found) <= _place(before.token)

    def limit(self, roots: Roots) -> int | None:
        """After so many items no further page is asked for."""
        value = self.most(roots) if self.most is not None else MISSING
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def _is_short(self, count: int, *, number: int, seen: int, roots: Roots) -> bool:
        """Whether a page has fewer items than one that another follows.

        Of a service that no manifest describes the pages before tell how many that are: many give fewer than asked for.
        """
        size = self.size(roots) if self.size is not None else MISSING
        if not isinstance(size, int):
            return False
        if self.is_of_call and count < size:
            return number > 1 and count < (seen - count) / (number - 1)
        return count < size

    def _put(self, turn: Turn, value: Any) -> None:
        place = self.pagination.to
        if place is None:
            raise ConnectorProblem("IR695", f"pagination of style {self.pagination.style} needs `to`")
        if place.query is not None:
            turn.query[place.query] = value
        if place.body is not None:
            turn.body[place.body] = value
        if place.header is not None:
            turn.headers[place.header] = text_of(value)

    def _put_size(self, turn: Turn, roots: Roots) -> None:
        if self.pagination.page_size is None or self.size is None:
            return
        size = self.size(roots)
        if size is MISSING or size is None:
            return
        if self.pagination.style == "by_id" and (most := self.limit(roots)) is not None:
            size = min(size, most)
        into_body = self.pagination.to is not None and self.pagination.to.body is not None
        (turn.body if into_body else turn.query)[self.pagination.page_size.name] = size


def _place(told: str) -> tuple[int, str]:
    """Where an ID stands: they are numbers or of one length, as texts, so that the longer one is the larger one."""
    return len(told), told


def compiled_pages(pagination: Pagination, further: CompiledRequest | None) -> CompiledPages:
    """The pages of a manifest's pagination."""
    size = pagination.page_size
    return CompiledPages(
        pagination=pagination, further=further,
        items=compiled_path(pagination.items) if pagination.items is not None else None,
        token=compiled_path(pagination.token) if pagination.token is not None else None,
        more=compiled_path(pagination.more) if pagination.more is not None else None,
        size=compiled(size.value) if size is not None else None,
        most=compiled(pagination.max_items) if pagination.max_items is not None else None,
    )  # fmt: skip


def _asked(pagination: Pagination, params: Mapping[str, Any]) -> CompiledPages:
    paging = params.get("paging") or {"style": "cursor"}
    name, size = paging.get("parameter"), paging.get("size")
    if name is None and paging["style"] in {"cursor", "offset", "page"} and "paging" in params:
        raise ConnectorProblem("IR693", f"paging of style {paging['style']} needs the name of its parameter",
                               key=("config", "paging"), hint="write parameter: page")  # fmt: skip
    if paging["style"] in {"cursor", "next_url"} and "next" not in paging and "paging" in params:
        what = "token" if paging["style"] == "cursor" else "address"
        raise ConnectorProblem(
            "IR693", f"paging of style {paging['style']} needs to know where in the answer the next {what} is",
            key=("config", "paging"), hint="write next: and the way to it, such as meta.next")  # fmt: skip
    place = Place(body=name) if paging.get("in") == "body" else Place(query=name)
    try:
        return replace(compiled_pages(Pagination(
            style=paging["style"], items=params.get("items"), token=paging.get("next"), more=paging.get("more"),
            to=place if name is not None else None, start=paging.get("start"),
            page_size=PageSize(name=paging["size_parameter"], value=size) if "size_parameter" in paging else None,
            max_pages=paging.get("max_pages", pagination.max_pages), max_items=params.get("limit"),
        ), None), is_of_call=True)  # fmt: skip
    except ValueError as error:
        raise ConnectorProblem("IR693", f"the paths of a page cannot be read: {error}", key=("config", "paging"),
                               hint="a path is written like data.items or links[0].next") from None  # fmt: skip


def is_true(value: Any) -> bool:
    """Whether an answer says yes."""
    return value is not MISSING and value not in (None, False, 0, "", "false", "False")


def links_of(headers: Mapping[str, str]) -> str:
    """What the headers Link say, of which an answer may have several."""
    return ", ".join(text for name, text in headers.items() if name.lower() == "link")


def _list_in(body: Any) -> str | None:
    """Where in an answer its first list with objects in it is: at most three keys deep."""
    level = [("", body)]
    for _ in range(3):
        level = [(f"{at}.{key}" if at else str(key), each) for at, inside in level if isinstance(inside, dict)
                 for key, each in inside.items()]  # fmt: skip
        for at, each in level:
            if isinstance(each, list) and any(isinstance(item, dict) for item in each):
                return at
    return None
