"""The filters of templates: {$join: [list, ","]} and the like."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors.plugins.templating import MISSING, Compiles, Encoded, Placeholder, Rendered, Roots, is_set
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.value_text import text_of

Compiled = Callable[[Any], Rendered]


CONDITIONS = ("set", "empty", "equals", "not_equals", "in", "more_than", "not", "all", "any")


def filter_named(name: str) -> Compiles:
    """The filter of a $key.

    Raises:
        ValueError: there is none.
    """
    known = all_filters()
    found = known.get(name)
    if found is None:
        raise ValueError(f'there is no filter "{name}": {did_you_mean(name, known) or ", ".join(known)}')
    return found


def all_filters() -> Mapping[str, Compiles]:
    """Every filter by its $key."""
    from connectors.plugins import file_hashes, finding, reckoning

    return {**FILTERS, **finding.FILTERS, **reckoning.FILTERS, **file_hashes.FILTERS}


def json_of(value: Any) -> str:
    """A value as JSON, as short as it can be."""
    return _ENCODER.encode(value)


def bytes_of(value: Any, roots: Roots) -> bytes:
    """The bytes of a file value, or of a text.

    Raises:
        ConnectorProblem: IR694 for a file that is not there.
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, Mapping) and "ref" in value and roots.files is not None:
        return roots.files.read(value)
    return (value if isinstance(value, str) else json_of(value)).encode()


def moment_of(value: Any) -> datetime:
    """A date or a moment; without a zone it is in UTC.

    Raises:
        ConnectorProblem: IR693 for what is none.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            value = datetime.fromtimestamp(value, UTC)
        elif not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
    except (AttributeError, ValueError, OverflowError, OSError):
        raise ConnectorProblem("IR693", "a value is no date such as 2026-01-31 or 2026-01-31T09:30:00Z") from None
    moment: datetime = value
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return text_of(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _is_open(value: Any) -> bool:
    """Whether there is nothing yet to work on."""
    return value is MISSING or isinstance(value, Placeholder)


def of_one(work: Callable[[Any], Any]) -> Compiles:
    """A filter of one value; of what is missing it makes nothing."""

    def compiles(argument: Any, compiled: Compiled) -> Rendered:
        inner = compiled(argument)
        return lambda roots: value if _is_open(value := inner(roots)) else work(value)

    return compiles


def _of_bytes(work: Callable[[bytes], Any]) -> Compiles:
    def compiles(argument: Any, compiled: Compiled) -> Rendered:
        inner = compiled(argument)
        return lambda roots: value if _is_open(value := inner(roots)) else work(bytes_of(value, roots))

    return compiles


def of_list(least: int, most: int, work: Callable[..., Any]) -> Compiles:
    """A filter of a value and its settings; of a missing value it makes nothing."""

    def compiles(argument: Any, compiled: Compiled) -> Rendered:
        if not isinstance(argument, list) or not least <= len(argument) <= most:
            raise ValueError(f"a filter here takes a list of {least} to {most} values, not {json_of(argument)[:60]}")
        parts = [compiled(each) for each in argument]

        def render(roots: Roots) -> Any:
            values = [part(roots) for part in parts]
            if _is_open(values[0]):
                return values[0]
            return work(*[None if each is MISSING else each for each in values])

        return render

    return compiles


def _default(argument: Any, compiled: Compiled) -> Rendered:
    parts = [compiled(each) for each in argument]

    def render(roots: Roots) -> Any:
        for part in parts:
            value = part(roots)
            if value is not MISSING and value is not None:
                return value
        return MISSING

    return render


def _each(argument: Any, compiled: Compiled) -> Rendered:
    of, shown = compiled(argument["of"]), compiled(argument["as"])

    def render(roots: Roots) -> Any:
        values = of(roots)
        if values is MISSING or values is None:
            return MISSING
        if isinstance(values, Placeholder):
            return values
        made = [shown(roots.having(item=each, index=index)) for index, each in enumerate(_listed(values))]
        return [each for each in made if each is not MISSING]

    return render


def _if(argument: Any, compiled: Compiled) -> Rendered:
    return choice(argument, compiled, compiled)


def choice(argument: Mapping[str, Any], compiled: Compiled, branch: Compiled) -> Rendered:
    """What {$if: {…, then: …, else: …}} gives; `branch` compiles the two that it chooses between."""
    holds = condition_of({key: value for key, value in argument.items() if key not in {"then", "else"}}, compiled)
    then = branch(argument["then"]) if "then" in argument else lambda _: MISSING
    other = branch(argument["else"]) if "else" in argument else lambda _: MISSING
    return lambda roots: then(roots) if holds(roots) else other(roots)


def condition_of(written: Mapping[str, Any], compiled: Compiled) -> Callable[[Roots], bool]:
    """What {set: x}, {empty: x}, {equals: [a, b]}, {in: [a, [b, c]]} and {more_than: [a, 1]} say, also under the names
    is_set and is_empty; {all: [conditions]}, {any: [conditions]} and {not: condition} are made of others.

    Raises:
        ValueError: it is none of them.
    """
    if len(written) != 1:
        raise ValueError(f"a condition is one of {', '.join(CONDITIONS)}")
    ((name, argument),) = written.items()
    name = name.removeprefix("is_")
    if name in {"all", "any"} and isinstance(argument, list):
        several, joined = [condition_of(each, compiled) for each in argument], all if name == "all" else any
        return lambda roots: joined(each(roots) for each in several)
    if name == "not" and isinstance(argument, Mapping):
        denied = condition_of(argument, compiled)
        return lambda roots: not denied(roots)
    if name in {"set", "empty"}:
        inner = compiled(argument)
        return lambda roots: is_set(inner(roots)) is (name == "set")
    if name in {"equals", "not_equals", "in", "more_than"} and isinstance(argument, list) and len(argument) == 2:
        left, right = compiled(argument[0]), compiled(argument[1])
        if name == "more_than":
            return lambda roots: _is_more(left(roots), right(roots))
        if name == "in":
            return lambda roots: left(roots) in (right(roots) or [])
        return lambda roots: (left(roots) == right(roots)) is (name == "equals")
    raise ValueError(f'there is no condition "{name}": known are {", ".join(CONDITIONS)}')


def _is_more(left: Any, right: Any) -> bool:
    return isinstance(left, int | float) and isinstance(right, int | float) and left > right


def _merge(argument: Any, compiled: Compiled) -> Rendered:
    parts = [compiled(each) for each in argument]

    def render(roots: Roots) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for part in parts:
            found = part(roots)
            if isinstance(found, Mapping):
                made.update(found)
        return made

    return render


def _file(argument: Any, compiled: Compiled) -> Rendered:
    parts = {key: compiled(value) for key, value in argument.items()}

    def render(roots: Roots) -> Any:
        found = {key: value for key, part in parts.items() if (value := part(roots)) is not MISSING}
        content = _content(found, roots)
        if content is None or roots.files is None:
            return MISSING
        return roots.files.put(text_of(found.get("name") or "file"), content, mime=found.get("mime"))

    return render


def _content(found: Mapping[str, Any], roots: Roots) -> bytes | None:
    if isinstance(found.get("bytes"), bytes | str | Mapping):
        return bytes_of(found["bytes"], roots)
    written = found.get("base64", found.get("base64url"))
    if not isinstance(written, str):
        return None
    try:
        return base64.b64decode(written.replace("-", "+").replace("_", "/") + "=" * (-len(written) % 4))
    except ValueError:
        raise ConnectorProblem("IR694", "the bytes of a file are no base64") from None


def _mime(argument: Any, compiled: Compiled) -> Rendered:
    inner = compiled(argument)

    def render(roots: Roots) -> Any:
        from connectors.plugins.mime import mail_bytes

        return inner(roots) if roots.is_shown else mail_bytes(inner(roots), roots)

    return render


def _merge_lists(argument: Any, compiled: Compiled) -> Rendered:
    parts = [compiled(each) for each in argument]

    def render(roots: Roots) -> list[Any]:
        found = [part(roots) for part in parts]
        return [each for values in found if values is not MISSING for each in _listed(values)]

    return render


def _in_quotes(value: Any, escape: Any = "\\") -> str:
    """A value as a query language writes it: a text in single quotes, and a quote in it behind the escape."""
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return "null" if value is None else text_of(value)
    text = text_of(value)
    text = text.replace("\\", "\\\\") if escape == "\\" else text
    return "'" + text.replace("'", f"{escape}'") + "'"


def _path(value: Any) -> Encoded:
    """A path whose slashes stay; nothing in it leads up."""
    text = text_of(value).strip("/")
    if any(each in {"", ".", ".."} for each in text.split("/")):
        raise ConnectorProblem("IR693", f'"{text}" is no path: a part of it is empty or leads up')
    return Encoded(quote(text, safe="/"))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _join(values: Any, separator: Any = ",") -> str:
    return text_of(separator).join(text_of(each) for each in _listed(values))


def _slice(values: Any, start: Any = 0, end: Any = None) -> Any:
    return values[start:end] if isinstance(values, list | str) else MISSING


def _split(value: Any, separator: Any) -> list[str]:
    return [each.strip() for each in text_of(value).split(text_of(separator)) if each.strip()]


def _lookup(value: Any, table: Any, otherwise: Any = None) -> Any:
    found = table.get(text_of(value), MISSING) if isinstance(table, Mapping) else MISSING
    return MISSING if found is MISSING and otherwise is None else otherwise if found is MISSING else found


def _unpairs(pairs: Any) -> Any:
    return {text_of(each.get("key", each.get("name"))): each.get("value")
            for each in _listed(pairs) if isinstance(each, Mapping)}  # fmt: skip


def _parsed_json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return MISSING


FILTERS: Mapping[str, Compiles] = {
    "$default": _default,
    "$each": _each,
    "$if": _if,
    "$merge": _merge,
    "$mime": _mime,
    "$file": _file,
    "$literal": lambda argument, compiled: lambda _: argument,
    "$join": of_list(1, 2, _join),
    "$slice": of_list(1, 3, _slice),
    "$date": of_list(2, 2, lambda value, form: moment_of(value).strftime(form)),
    "$lookup": of_list(2, 3, _lookup),
    "$split": of_list(2, 2, _split),
    "$json": of_one(json_of),
    "$from_json": of_one(_parsed_json),
    "$text": of_one(text_of),
    "$lower": of_one(lambda value: text_of(value).lower()),
    "$upper": of_one(lambda value: text_of(value).upper()),
    "$list": of_one(_listed),
    "$not": of_one(lambda value: not value),
    "$epoch": of_one(lambda value: int(moment_of(value).timestamp())),
    "$epoch_ms": of_one(lambda value: int(moment_of(value).timestamp() * 1000)),
    "$pairs": of_one(lambda value: [{"key": key, "value": each} for key, each in value.items()]),
    "$from_pairs": of_one(_unpairs),
    "$path": of_one(_path),
    "$in_quotes": of_list(1, 2, _in_quotes),
    "$merge_lists": _merge_lists,
    "$ascii_json": of_one(lambda value: json.dumps(value, separators=(",", ":"), default=_plain)),
    "$bytes": _of_bytes(lambda content: content),
    "$base64": _of_bytes(lambda content: base64.b64encode(content).decode()),
    "$base64url": _of_bytes(lambda content: base64.urlsafe_b64encode(content).decode().rstrip("=")),
    "$from_base64": of_one(lambda value: base64.b64decode(text_of(value)).decode("utf-8", "replace")),
    "$sha256": _of_bytes(lambda content: hashlib.sha256(content).hexdigest()),
}  # fmt: skip
