"""How many fields of the samples are extracted right, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from connectors.ai.answering import Item, Task
from connectors.ai.local.answerer import LocalAnswerer
from connectors.ai.local.extracting.answering import extracted
from connectors.ai.shape import Field, Shape
from ir import types as t

_FOLDER = Path(__file__).parent
_TYPES: dict[str, t.DataType] = {
    "date": t.Date(), "due_date": t.Date(), "total": t.Decimal(12, 2), "net": t.Decimal(12, 2),
    "tax": t.Decimal(12, 2),
}  # fmt: skip
FIELDS = ("vendor", "invoice_number", "date", "due_date", "net", "tax", "total", "currency", "iban")
INVOICE = Shape(fields=tuple(Field(name=each, type=_TYPES.get(each, t.String())) for each in FIELDS))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One field of one sample."""

    sample: str
    field: str
    expected: Any
    found: Any

    @property
    def is_right(self) -> bool:
        if isinstance(self.expected, str) and self.field in ("total", "net", "tax") and self.found is not None:
            return Decimal(self.found) == Decimal(self.expected)
        expected = self.expected.isoformat() if isinstance(self.expected, date) else self.expected
        return bool(self.found == expected)


def samples(name: str) -> list[dict[str, Any]]:
    with (_FOLDER / name).open(encoding="utf-8") as stream:
        found: list[dict[str, Any]] = yaml.safe_load(stream)
    return found


def invoice_outcomes(*, tuned: bool) -> list[Outcome]:
    """What is found of each field that a sample states; a field that is expected to be null counts too."""
    return [
        Outcome(sample["name"], name, expected, answer[name])
        for sample in samples("invoices.yaml")
        if bool(sample.get("tuned")) == tuned
        for answer in [extracted(sample["text"], INVOICE)]
        for name, expected in sample["expect"].items()
    ]


TICKETS = ("billing", "technical_issue", "account_access", "shipping", "feature_request", "cancellation")
TICKET_HELP = """
billing: charges, payments, invoices, refunds and prices
technical_issue: something does not work, an error, a crash
account_access: signing in, passwords, locked accounts
shipping: parcels, delivery, tracking, damaged goods
feature_request: wishes for something new
cancellation: ending a subscription, contract or membership
"""


def label_outcomes(name: str, task: Task, *, tuned: bool = False) -> list[Outcome]:
    """What a model says of each text."""
    chosen = [each for each in samples(name) if bool(each.get("tuned")) == tuned]
    answers = LocalAnswerer().answer(task, [Item(values={"text": each["text"]}) for each in chosen])
    return [Outcome(each["text"], task.type, each["expect"], answer.value)
            for each, answer in zip(chosen, answers, strict=True)]  # fmt: skip


def ticket_task(instruction: str | None = TICKET_HELP) -> Task:
    value = Field(name="answer", type=t.String(), is_required=True, choices=TICKETS)
    return Task(type="classify", shape=Shape(value=value), instruction=instruction)


def sentiment_task() -> Task:
    value = Field(name="sentiment", type=t.String(), choices=("positive", "neutral", "negative"))
    return Task(type="sentiment", shape=Shape(value=value))


EXPENSES = ("travel", "meals", "software", "office_supplies", "utilities")
EXPENSE_HELP = """
travel: flights, trains, taxis, hotels
meals: restaurants, food, drinks
software: licences, subscriptions to programs, cloud services
office_supplies: paper, pens, furniture, printers
utilities: electricity, water, heating, internet, telephone
"""


def expense_task() -> Task:
    value = Field(name="answer", type=t.String(), is_required=True, choices=EXPENSES)
    return Task(type="classify", shape=Shape(value=value), instruction=EXPENSE_HELP)
