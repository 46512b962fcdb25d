"""Regular expressions in RE2's syntax, made to mean the same in Polars' engine."""

from __future__ import annotations

import re

_ASCII = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_REFUSED = (
    (re.compile(r"\(\?(?:=|!|<=|<!)"), "looks around; write what stands before or after into the pattern"),
    (re.compile(r"\(\?>|[*+?}]\+"), "is possessive, which RE2 has not"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]"), "refers back to a group, which RE2 has not"),
    (re.compile(r"\(\?[a-zA-Z]*x"), "uses the flag x, which RE2 has not"),
    (re.compile(r"&&|~~"), "combines character classes, which RE2 has not; write \\& or \\~ for the character"),
)

_POSSESSIVE_LOOKALIKES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
"""Escaped characters and classes, in which * and + are only characters."""


def polars_regex(pattern: str) -> str:
    r"""The pattern with \d \w \s \b meaning ASCII, as in RE2; Polars reads them as Unicode."""
    out: list[str] = []
    in_class = False
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\" and index + 1 < len(pattern):
            following = pattern[index + 1]
            out.append(_escape(following, in_class=in_class))
            index += 2
            continue
        if character == "[" and not in_class:
            in_class = True
        elif character == "[" and pattern[index + 1 : index + 2] != ":":
            character = r"\["
        elif character == "[":
            end = pattern.find(":]", index)
            if end > 0:
                out.append(pattern[index : end + 2])
                index = end + 2
                continue
        elif character == "]" and in_class and out[-1] not in {"[", "^"}:
            in_class = False
        out.append(character)
        index += 1
    return "".join(out)


def group_count(pattern: str) -> int:
    """How many groups a pattern captures, as the engine itself counts them."""
    import polars as pl

    found = pl.select(pl.lit("").str.extract_groups(polars_regex(pattern))).to_series().dtype
    assert isinstance(found, pl.Struct)
    return len(found.fields)


def _escape(following: str, *, in_class: bool) -> str:
    if following in _ASCII:
        return _ASCII[following] if in_class else f"[{_ASCII[following]}]"
    if following.lower() in _ASCII:
        # inside a class too: Polars reads a class in a class
        return f"[^{_ASCII[following.lower()]}]"
    if following in {"b", "B"} and not in_class:
        return f"(?-u:\\{following})"
    return "\\" + following


def problem_of(pattern: str) -> str | None:
    """Why the pattern cannot run on every engine, or None."""
    for refused, why in _REFUSED:
        found = refused.search(_POSSESSIVE_LOOKALIKES.sub("x", pattern) if "possessive" in why else pattern)
        if found:
            return f"the pattern's {found.group()!r} {why}"
    import polars as pl

    try:
        pl.select(pl.lit("").str.contains(polars_regex(pattern)))
    except pl.exceptions.PolarsError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        why = next((line.removeprefix("error: ") for line in lines if line.startswith("error:")), lines[0])
        return f"the pattern {pattern!r} is no regular expression: {why}"
    return None


def escaped(text: str) -> str:
    """The pattern that matches exactly `text`; re.escape also escapes blanks and letters RE2 has no escapes for."""
    return re.sub(r"[\\.+*?()|\[\]{}^$]", lambda found: "\\" + found[0], text)
