"""Where in a message a value stands, and how it is written there so that it stays a value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from html import escape
from typing import Any, Literal
from urllib.parse import quote

from connectors.templates.values import MARK, Flag, Nothing, ShownInteger, ShownNumber, cleaned, text_for_people

Medium = Literal["html", "text", "json", "chat"]


class Place(Enum):
    """The surroundings of a value."""

    TEXT = "plain text"
    CHAT = "in the text of a chat, where < and > mean something"
    ELEMENT = "between tags"
    ATTRIBUTE = "in a quoted attribute"
    ADDRESS = "at the start of an address"
    IN_ADDRESS = "inside an address"
    STYLE = "in a style attribute"
    JSON = "for a JSON value"
    JSON_TEXT = "inside a JSON text"


class Misplaced(Exception):
    """A place where no value may stand."""


class Markup(str):
    """Text that is markup already: what the engine itself makes."""

    __slots__ = ()


_FOLLOWED = re.compile(r"(?i:https?://|mailto:|tel:|cid:)[^\s\x00-\x20\x7f-\x9f]+")
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u200f]")
"""Letters that turn what stands beside them."""
_UNSTYLED = re.compile(r"[^\w#%.,\- ]")


def written(value: Any, place: Place) -> str:
    """The value's text as it is written at the place."""
    match place:
        case Place.JSON:
            if isinstance(value, Decimal) and value.is_finite():
                return f"{value:f}"
            return json.dumps(_plain(value), ensure_ascii=False, default=text_for_people)
        case Place.JSON_TEXT:
            return json.dumps(text_for_people(value), ensure_ascii=False)[1:-1]
    text = text_for_people(value)
    if text.startswith(MARK) and isinstance(value, Markup):
        return text
    text = cleaned(text)
    match place:
        case Place.ELEMENT:
            inside = escape(text).replace("\n", "<br>\n")
            return f"<bdi>{inside}</bdi>" if _FROM_THE_RIGHT.search(text) else inside
        case Place.ATTRIBUTE:
            return escape(text)
        case Place.ADDRESS:
            text = text.strip()
            return escape(text) if _FOLLOWED.fullmatch(text) else "#"
        case Place.IN_ADDRESS:
            return quote(text, safe="")
        case Place.CHAT:
            return for_chat(text)
        case Place.STYLE:
            return _UNSTYLED.sub("", text)
    return text


def for_chat(text: str) -> str:
    """The text where `<!channel>` would call everybody together: nothing in it means anything."""
    return escape(text, quote=False)


def _plain(value: Any) -> Any:
    """Of a value that reads otherwise, what it is."""
    match value:
        case Nothing():
            return None
        case Flag():
            return bool(value)
        case ShownInteger() | ShownNumber():
            return value + 0
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
    return value


class HtmlPlaces:
    """Follows the markup of a template and tells the place of what comes next."""

    def __init__(self) -> None:
        self._inside = ""
        """`""` between tags, else "tag", "comment", "raw", or the quote of an attribute."""
        self._tag = self._attribute = ""
        self._before = ""
        """What the attribute's value begins with."""

    def feed(self, text: str) -> None:
        """Go on behind this piece of the template."""
        at = 0
        while at < len(text):
            at = self._step(text, at)

    def _step(self, text: str, at: int) -> int:
        match self._inside:
            case "":
                found = re.compile(r"<(?:(!--)|(/?[A-Za-z][\w:-]*))").search(text, at)
                if found is None:
                    return len(text)
                self._inside = "comment" if found[1] else "tag"
                self._tag, self._attribute = (found[2] or "").lower(), ""
                return found.end()
            case "comment":
                return self._until("-->", text, at)
            case "raw":
                return self._until(f"</{self._tag}", text, at, case=True)
            case "tag":
                found = re.compile(r""">|([^\s"'<>/=]+)\s*=\s*(["'])|([^\s"'<>/=]+)(\s*=\s*)?|["'/=<]""").search(
                    text, at
                )
                if found is None:
                    return len(text)
                if found[0] == ">":
                    self._inside = "raw" if self._tag in {"script", "style", "title", "textarea"} else ""
                elif found[1]:
                    self._inside, self._attribute, self._before = found[2], found[1].lower(), ""
                elif found[3]:
                    self._attribute = found[3].lower() if found[4] else ""
                return found.end()
        end = text.find(self._inside, at)
        self._before += text[at : end if end >= 0 else len(text)]
        if end < 0:
            return len(text)
        self._inside, self._attribute = "tag", ""
        return end + 1

    def _until(self, end: str, text: str, at: int, *, case: bool = False) -> int:
        found = (text.lower() if case else text).find(end, at)
        if found < 0:
            return len(text)
        self._inside = "tag" if case else ""
        if case:
            self._tag = f"/{self._tag}"
        return found + len(end)

    def value(self) -> Place:
        """The place of a value that comes now.

        Raises:
            Misplaced: a value cannot be kept a value there.
        """
        match self._inside:
            case "":
                return Place.ELEMENT
            case "raw" if self._tag in {"title", "textarea"}:
                return Place.ATTRIBUTE
            case "raw":
                raise Misplaced(f"no value can stand inside <{self._tag}>")
            case "comment":
                raise Misplaced("no value can stand inside a comment of the HTML")
            case "tag":
                raise Misplaced(f"the value of {self._attribute} needs quotes around it" if self._attribute
                                else "no value can stand inside a tag, only inside a quoted attribute")  # fmt: skip
        if self._attribute.startswith("on") or self._attribute == "srcdoc":
            raise Misplaced(f"no value can stand inside {self._attribute}, which is a script")
        started, self._before = self._before, self._before + "x"
        if self._attribute in {"href", "src", "action", "background", "cite", "poster"}:
            return Place.IN_ADDRESS if started.strip() else Place.ADDRESS
        return Place.STYLE if self._attribute == "style" else Place.ATTRIBUTE


class TextPlaces:
    """Plain text has one place."""

    def feed(self, text: str) -> None:
        """Nothing to follow."""

    def value(self) -> Place:
        return Place.TEXT


class ChatPlaces(TextPlaces):
    """The text of a chat has one place as well."""

    def value(self) -> Place:
        return Place.CHAT


class JsonPlaces:
    """Follows the quotes of a JSON template."""

    def __init__(self) -> None:
        self._in_text = False

    def feed(self, text: str) -> None:
        """Go on behind this piece of the template."""
        for _ in re.finditer(r'(?<!\\)(?:\\\\)*"', text):
            self._in_text = not self._in_text

    def value(self) -> Place:
        return Place.JSON_TEXT if self._in_text else Place.JSON


Places = HtmlPlaces | TextPlaces | JsonPlaces


def places_of(medium: Medium) -> Places:
    """What follows a template of that kind."""
    match medium:
        case "html":
            return HtmlPlaces()
        case "json":
            return JsonPlaces()
        case "chat":
            return ChatPlaces()
    return TextPlaces()
