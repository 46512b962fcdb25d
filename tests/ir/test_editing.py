"""Members are added to a document's text, and everything else in it stays as it was written."""

from __future__ import annotations

import pytest

from ir.document import Document
from ir.editing import CannotEdit, with_members
from ir.loading import loads


def yaml(text: str) -> Document:
    return loads(text, file="w.yaml", syntax="yaml")


def json(text: str) -> Document:
    return loads(text, file="w.json", syntax="json")


def test_a_block_takes_the_members_behind_its_last_line_and_keeps_comments() -> None:
    document = yaml("# head\na:\n  b: 1   # one\n  # about c\n  c: x # two\n\n# tail\nd: 2\n")
    assert with_members(document, ("a",), {"e": {"f": "g"}}).text == (
        "# head\na:\n  b: 1   # one\n  # about c\n  c: x # two\n  e:\n    f: g\n\n# tail\nd: 2\n"
    )


def test_a_block_in_a_list_is_indented_as_its_first_key() -> None:
    document = yaml("a:\n- b: 1\n  c: |\n    text\n\n- d: 2")
    assert with_members(document, ("a", 0), {"e": "x"}).text == "a:\n- b: 1\n  c: |\n    text\n  e: x\n\n- d: 2"
    assert with_members(document, ("a", 1), {"e": "x"}).text == "a:\n- b: 1\n  c: |\n    text\n\n- d: 2\n  e: x"


def test_a_block_ends_behind_a_list_or_an_alias_that_is_its_last_value() -> None:
    document = yaml("k: &k {x: 1}\na:\n  b:\n    - 1\n    - 2 # two\nc:\n  d: *k # shared\n")
    assert "    - 2 # two\n  e: x\n" in with_members(document, ("a",), {"e": "x"}).text
    assert "  d: *k # shared\n  e: x\n" in with_members(document, ("c",), {"e": "x"}).text


def test_braces_take_the_members_before_the_closing_one() -> None:
    assert with_members(yaml("a: {b: 1} # c\n"), ("a",), {"d": {"e": "f"}}).text == "a: {b: 1, d: {e: f}} # c\n"
    assert with_members(yaml("a: {b: 1,}\n"), ("a",), {"d": "e"}).text == "a: {b: 1, d: e,}\n"
    assert with_members(yaml("a: {}\n"), ("a",), {"d": "e"}).text == "a: {d: e}\n"


def test_a_long_line_in_braces_is_broken() -> None:
    document = yaml("a:\n  - {b: 1}\n")
    names = {f"quite_a_long_name_{number}": "string" for number in range(6)}
    lines = with_members(document, ("a", 0), names).text.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 112


@pytest.mark.parametrize("nothing", ["a:\n", "a: null\n", "a: ~ # none\n"])
def test_a_null_becomes_a_mapping(nothing: str) -> None:
    changed = with_members(yaml(nothing + "b: 1\n"), ("a",), {"c": "d"})
    assert changed.value == {"a": {"c": "d"}, "b": 1}
    assert changed.text.count("#") == nothing.count("#")


def test_json_on_many_lines_gets_a_line_for_each_member() -> None:
    document = json('{\n  "a": {\n    "b": 1\n  },\n  "c": 2\n}\n')
    assert with_members(document, ("a",), {"d": {"e": "f", "g": "h"}}).text == (
        '{\n  "a": {\n    "b": 1,\n    "d": {\n      "e": "f",\n      "g": "h"\n    }\n  },\n  "c": 2\n}\n'
    )


def test_json_on_one_line_stays_on_it() -> None:
    assert with_members(json('{"a":{"b":1}}'), ("a",), {"d": {"e": "é"}}).text == '{"a":{"b":1, "d": {"e": "é"}}}'
    assert with_members(json('{"a": {}}'), ("a",), {"d": "e"}).text == '{"a": {"d": "e"}}'


def test_names_that_yaml_would_read_as_something_else_are_quoted() -> None:
    names = {"yes": "string", "a: b": "decimal(10,2)", "#": "string", "1": "string", "": "list(string)", "ä\n": "time"}
    for text in ("a: {z: 1}\n", "a:\n  z: 1\n"):
        assert with_members(yaml(text), ("a",), names).value["a"] == {"z": 1, **names}


def test_line_ends_of_windows_stay() -> None:
    assert (
        with_members(yaml("a:\r\n  b: 1\r\nc: 2\r\n"), ("a",), {"d": "e"}).text == "a:\r\n  b: 1\r\n  d: e\r\nc: 2\r\n"
    )


def test_characters_beyond_the_first_plane_do_not_shift_the_place() -> None:
    assert with_members(yaml("g: 😀😀\na: {b: 😀}\n"), ("a",), {"d": "e"}).text == "g: 😀😀\na: {b: 😀, d: e}\n"


def test_what_an_alias_shares_is_not_changed() -> None:
    document = yaml("a: &x {b: 1}\nc: *x\n")
    with pytest.raises(CannotEdit, match="alias"):
        with_members(document, ("c",), {"d": "e"})
    with pytest.raises(CannotEdit, match="alias"):
        with_members(document, ("a",), {"d": "e"})


def test_a_key_that_an_alias_writes_elsewhere_is_not_written_into() -> None:
    with pytest.raises(CannotEdit, match="does not stand"):
        with_members(yaml("a: 1\n"), ("b",), {"d": "e"})
