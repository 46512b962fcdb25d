"""The one table of functions: what is not here does not exist."""

from __future__ import annotations

from transforms.expressions.aggregates import AGGREGATES
from transforms.expressions.arithmetic import ARITHMETIC
from transforms.expressions.casts import CASTS
from transforms.expressions.comparison import COMPARISON
from transforms.expressions.conditionals import CONDITIONALS
from transforms.expressions.date_arithmetic import DATE_ARITHMETIC
from transforms.expressions.dates import DATES
from transforms.expressions.json import JSON
from transforms.expressions.lists import LISTS
from transforms.expressions.numbers import NUMBERS
from transforms.expressions.searches import SEARCHES
from transforms.expressions.signature import Function
from transforms.expressions.texts import TEXTS
from transforms.expressions.windows import WINDOWS

_ALL: tuple[Function, ...] = (*ARITHMETIC, *COMPARISON, *CONDITIONALS, *CASTS, *TEXTS, *SEARCHES, *NUMBERS,
                              *DATE_ARITHMETIC, *DATES, *LISTS, *JSON, *AGGREGATES, *WINDOWS)  # fmt: skip

FUNCTIONS: dict[str, Function] = {name: each for each in _ALL if not each.hidden for name in (each.name, *each.aliases)}
"""What can be called by name, aliases included."""

OPERATORS: dict[str, Function] = {each.name: each for each in _ALL}
"""Every row by its own name, also what operators, keywords and filters mean."""
