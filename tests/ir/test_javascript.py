"""JavaScript is never run; where it is simple, the expression to write is shown."""

from __future__ import annotations

import pytest

from ir.javascript import expression_to_write


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a == 1 && b != 2", "a = 1 and b != 2"),
        ("a === 'x' || !b", "a = 'x' or not b"),
        ('item.status === "it\'s"', "status = 'it''s'"),
        ("row => row.amount > 100", "amount > 100"),
        ("(order) => order.amount >= 100 && order.paid", "amount >= 100 and paid"),
        ("a !== null", "a is not null"),
        ("a == undefined", "a is null"),
        ('a > 1 ? "big" : "small"', "case when a > 1 then 'big' else 'small' end"),
        ("name.trim().toUpperCase()", "upper(trim(name))"),
        ("name.includes('x') && name.length > 3", "contains(name, 'x') and length(name) > 3"),
        ("Math.round(parseFloat(price) * 2)", "round(try_cast(price as number) * 2)"),
        ("nickname ?? name", "coalesce(nickname, name)"),
        ("return {{item.a}} == 1;", "a = 1"),
        ("items.map(x => x.a)", None),
        ("`Dear ${name}`", None),
        ("new Date() > due && true", "now() > due and true"),
    ],
)
def test_what_is_shown_for_a_text(written: str, shown: str | None) -> None:
    assert expression_to_write(written) == shown


def test_an_expression_is_left_alone() -> None:
    assert expression_to_write("a = 1 and b <> 2") is None
    assert expression_to_write("\"odd name\" || 'x'") is None
