"""The config of an action as arguments of its calls: its templates checked when compiled, and filled for each call."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.problem import ConnectorProblem
from engine.plugin_operations.meanings import Known, Meaning, OfFrame, OfGroup, OfRow, OfRows, OfRun
from engine.plugin_operations.names import ArgumentNames
from ir.diagnostics import Pointer
from ir.document import Digits
from ir.records import dataclass
from ir.templates import TemplateSyntax, Unresolved, parse_template
from ir.value_text import text_of
from transforms.frame import Frame

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A text with values in it; one that is nothing but a reference keeps the value's type."""

    parts: tuple[str | Meaning, ...]
    key: tuple[str | int, ...]
    """The way to it in the config."""
    is_plain: bool = False
    """Whether it stands in what a database reads as more than data, so that no operator may come in with a value."""

    is_address: bool = False
    """Whether it is an address, in which values of rows stay one part of the path or the query."""

    @property
    def meanings(self) -> Sequence[Meaning]:
        return [each for each in self.parts if not isinstance(each, str)]

    def value(self, known: Known) -> Any:
        """What stands there for one call, as JSON has it.

        Raises:
            ConnectorProblem: a value is none that a call can take, or is not there.
        """
        try:
            if self.is_address:
                return self._address(known)
            if len(self.parts) == 1 and not isinstance(self.parts[0], str):
                found = json_value(self.parts[0].value(known))
                return _plain(found) if self.is_plain else found
            return "".join(each if isinstance(each, str) else text_of(each.value(known)) for each in self.parts)
        except (Unresolved, ValueError) as problem:
            raise ConnectorProblem("IR670", str(problem), key=("config", *self.key)) from problem

    def _address(self, known: Known) -> str:
        made = ""
        for part in self.parts:
            text = part if isinstance(part, str) else text_of(part.value(known))
            if isinstance(part, str | OfRun):
                made += text
                continue
            if not text and made.endswith("/"):
                raise ValueError(f"{part.reference} has no value: the path of the address needs it")
            made += quote(text, safe="")
        if any(each in {".", ".."} for each in re.split(r"[?#]", made, maxsplit=1)[0].split("/")):
            raise ValueError("a part of the address is . or .., which leads elsewhere")
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Everything that an action is asked with: plain values, and texts that each call fills."""

    tree: Any

    @property
    def filled(self) -> list[Filled]:
        """The texts that hold references."""
        return list(_filled(self.tree))

    @property
    def meanings(self) -> list[Meaning]:
        return [meaning for each in self.filled for meaning in each.meanings]

    @property
    def is_of_rows(self) -> bool:
        """Whether each row has its own arguments."""
        return any(each.is_of_rows for each in self.meanings)

    @property
    def reads_groups(self) -> bool:
        """Whether it takes the rows of groups themselves."""
        return any(isinstance(each, OfGroup) and each.word == "items" for each in self.meanings)

    def columns(self, known: Sequence[str], *others: Meaning | None) -> tuple[str, ...]:
        """Those of the columns that it and the `others` read: all where they take whole rows."""
        named = [each.column for each in (*self.meanings, *others) if isinstance(each, OfRow)]
        if None in named:
            return tuple(known)
        return tuple(dict.fromkeys(each for each in named if each is not None))

    @property
    def frames(self) -> list[Frame]:
        """The relations with the single values of other frames that it reads."""
        found = [each.source.frame for each in self.meanings if isinstance(each, OfFrame)]
        return list({each.name: each for each in found}.values())

    def values(self, known: Known) -> dict[str, Any]:
        """The arguments of one call.

        Raises:
            ConnectorProblem: at the text that cannot be filled.
        """
        found: dict[str, Any] = _value(self.tree, known)
        return found


def compile_arguments(config: Mapping[str, Any], action: Action, names: ArgumentNames, at: Pointer,
                      compiler: Compiler) -> Arguments | None:  # fmt: skip
    """The arguments of the action that the config at `at` stands for; None after errors at their places."""
    from engine.plugin_operations.guarded import guarded

    before = len(compiler.problems.errors)
    found = guarded(arguments_of(config, names, at, compiler), action, at, compiler)
    for text in found.filled:
        for each in text.meanings if len(text.parts) > 1 else ():
            if isinstance(each, OfRows):
                compiler.problems.error(
                    "IR303", f'"{each.reference}" is a list of rows, and a text holds none', at=(*at, *text.key),
                    within=each.reference.span,
                    hint=f"let it stand alone, or write {{{{{each.reference.root}.length}}}}",
                )  # fmt: skip
    return None if len(compiler.problems.errors) > before else found


def arguments_of(config: Mapping[str, Any], names: ArgumentNames, at: Pointer, compiler: Compiler) -> Arguments:
    """The arguments as far as the config at `at` says them, also after errors."""
    return Arguments(tree=_tree(dict(config), (), names, at, compiler))


def _tree(value: Any, key: tuple[str | int, ...], names: ArgumentNames, at: Pointer, compiler: Compiler) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _tree(each, (*key, str(name)), names, at, compiler) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tree(each, (*key, index), names, at, compiler) for index, each in enumerate(value)]
    if not isinstance(value, str):
        return json_value(value)
    return value if "{{" not in value else _text(value, key, names, at, compiler)


def _text(value: str, key: tuple[str | int, ...], names: ArgumentNames, at: Pointer, compiler: Compiler) -> Any:
    place = (*at, *key)
    try:
        template = parse_template(value)
    except TemplateSyntax as problem:
        compiler.problems.error("IR111", problem.message, at=place, within=(problem.start, problem.end))
        return value
    parts = [each if isinstance(each, str) else names.meaning(each, place, compiler) for each in template.parts]
    return Filled(parts=tuple(each for each in parts if each is not None), key=key)


def _filled(tree: Any) -> Iterator[Filled]:
    match tree:
        case Filled():
            yield tree
        case dict():
            for each in tree.values():
                yield from _filled(each)
        case list():
            for each in tree:
                yield from _filled(each)


def _value(tree: Any, known: Known) -> Any:
    match tree:
        case Filled():
            return tree.value(known)
        case dict():
            return {name: _value(each, known) for name, each in tree.items()}
        case list():
            return [_value(each, known) for each in tree]
    return tree


def _plain(value: Any) -> Any:
    """The value, where no key in it is an operator.

    Raises:
        ValueError: one is.
    """
    match value:
        case dict():
            operator = next((name for name in value if str(name).startswith("$")), None)
            if operator is not None:
                raise ValueError(f'a value has the key "{operator}", which is an operator')
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
    return value


def json_value(value: Any) -> Any:
    """The value as JSON has it: dates and durations as their texts, decimals as the number with their digits.

    Raises:
        ValueError: JSON has no such number.
    """
    match value:
        case None | str() | bool() | int():
            return value
        case Digits():
            return float(value)
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{value} is no number that a call can take")
            return value
        case Decimal():
            return _number(value)
        case date() | datetime() | time():
            return text_of(value)
        case timedelta():
            return _duration(value)
        case Mapping():
            return {str(name): json_value(each) for name, each in value.items()}
        case list() | tuple():
            return [json_value(each) for each in value]
    return text_of(value)


def _number(value: Decimal) -> int | float | str:
    """The number where JSON readers get the same back, else its text: no digit is lost on the way."""
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else f"{value:f}"


def _duration(value: timedelta) -> str:
    """ISO 8601, as in files: P1DT2H."""
    seconds = abs(value).total_seconds()
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    time_parts = [f"{int(hours)}H" if hours else "", f"{int(minutes)}M" if minutes else "",
                  f"{rest:.6f}".rstrip("0").rstrip(".") + "S" if rest else ""]  # fmt: skip
    date_part = f"{int(days)}D" if days else ""
    joined = "".join(time_parts)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}P{date_part}{'T' + joined if joined else ''}" if date_part or joined else "PT0S"
