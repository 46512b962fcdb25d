"""What a text cell must look like to be of a type: one grammar for inference, both engines and error messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from connectors.files.date_format import DateFormat
from ir import types as t
from ir.records import dataclass

INTEGER = "[+-]?[0-9]+"
NUMBER = r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:nan|inf|infinity))"
BOOLEAN = "(?i:true|false)"
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
DATE = f"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_HOUR_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND = r":[0-5][0-9](?:\.[0-9]{1,9})?"
TIME = f"{_HOUR_MINUTE}(?:{_SECOND})?"
DURATION = r"-?[0-9]{1,8}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one column's cells are read.

    `padded` cells may have spaces around them. `separator` and `seconds` pin the form of datetimes that was seen
    (None and False allow any), so that no engine has to guess per cell.
    """

    kind: t.DataType
    padded: bool = False
    date_format: DateFormat | None = None
    separator: str | None = None
    seconds: bool = False

    @property
    def pattern(self) -> str | None:
        """A regular expression that the whole cell matches, None where any text will do."""
        match self.kind:
            case t.Integer():
                return INTEGER
            case t.Number():
                return NUMBER
            case t.Boolean():
                return BOOLEAN
            case t.Decimal(_, scale):
                return rf"[+-]?(?:[0-9]+(?:\.[0-9]{{0,{scale}}}0*)?|\.[0-9]{{1,{max(scale, 1)}}}0*)"
            case t.Date() | t.Datetime() if self.date_format is not None:
                return self.date_format.pattern
            case t.Date():
                return DATE
            case t.Datetime(zoned):
                between = self.separator or "[T ]"
                clock = f"{_HOUR_MINUTE}{_SECOND}" if self.seconds else TIME
                return f"{DATE}{between}{clock}{_OFFSET if zoned else ''}"
            case t.Time():
                return TIME
            case t.Duration():
                return DURATION
        return None

    def fits(self, text: str) -> bool:
        """Whether `text` (not a null) is a value of the column's type."""
        if self.padded and self.pattern is not None:
            text = text.strip(" \t")
            if not text:
                return True  # nothing but blanks is null there
        elif isinstance(self.kind, t.Integer | t.Number):
            text = text.lstrip(" \t")
        return self.fits_all([text])

    def fits_all(self, texts: Sequence[str]) -> bool:
        """Whether all of `texts`, no nulls and no blanks around them, are values of the column's type."""
        pattern = self.pattern
        if pattern is None:
            return True
        if not all(map(_compiled(pattern).fullmatch, texts)):
            return False
        match self.kind:
            case t.Integer():
                return all(-(2**63) <= int(each) < 2**63 for each in texts if len(each) > 18)
            case t.Decimal(precision, scale):
                return all(len(each.lstrip("+-").partition(".")[0].lstrip("0")) <= precision - scale for each in texts)
            case t.Date() | t.Datetime() if self.date_format is not None:
                return all(_exists(each, self.date_format.text) for each in texts)
            case t.Date() | t.Datetime():
                return all(map(_is_date, {each[:10] for each in texts}))
        return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _exists(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
