"""A value in a piece of text, by the way values of its kind are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from decimal import Decimal
from functools import cached_property
from typing import Any

from connectors.ai.local.extracting import marks
from connectors.ai.local.extracting.amounts import Amount, currency_of, decimal_mark, find_amounts
from connectors.ai.local.extracting.dates import FoundDate, find_dates, month_comes_first
from connectors.ai.local.extracting.letterhead import company_name, is_label
from connectors.ai.local.extracting.page import Page, folded
from connectors.ai.local.extracting.roles import Form
from ir.records import dataclass

_CODE = re.compile(
    r"(?:[A-Z]{1,6}[ /-]?(?=[A-Za-z0-9]*\d))?[A-Za-zÀ-ÿ0-9]*\d[\w./-]*(?: ?/ ?\d+)?|[A-Z]{2,}-[A-Z0-9-]+"
)
_CODE_FROM = 12
"""Characters after its label that a number may begin within: further on there is something else's."""
_VALUE_FROM = 40
_LOOKED_AT = 400
"""Characters of a cell: some patterns take the square of the length, and a value is never that long."""
_OF_DIGITS = frozenset({"date", "amount", "whole"})
_YES = {
    "yes",
    "true",
    "ja",
    "oui",
    "si",
    "sim",
    "x",
    "y",
    "tak",
    "ano",
    "kylla",
    "да",
    "✓",
    "✔",
    "☑",
    "☒",
    "[x]",
    "checked",
    "1",
}
_NO = {
    "no",
    "false",
    "nein",
    "non",
    "nao",
    "n",
    "nee",
    "nej",
    "nie",
    "ei",
    "нет",
    "✗",
    "☐",
    "[ ]",
    "unchecked",
    "0",
    "none",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that was found, and how far it is like what was looked for (1: entirely)."""

    value: Any
    fit: float = 1.0
    currency: str | None = None


@dataclass()
class Habits:
    """How a whole text writes its dates and numbers, which its single values are read by."""

    page: Page
    _dates: dict[str, list[FoundDate]] = field(default_factory=dict)

    @cached_property
    def month_first(self) -> bool | None:
        return month_comes_first(self.page.text)

    @cached_property
    def mark(self) -> str | None:
        return decimal_mark(self.page.text)

    def dates(self, text: str) -> list[FoundDate]:
        return find_dates(text, is_month_first=self.month_first)

    def amounts(self, text: str) -> list[Amount]:
        taken = {place for each in self.dates(text) for place in range(each.start, each.end)}
        return find_amounts(text, mark=self.mark, taken=taken)


def readings(text: str, form: Form, habits: Habits, *, wants_percent: bool = False,
             choices: tuple[str, ...] = ()) -> Iterator[Reading]:  # fmt: skip
    """Values of a form in the text behind or beside a label, the likeliest first."""
    if form != "text":
        text = text[:_LOOKED_AT]
    if form in _OF_DIGITS and not any(map(str.isdecimal, text)):
        return
    match form:
        case "date":
            for each in habits.dates(text):
                if each.start <= _VALUE_FROM:
                    yield Reading(each.value.isoformat(), 1.0 if each.is_sure else 0.7)
        case "amount" | "whole":
            yield from _numbers(text, habits, is_whole=form == "whole", wants_percent=wants_percent)
        case "code":
            yield from _codes(text, habits)
        case "name":
            name = company_name(text)
            if name is not None:
                yield Reading(name)
        case "text":
            said = " ".join(text.split())
            if said and not is_label(said) and len(said) <= 400:
                yield Reading(said)
        case "boolean":
            first = folded(text).strip(" .,;")
            word = re.split(r"[\s,;.]", first)[0]
            if {first, word} & (_YES | _NO):
                yield Reading(bool({first, word} & _YES))
        case "choice":
            yield from (Reading(each) for each in chosen(text, choices))
        case "currency":
            for amount in habits.amounts(text):
                if named := currency_of(habits.page.text, amount.currency):
                    yield Reading(named)
            code = re.match(r"\W*([A-Z]{3})\b", text)
            if code is not None:
                yield Reading(code[1])
        case _:
            yield from (Reading(each) for each in marked(text, form, is_labelled=True))


def marked(text: str, form: Form, *, is_labelled: bool = False) -> Iterator[str]:
    """What tells itself by its form, wherever it stands."""
    match form:
        case "email":
            yield from (match[0].rstrip(".") for match in marks.EMAIL.finditer(text))
        case "url":
            yield from (match[0] for match in marks.URL.finditer(text))
        case "phone":
            yield from marks.phones(text, is_labelled=is_labelled)
        case "iban":
            yield from marks.ibans(text)
        case "bic" if is_labelled:
            yield from (match[0] for match in marks.BIC.finditer(text))
        case "tax_number":
            yield from marks.tax_numbers(text)
            if is_labelled and (code := re.match(r"\W*([A-Z]{0,3}[\d][\d ./-]{5,20}\d)", text)):
                yield " ".join(code[1].split())


def chosen(text: str, choices: tuple[str, ...]) -> Iterator[str]:
    """Choices whose words stand in the text, in the order they stand there."""
    small = folded(text)
    found = []
    for each in choices:
        words = re.escape(folded(each).replace("_", " ")).replace(r"\ ", r"[\s_-]+")
        match = re.search(rf"(?<![^\W_]){words}(?![^\W_])", small)
        if match is not None:
            found.append((match.start(), -len(each), each))
    yield from (each for *_, each in sorted(found))


def _numbers(text: str, habits: Habits, *, is_whole: bool, wants_percent: bool) -> Iterator[Reading]:
    found = [each for each in habits.amounts(text) if each.start <= _VALUE_FROM]
    if wants_percent and any(each.is_percent for each in found):
        found = [each for each in found if each.is_percent]
    else:
        found = [each for each in found if not each.is_percent]
    if is_whole:
        found = [each for each in found if each.value == each.value.to_integral_value()]
    for each in sorted(found, key=lambda one: not one.looks_like_money) if not is_whole else found:
        value = each.value.normalize() if each.value == each.value.to_integral_value() else each.value
        fit = 1.0 if each.looks_like_money or is_whole or wants_percent else 0.75
        yield Reading(_plain(value), fit, each.currency)


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _codes(text: str, habits: Habits) -> Iterator[Reading]:
    dates = [(each.start, each.end) for each in habits.dates(text)]
    for match in _CODE.finditer(text):
        if match.start() > _CODE_FROM:
            return
        code = match[0].rstrip(".,-/")
        if any(start <= match.start() and match.end() <= end for start, end in dates) or not code:
            continue
        # USt-IdNr. DE123 beside the title is the value of its own label.
        is_another = match.start() > 0 and is_label(text[: match.start()])
        yield Reading(code, 0.4 if is_another else 1.0 if len(code) > 1 else 0.7)
