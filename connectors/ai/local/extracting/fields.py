"""The fields of an answer, found in a text one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connectors.ai.fitting import Misfit, fitted
from connectors.ai.local.extracting.amounts import currency_of
from connectors.ai.local.extracting.labelled import places
from connectors.ai.local.extracting.letterhead import letterheads
from connectors.ai.local.extracting.page import Page
from connectors.ai.local.extracting.reading import Habits, chosen, marked, readings
from connectors.ai.local.extracting.roles import Role, role_of, words_of
from connectors.ai.shape import Field, Shape
from ir import types as t
from ir.records import dataclass

_SELF_TELLING = {"email", "url", "phone", "iban", "tax_number"}
_CLOSE = 0.12
"""Likelihoods that differ by less say the same."""
_LEAST = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """A field's value and how sure it is, from 0 to 1."""

    value: Any
    confidence: float


def find_field(field: Field, page: Page, habits: Habits, *, of: Sequence[Field]) -> Found | None:
    """The likeliest value of a field in a text; None where nothing is like one. `of`: all fields that are asked for."""
    role = role_of(field)
    if isinstance(field.type, t.ListOf):
        one = replace(field, type=field.type.item)
        values = [each for each in dict.fromkeys(_all_values(field, role, page, habits)) if fits(each, one)]
        return Found(values, 0.7) if values else None
    found = sorted(_labelled(field, role, page, habits), key=lambda one: -one[1])
    if role.name == "vendor":
        found = sorted([*found, *letterheads(page)], key=lambda one: -one[1])
    if not found or found[0][1] < _LEAST:
        guess = _unlabelled(field, role, page, habits, of)
        return guess if guess is not None and fits(guess.value, field) else None
    value, weight = found[0]
    if role.name == "total" and role.form in ("amount", "whole"):
        value = max((each for each, other in found if other > weight - _CLOSE), key=Decimal)
    rivals = {each for each, other in found if other > weight - _CLOSE / 2 and each != value}
    return Found(value, round(min(0.98, weight**0.5) * (0.85 if rivals else 1.0), 2))


def fits(value: Any, field: Field) -> bool:
    """Whether a value is of a field's type: what is not was taken from the wrong place."""
    try:
        fitted(value, Shape(value=replace(field, is_required=False)))
    except Misfit:
        return False
    return True


def _labelled(field: Field, role: Role, page: Page, habits: Habits) -> Iterator[tuple[Any, float]]:
    """Values beside the labels of a role, and how likely each is."""
    wants_percent = bool(re.search(r"rate|percent|prozent|pct|satz", words_of(field.name)))
    for place in places(page, role.labels, role=role.name):
        doubt = 1.0
        if role.form == "text" and place.where == "behind" and not place.has_colon:
            doubt = 0.5
        if role.form == "choice" and not place.has_colon and place.where == "behind":
            doubt = 0.8
        if role.form == "name" and place.where == "behind" and not place.has_colon:
            doubt = 0.7
        for reading in readings(place.text, role.form, habits, wants_percent=wants_percent, choices=field.choices):
            if fits(reading.value, field):
                yield reading.value, place.weight * reading.fit * doubt
                break


def _unlabelled(field: Field, role: Role, page: Page, habits: Habits, of: Sequence[Field]) -> Found | None:
    """What a value of a form is where no label says so."""
    if role.form in _SELF_TELLING:
        value = next(marked(page.text, role.form), None)
        return None if value is None else Found(value, 0.8)
    alone = sum(role_of(each).form == role.form for each in of) == 1
    match role.form:
        case "date" if role.name == "date" or alone:
            dates = habits.dates(page.text)
            sure = 0.5 if role.name == "date" else 0.4
            return Found(dates[0].value.isoformat(), sure * (1 if dates[0].is_sure else 0.7)) if dates else None
        case "amount" if role.name == "total" or alone:
            amounts = [each for each in habits.amounts(page.text) if each.looks_like_money]
            if amounts:
                largest = max(amounts, key=lambda each: each.value)
                return Found(format(largest.value, "f"), 0.5 if len(amounts) == 1 else 0.4)
        case "currency":
            signs = [each.currency for each in habits.amounts(page.text) if each.currency is not None]
            named = Counter(each for sign in signs if (each := currency_of(page.text, sign)))
            stated = re.search(r"\b(EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|JPY|CAD|AUD|INR)\b", page.text)
            if named:
                return Found(named.most_common(1)[0][0], 0.8)
            return Found(stated[1], 0.6) if stated else None
        case "choice":
            value = next(chosen(page.text, field.choices), None)
            return None if value is None else Found(value, 0.5)
        case "code" if role.name == "invoice_number":
            return _title_number(page, habits)
        case _:
            return None
    return None


def _title_number(page: Page, habits: Habits) -> Found | None:
    """A number that looks like one of a document, near its head: INV-2026-001."""
    for line in page.lines[:15]:
        for cell in line:
            match = re.search(r"(?<![\w-])(?:INV|RE|RG|FA|FAC|F|R|BILL|REC)[-/ ]?\d[\w/-]{2,}", cell.text)
            if match is not None and not habits.dates(match[0]):
                return Found(match[0], 0.4)
    return None


def _all_values(field: Field, role: Role, page: Page, habits: Habits) -> Iterator[Any]:
    """All values of a form: marked ones wherever they stand, others beside their labels, apart by commas."""
    if role.form in _SELF_TELLING:
        yield from marked(page.text, role.form)
    elif role.form == "date":
        yield from (each.value.isoformat() for each in habits.dates(page.text))
    elif role.form == "choice":
        yield from chosen(page.text, field.choices)
    elif role.form in ("amount", "whole"):
        for each in habits.amounts(page.text):
            if each.looks_like_money or role.form == "whole":
                yield format(each.value, "f")
    else:
        for place in places(page, role.labels, role=role.name):
            if place.where != "below":
                for part in re.split(r"\s*[;,]\s*|\s+(?:and|und|et|y|e)\s+", place.text):
                    yield from (each.value for each in readings(part, role.form, habits))
