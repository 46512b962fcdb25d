"""Versions, and ranges of them as npm writes them: ^1.2, ~1.2.3, 1.x, >=1 <3, 1.2 - 2, a || b."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ir.records import dataclass

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_PART = re.compile(r"(>=|<=|>|<|=|\^|~)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?")
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")
_ENDLESS = (10**9, 0, 0)
Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Range:
    """Versions from `low` up to, and without, `high`, in any of the spans."""

    text: str
    spans: tuple[tuple[Version, Version], ...]

    def holds(self, version: str) -> bool:
        parsed = parse_version(version)
        return any(low <= parsed < high for low, high in self.spans)

    def best(self, versions: Iterable[str]) -> str | None:
        """The newest of the versions that is in the range."""
        return max((each for each in versions if self.holds(each)), key=parse_version, default=None)


def parse_version(text: str) -> Version:
    """The numbers of a version.

    Raises:
        ValueError: it is none.
    """
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no version such as 1.2.0')
    return int(found[1]), int(found[2]), int(found[3])


def parse_range(text: str) -> Range:
    """A range of versions; the empty text, * and latest are all of them.

    Raises:
        ValueError: it is none.
    """
    spans = tuple(_span(each.replace(",", " ").strip(), text) for each in text.split("||"))
    return Range(text, spans)


def _span(part: str, text: str) -> tuple[Version, Version]:
    if part in {"", "*", "latest"}:
        return (0, 0, 0), _ENDLESS
    if hyphen := _HYPHEN.fullmatch(part):
        part = f">={hyphen[1]} <={hyphen[2]}"
    low, high, at = (0, 0, 0), _ENDLESS, 0
    while at < len(part):
        found = _PART.match(part, at)
        if found is None:
            raise ValueError(f'"{text}" is no range of versions such as ^1.2')
        lower, upper = _bounds(found[1] or "=", [found[2], found[3], found[4]])
        low, high = max(low, lower), min(high, upper)
        at = found.end()
        rest = part[at:]
        if rest and not rest[0].isspace() and rest[0] not in "<>=^~":
            raise ValueError(f'"{text}" is no range of versions such as ^1.2')
        at += len(rest) - len(rest.lstrip())
    return low, high


def _bounds(sign: str, written: list[str | None]) -> tuple[Version, Version]:
    """The span of one comparison; of numbers that are not written, or x, all are meant."""
    numbers: list[int] = []
    for each in written:
        if each is None or not each.isdigit():
            break
        numbers.append(int(each))
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    low: Version = (major, minor, patch)
    after: Version = _ENDLESS if not numbers else _raised(low, len(numbers) - 1)
    match sign:
        case ">=":
            return low, _ENDLESS
        case ">":
            return (after, _ENDLESS) if numbers else (_ENDLESS, _ENDLESS)
        case "<":
            return (0, 0, 0), low
        case "<=":
            return (0, 0, 0), after
        case "^" if numbers:
            first = next((place for place, each in enumerate(numbers) if each), len(numbers) - 1)
            return low, _raised(low, first)
        case "~" if numbers:
            return low, _raised(low, min(len(numbers) - 1, 1))
    return low, after


def _raised(version: Version, place: int) -> Version:
    return (version[0] + 1, 0, 0) if place == 0 else (version[0], version[1] + 1, 0) if place == 1 else (
        version[0], version[1], version[2] + 1)  # fmt: skip
