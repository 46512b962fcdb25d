"""What stands between {{ and }}, and what it becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ir.document import Digits
from ir.templates import EVERY, TemplateSyntax, Unresolved, parse_template, render

ROOTS: dict[str, Any] = {
    "orders": [{"id": 1, "unit price": Decimal("0.10")}, {"id": 2, "unit price": None}],
    "inputs": {"month": "{{orders}}"},
    "when": datetime(2026, 1, 31, 7, 30),
    "none": None,
}


def rendered(text: str) -> Any:
    return render(parse_template(text), ROOTS)


def test_a_path_is_names_positions_all_and_quoted_names() -> None:
    (reference,) = parse_template("{{ a.b[0]['k y'][*][-1].length }}").references
    assert reference.path == ("a", "b", 0, "k y", EVERY, -1, "length")
    assert str(reference) == "a.b[0]['k y'][*][-1].length"


def test_text_and_references_keep_their_order_and_places() -> None:
    template = parse_template("from {{a}} to {{b}}")
    assert [part if isinstance(part, str) else part.root for part in template.parts] == ["from ", "a", " to ", "b"]
    assert [each.span for each in template.references] == [(5, 10), (14, 19)]


def test_json_around_a_reference_is_text() -> None:
    assert rendered('{"a": {"b": {{none}}}}') == '{"a": {"b": }}'


def test_a_single_reference_keeps_its_type() -> None:
    assert rendered(" {{orders[0].id}} ") == 1
    assert rendered("{{orders[*].id}}") == [1, 2]
    assert rendered("no {{orders[0].id}}") == "no 1"


def test_outside_a_list_and_below_null_is_null() -> None:
    assert rendered("{{orders[9].id}}") is None
    assert rendered("{{none.x.y}}") is None
    assert rendered("{{orders[-1].id}}") == 2


def test_length_is_the_number_of_elements() -> None:
    assert rendered("{{orders.length}}") == 2


def test_values_are_never_scanned_again() -> None:
    assert rendered("{{inputs.month}}") == "{{orders}}"
    assert rendered("x{{inputs.month}}") == "x{{orders}}"


def test_values_are_written_exactly() -> None:
    assert rendered("a{{orders[0]['unit price']}}") == "a0.10"
    assert rendered("a{{when}}") == "a2026-01-31T07:30:00"
    roots = {
        "a": [1.0, Digits("2.50"), True, date(2026, 1, 31), {"k": "é"}, datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)]
    }
    written = render(parse_template("{{a}};"), roots)
    assert written == '1, 2.50, true, 2026-01-31, {"k": "é"}, 2026-01-01T00:00:00.000005+00:00;'


def test_escaping_makes_text_of_every_value() -> None:
    template = parse_template("{{inputs.month}}")
    assert render(template, {"inputs": {"month": "a/b"}}, escape=lambda text: text.replace("/", "_")) == "a_b"


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("a {{b", "the {{ is never closed by }}", "{{b"),
        ("{{ }}", "nothing stands between {{ and }}", "{{ }}"),
        ("{{a + 1}}", "a template holds a reference, no expression; compute a column with map and refer to it", " + 1"),
        ("{{a | up}}", "a template has no filters; compute a column with map, or show it with format", " | up"),
        ("{{#each a}}", "{{# … }} blocks stand only in rendering.template, with rendering.engine", "{{#each a}}"),
        ("{{order-id}}", "\"-id\" cannot follow order; an odd name is written ['like this'] after its frame", "-id"),
        ("{{a[x]}}", "in brackets stand a position, * or a quoted name", "[x]"),
        ("{{1}}", "a reference begins with a name", "1"),
    ],
)
def test_what_is_no_reference_is_refused_at_its_place(text: str, message: str, marked: str) -> None:
    with pytest.raises(TemplateSyntax) as caught:
        parse_template(text)
    assert (caught.value.message, text[caught.value.start : caught.value.end]) == (message, marked)


@pytest.mark.parametrize(
    ("text", "name"), [("x {{nobody}}", "nobody"), ("x {{inputs.year}}", "year"), ("x {{when[*]}}", "[*]")]
)
def test_a_reference_to_nothing_is_told_with_its_span(text: str, name: str) -> None:
    with pytest.raises(Unresolved) as caught:
        rendered(text)
    assert (caught.value.name, caught.value.span) == (name, (2, len(text)))
