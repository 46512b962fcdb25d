"""The one table of functions: what is not here does not exist."""

from __future__ import annotations

from transforms.expressions.aggregates import AGGREGATES
from transforms.expressions.arithmetic import ARITHMETIC
from transforms.expressions.casts import CASTS
from transforms.expressions.comparison import COMPARISON
from transforms.expressions.conditionals import CONDITIONALS
from transforms.expressions.date_arithmetic import DATE_ARITHMETIC
from transforms.expressions.dates import DATES
from transforms.expressions.numbers import NUMBERS
from transforms.expressions.signature import Function
from transforms.expressions.texts import TEXTS
from transforms.expressions.windows import WINDOWS

FUNCTIONS: tuple[Function, ...] = (*ARITHMETIC, *COMPARISON, *CONDITIONALS, *CASTS, *TEXTS, *NUMBERS, *DATE_ARITHMETIC,
                                   *DATES, *AGGREGATES, *WINDOWS)  # fmt: skip

OPERATORS: dict[str, Function] = {each.name: each for each in FUNCTIONS}
BY_NAME: dict[str, Function] = {
    name: each for each in FUNCTIONS if not each.hidden for name in (each.name, *each.aliases)
}
