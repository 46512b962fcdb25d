"""How dates are written in a file: a `date_format` as both engines, Python and a pattern know it."""

from __future__ import annotations

import re

from connectors.problem import ConnectorProblem
from ir.records import dataclass

_DIRECTIVES = {
    "Y": "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])",
    "y": "[0-9]{2}", "m": "(?:1[0-2]|0?[1-9])", "d": "(?:3[01]|[12][0-9]|0?[1-9])",
    "H": "(?:2[0-3]|1[0-9]|0?[0-9])", "I": "(?:1[0-2]|0?[1-9])", "M": "[0-5]?[0-9]", "S": "[0-5]?[0-9]",
    "f": "[0-9]{1,6}", "p": "[AaPp][Mm]",
    "b": "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "B": "(?i:january|february|march|april|may|june|july|august|september|october|november|december)",
    "%": "%",
}  # fmt: skip
_TIME = set("HIMSfp")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFormat:
    """A format of the strftime words that every engine reads alike."""

    text: str
    pattern: str
    has_time: bool

    @property
    def polars(self) -> str:
        """Polars' `%f` counts nanoseconds; its `%.f` is the fraction behind a point."""
        return self.text.replace(".%f", "%.f")


def parse_date_format(text: str) -> DateFormat:
    """The format that `text` says.

    Raises:
        ConnectorProblem: IR520 for a word that not every engine reads alike.
    """
    pattern, seen = "", set()
    for piece in re.findall(r"%.|%|[^%]+", text, re.DOTALL):
        if not piece.startswith("%"):
            pattern += "".join(f"\\{each}" if each in r"\.+*?()|[]{}^$" else each for each in piece)
            continue
        word = piece[1:]
        if word not in _DIRECTIVES or (word == "f" and ".%f" not in text):
            raise ConnectorProblem(
                "IR520", f'the date format "{text}" holds {piece}', key=("config", "date_format"),
                hint="the words are %Y %y %m %d %b %B %H %I %M %S %p, and %f behind a point",
            )  # fmt: skip
        pattern += _DIRECTIVES[word]
        seen.add(word)
    if not ({"Y", "y"} & seen and {"m", "b", "B"} & seen and "d" in seen):
        raise ConnectorProblem("IR520", f'the date format "{text}" does not say year, month and day',
                               key=("config", "date_format"), hint="write for example %d.%m.%Y")  # fmt: skip
    return DateFormat(text=text, pattern=pattern, has_time=bool(_TIME & seen))
