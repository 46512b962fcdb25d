"""What becomes of the values that models answer with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.ai.fitting import Misfit, fitted
from connectors.ai.json_schema import answer_schema
from connectors.ai.shape import Field, Shape
from ir.types import parse_type


def of(kind: str, **more: Any) -> Shape:
    return Shape(value=Field(name="it", type=parse_type(kind), **more))


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("string", 12, "12"),
        ("integer", "12", 12),
        ("integer", 12.0, 12),
        ("number", "1.5", 1.5),
        ("decimal(10,2)", Decimal("12.5"), Decimal("12.50")),
        ("boolean", "True", True),
        ("date", "2026-01-31T00:00:00Z", date(2026, 1, 31)),
        ("datetime with time zone", "2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("duration", "P1DT2H", timedelta(days=1, hours=2)),
        ("json", {"a": 1}, '{"a":1}'),
        ("list(integer)", ["1", None], [1, None]),
        ("struct(a: date)", {"a": "2026-01-31", "b": 1}, {"a": date(2026, 1, 31)}),
        ("string", "half \ud800 a pair", "half ? a pair"),
        ("json", {"a \ud800": 1}, '{"a ?":1}'),
        ("json", '{"a": NaN}', '"{\\"a\\": NaN}"'),
    ],
)
def test_a_value_takes_the_type_that_was_asked_for(kind: str, said: Any, value: Any) -> None:
    assert fitted(said, of(kind)) == value


@pytest.mark.parametrize(
    ("kind", "said", "problem"),
    [
        ("integer", 1.5, "the answer is 1.5 and no integer"),
        ("integer", 2**63, "the answer is 9223372036854775808 and no integer"),
        ("number", "NaN", 'the answer is "NaN" and no number'),
        ("number", Decimal("1e400"), 'the answer is "1E+400" and no number'),
        ("duration", "P200000000D", 'the answer is "P200000000D" and no duration such as P1DT2H'),
        ("decimal(4,2)", "1.234", 'the answer is "1.234" and no decimal(4,2)'),
        ("date", "31.01.2026", 'the answer is "31.01.2026" and no date such as 2026-01-31'),
        ("date", "2026-01-31T14:30:00", 'the answer is "2026-01-31T14:30:00" and no date such as 2026-01-31'),
        ("boolean", "yes", 'the answer is "yes" and no boolean'),
        ("string", ["a"], 'the answer is ["a"] and no string'),
    ],
)
def test_a_value_that_would_have_to_be_guessed_at_does_not_fit(kind: str, said: Any, problem: str) -> None:
    with pytest.raises(Misfit) as misfit:
        fitted(said, of(kind))
    assert misfit.value.problems == [problem]


def test_an_object_has_every_field_and_no_other_and_all_its_faults_are_named() -> None:
    invoice = Shape(fields=(
        Field(name="vendor", type=parse_type("string"), is_required=True),
        Field(name="amount", type=parse_type("decimal(10,2)")),
        Field(name="kind", type=parse_type("string"), choices=("bill", "credit note")),
    ))  # fmt: skip
    assert fitted({"vendor": "Acme", "kind": "Credit Note", "note": "hi"}, invoice) == {
        "vendor": "Acme", "amount": None, "kind": "credit note"
    }  # fmt: skip
    with pytest.raises(Misfit) as misfit:
        fitted({"vendor": " ", "amount": "about 5", "kind": "offer"}, invoice)
    assert misfit.value.problems == [
        "vendor is empty",
        'amount is "about 5" and no decimal(10,2)',
        'kind is "offer" and none of bill, credit note',
    ]


def test_services_are_told_closed_objects_with_every_key_required() -> None:
    shape = Shape(fields=(
        Field(name="kind", type=parse_type("string"), choices=("a", "b"), is_required=True),
        Field(name="on", type=parse_type("date"), description="the day of it"),
    ), is_list=True)  # fmt: skip
    assert answer_schema(shape, may_lack=False) == {
        "type": "object", "required": ["answer"], "additionalProperties": False,
        "properties": {"answer": {"type": "array", "items": {
            "type": "object", "required": ["kind", "on"], "additionalProperties": False,
            "properties": {
                "kind": {"type": "string", "enum": ["a", "b"]},
                "on": {"type": ["string", "null"], "format": "date", "description": "the day of it"},
            },
        }}},
    }  # fmt: skip
    lacking = answer_schema(shape, may_lack=True)["properties"]["answer"]["items"]["properties"]
    assert lacking["kind"] == {"type": ["string", "null"], "enum": ["a", "b", None]}
