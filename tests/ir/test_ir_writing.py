"""Documents written as YAML and JSON read back as the same values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ir.document import Digits
from ir.loading import from_dict, loads
from ir.writing import to_json, to_yaml

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["on", "no", "~", "12:30", "0x1F", "1e5", "- a", "a: b", "a #b", "'", '"', "\\", "", " ", "x\ny", "x\n", "\tx",
     "null", "{{a}}", "[x]", "*a", "&a", "!x", "%", "@", "a,b", "a]", "---", "...", "=", "<<", "2026-01-31", "# c", "?",
     "? a", "-", "x\n\ny\n", "\n", "a:", ":a", "|", ">", "0o17", ".5", "+1", "1_000", "é😀", "\u2028", "\x85",
     "\ufeffx"]
)  # fmt: skip
_DIGITS = st.sampled_from(["0.10", "1e5", "-2.50", "1E-3", "3.0", ".5", "1.", "+1.5", "007.5"]).map(Digits)
_SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _DIGITS | _TEXT
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=12
)
_DOCUMENTS = st.dictionaries(_TEXT, _VALUES, min_size=1, max_size=4)


def _shape(value: Any) -> Any:
    """With kinds and digits in sight: 1 and 1.0 and True are equal to Python."""
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    return (type(value).__name__, value)


@given(_DOCUMENTS)
@settings(max_examples=150, deadline=None)
def test_what_is_written_as_yaml_reads_back_the_same(document: dict[str, Any]) -> None:
    text = to_yaml(document)
    assert _shape(loads(text, file="w.yaml", syntax="yaml").value) == _shape(document), text


@given(_DOCUMENTS)
@settings(max_examples=150, deadline=None)
def test_what_is_written_as_json_reads_back_the_same(document: dict[str, Any]) -> None:
    text = to_json(document)
    assert _shape(loads(text, file="w.json", syntax="json").value) == _shape(document), text


def test_yaml_keeps_the_digits_of_a_number() -> None:
    document = loads("price: 0.10\n", file="w.yaml", syntax="yaml")
    assert to_yaml(document.value) == "price: 0.10\n"


def test_json_spells_yaml_numbers_its_own_way() -> None:
    document = loads("a: .5\nb: 1.\nc: +1.5\nd: 007.5\n", file="w.yaml", syntax="yaml")
    assert to_json(document.value) == '{\n  "a": 0.5,\n  "b": 1.0,\n  "c": 1.5,\n  "d": 7.5\n}\n'


def test_yaml_is_written_as_a_person_would() -> None:
    value = {
        "name": "demo",
        "transforms": [{"type": "map", "config": {"select": ["a", "b"]}}],
        "goal": "first line\nsecond line\n",
        "input_source": "{{orders}}",
    }
    assert to_yaml(value) == (
        "name: demo\n"
        "transforms:\n"
        "  - type: map\n"
        "    config:\n"
        "      select: [a, b]\n"
        "goal: |\n"
        "  first line\n"
        "  second line\n"
        'input_source: "{{orders}}"\n'
    )


@pytest.mark.parametrize("write", [to_yaml, to_json])
def test_infinity_survives(write: Any) -> None:
    syntax = "yaml" if write is to_yaml else "json"
    text = write(from_dict({"low": float("-inf"), "high": float("inf")}).value)
    value = loads(text, file="w", syntax=syntax).value
    assert value == {"low": float("-inf"), "high": float("inf")}
