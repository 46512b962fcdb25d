"""What YAML and JSON texts become, and what is refused where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ir.diagnostics import Diagnostic, Place, Pointer, WorkflowError
from ir.document import Digits
from ir.loading import Document, from_dict, load, loads


def yaml(text: str) -> Document:
    return loads(text, file="w.yaml", syntax="yaml")


def refused(text: str, syntax: Any = "yaml") -> Diagnostic:
    with pytest.raises(WorkflowError) as caught:
        loads(text, file=f"w.{syntax}", syntax=syntax)
    (found,) = caught.value.diagnostics
    return found


def spot(document: Document, at: Pointer, **options: Any) -> tuple[int, int, str]:
    """Line, column and the underlined text."""
    place = document.place(at, **options)
    assert isinstance(place, Place)
    return place.line, place.column, place.source_line[place.column - 1 : place.column - 1 + place.length]


def test_plain_scalars_follow_the_core_schema_of_yaml_1_2() -> None:
    text = "a: on\nb: no\nc: 12:30\nd: 2026-01-31\ne: 0o17\nf: 0x1F\ng: True\nh: ~\ni:\nj: 1_000\nk: 007\nl: .inf\n"
    assert yaml(text).value == {
        "a": "on", "b": "no", "c": "12:30", "d": "2026-01-31", "e": 15, "f": 31, "g": True, "h": None, "i": None,
        "j": "1_000", "k": 7, "l": float("inf"),
    }  # fmt: skip


def test_quoted_scalars_are_text() -> None:
    assert yaml("a: \"1\"\nb: 'null'\nc: !!str 5\nd: |\n  true\n").value == {
        "a": "1",
        "b": "null",
        "c": "5",
        "d": "true\n",
    }


def test_a_number_keeps_its_digits() -> None:
    number = yaml("a: 0.10").value["a"]
    assert isinstance(number, Digits)
    assert (number.text, float(number)) == ("0.10", 0.1)
    assert loads('{"a": 1.50e3}', file="w", syntax="json").value["a"].text == "1.50e3"


def test_each_alias_is_a_value_of_its_own() -> None:
    value = yaml("a: &x [1]\nb: *x\n").value
    value["a"].append(2)
    assert value["b"] == [1]


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "IR105", 3, 1, 'the key "a" is written twice'),
        ("a:\n\t- b\n", "IR104", 2, 1, "a tab is used for indentation"),
        ("a:\n  b: 1\n\tc: 2\n", "IR104", 3, 1, "a tab is used for indentation"),
        ("a:\n- b\n-\tc: 1\n", "IR104", 3, 2, "a tab is used for indentation"),
        ("a: .nan", "IR106", 1, 4, "NaN is no value of a workflow"),
        ("a: 1e999", "IR107", 1, 4, "1e999 is beyond the range of a number"),
        ("a: " + "9" * 5000, "IR107", 1, 4, "a number of 5000 digits"),
        ("a: " + "[" * 100, "IR108", 1, 67, "nested deeper than 64 levels"),
        ("a: &a [*a]", "IR108", 1, 8, "*a stands inside what it names"),
        ("a: *x", "IR103", 1, 4, "*x names no anchor above it"),
        ("", "IR109", 1, 1, "the document is empty, not a mapping of keys"),
        ("# only this\n", "IR109", 1, 1, "the document is empty, not a mapping of keys"),
        ("- 1", "IR109", 1, 1, "the document holds a list, not a mapping of keys"),
        ("a: 1\n---\nb: 2\n", "IR109", 2, 1, "a second document begins here; a file holds one workflow"),
        ("1: x", "IR110", 1, 1, "the key 1 is no text"),
        ("on: x\ntrue: y", "IR110", 2, 1, "the key true is no text"),
        ("a: {{x}}", "IR110", 1, 5, "a key is a list or a mapping; keys are text"),
        ("a: !env HOME", "IR112", 1, 4, "the tag !env has no meaning in a workflow"),
        ("a: !!python/name:os x", "IR112", 1, 4, "the tag python/name:os has no meaning in a workflow"),
        ("a: b: c", "IR103", 1, 5, "a second colon in one line, or a line indented too far"),
        ("é😀: @x", "IR103", 1, 5, "a value cannot start with this character"),
        ("a: [1, 2", "IR103", 1, 9, "a comma or a closing ] is missing"),
        ("a: \x07", "IR103", 1, 4, "the control character U+0007 stands in the text"),
        ("%YAML 1.1\n---\na: on\n", "IR103", 1, 1, "the document asks for YAML 1.1; workflows are read as YAML 1.2"),
        ("a: \ud800", "IR102", 1, 4, "half of a surrogate pair is no character"),
    ],
)  # fmt: skip
def test_yaml_that_would_mislead_is_refused(text: str, code: str, line: int, column: int, message: str) -> None:
    found = refused(text)
    assert found.place is not None
    assert (found.code, found.message, found.place.line, found.place.column) == (code, message, line, column)


def test_a_key_written_twice_shows_the_first_place() -> None:
    (related,) = refused("a: 1\nb: 2\na: 3\n").related
    assert (related[0], related[1].line) == ("first written here", 1)


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]" for i in range(12)]
    assert refused("\n".join(lines)).code == "IR108"


def test_aliases_cannot_nest_deeper_than_text_may() -> None:
    deep = "[" * 40 + "{}" + "]" * 40
    text = f"a: &a {deep.format('1')}\nb: &b {deep.format('*a')}\n"
    assert refused(text).message == "this alias nests deeper than 64 levels"


@pytest.mark.parametrize(
    ("text", "code", "column", "message"),
    [
        ('{"a":1,"a":2}', "IR105", 8, 'the key "a" is written twice'),
        ('{"a":1,}', "IR103", 7, "a comma stands before the closing }"),
        ('{"a" 1}', "IR103", 6, 'a colon is missing after the key "a"'),
        ('{"a": NaN}', "IR106", 7, "NaN is no value of a workflow"),
        ('{"a": 1e999}', "IR107", 7, "1e999 is beyond the range of a number"),
        ('{"a": "x', "IR103", 7, "a text whose closing quote is missing"),
        ('{"a": "\\ud800"}', "IR102", 7, "half of a surrogate pair is no character"),
        ('{"a": 01}', "IR103", 7, "a number is not written like this in JSON"),
        ('{"a": True}', "IR103", 7, "True is no JSON value"),
        ("{'a': 1}", "IR103", 2, "a key in double quotes or } is expected here"),
        ('{"a": 1} x', "IR109", 10, "something stands after the end of the document"),
        ('{"a": [1 2]}', "IR103", 10, "a comma or ] is expected here"),
        ('{"a":', "IR103", 6, "the text ends where a value is expected"),
        ('{"a": ' + "[" * 100, "IR108", 70, "nested deeper than 64 levels"),
        ("[]", "IR109", 1, "the document holds a list, not a mapping of keys"),
    ],
)
def test_json_that_would_mislead_is_refused(text: str, code: str, column: int, message: str) -> None:
    found = refused(text, "json")
    assert found.place is not None
    assert (found.code, found.message, found.place.column) == (code, message, column)


def test_a_json_comment_is_answered_with_what_to_write() -> None:
    assert refused('{"a": 1 // note\n}', "json").hint == 'JSON has no comments; write a "description" or use YAML'


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_places_count_lines_of_every_ending(ending: str) -> None:
    document = yaml(ending.join(["# é😀", "a: x", "b:", "  - 😀 y", ""]))
    assert spot(document, ("b", 0)) == (4, 5, "😀 y")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\r\n")
    document = load(path)
    assert document.value == {"name": "x"}
    assert spot(document, ("name",)) == (1, 7, "x")


def test_a_place_within_text_is_found_through_quotes_escapes_and_folding() -> None:
    document = yaml(
        'a: "x\\t\\"{{b}}"\n'
        "b: 'it''s {{c}}'\n"
        "c: >\n  one\n  two {{d}}\n"
        "d: |\n  first\n    {{e}}\n"
        "e: plain\n  {{f}}\n"
    )  # fmt: skip
    for key, value in document.value.items():
        start = value.index("{{")
        line, _, text = spot(document, (key,), within=(start, start + 5))
        assert (text, line) == (value[start : start + 5], {"a": 1, "b": 2, "c": 5, "d": 8, "e": 10}[key])


def test_json_escapes_of_one_character_count_once() -> None:
    document = loads('{"a": "\\ud83d\\ude00 \\u00e9 {{x}}"}', file="w", syntax="json")
    assert spot(document, ("a",), within=(4, 9))[2] == "{{x}}"


def test_a_key_or_the_nearest_ancestor_is_found() -> None:
    document = yaml("a:\n  b: {c: 1}\nlist:\n  - x: 1\n")
    assert spot(document, ("a", "b", "c"), on_key=True) == (2, 7, "c")
    assert spot(document, ("a", "b", "missing", "deeper")) == (2, 3, "b")
    assert spot(document, ("list", 0, "x")) == (4, 8, "1")
    assert spot(document, ("nowhere",)) == (1, 1, "a:")


def test_levels_that_only_the_models_have_are_stepped_over() -> None:
    document = yaml("file: {format: csv}\nby: region\nfilters:\n  - {field: a}\n")
    assert spot(document, ("file", 0, "format"))[2] == "csv"
    assert spot(document, ("by", 0))[2] == "region"
    assert spot(document, ("filters", "conditions", 0, "field"))[2] == "a"


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError) as caught:
        load(tmp_path / "none.yaml")
    assert caught.value.diagnostics[0].code == "IR101"
    assert caught.value.diagnostics[0].message.endswith("none.yaml cannot be read: no such file or directory")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: 1\nb: caf\xe9\n", "is not UTF-8 text: byte 0xe9 in line 2"),
        ("a: 1".encode("utf-16"), "is UTF-16 text"),
    ],
)
def test_text_in_another_encoding_is_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(raw)
    with pytest.raises(WorkflowError) as caught:
        load(path)
    assert caught.value.diagnostics[0].code == "IR102"
    assert message in caught.value.diagnostics[0].message


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"a: " + b"x" * 10_000_001)
    with pytest.raises(WorkflowError) as caught:
        load(path)
    assert caught.value.diagnostics[0].code == "IR108"


def test_a_file_of_any_name_that_begins_with_a_brace_is_json(tmp_path: Path) -> None:
    path = tmp_path / "workflow"
    path.write_text('\n{"a":\t1}')
    assert load(path).value == {"a": 1}


def test_a_python_mapping_becomes_plain_values() -> None:
    document = from_dict({"a": (1, 2), "b": date(2026, 1, 31), "c": Decimal("0.10"), "d": Path("x/y"), "e": 0.5})
    assert document.value == {"a": [1, 2], "b": "2026-01-31", "c": 0.1, "d": "x/y", "e": 0.5}
    assert document.value["c"].text == "0.10"
    assert document.place(("a",)) is None


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"a": float("nan")}, "IR106"),
        ({1: 2}, "IR110"),
        ({"a": object()}, "IR103"),
        ([1], "IR109"),
        ({"a": "\ud800"}, "IR102"),
    ],
)
def test_a_python_mapping_that_no_file_could_hold_is_refused(value: Any, code: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        from_dict(value)
    assert caught.value.diagnostics[0].code == code


def test_a_python_mapping_that_holds_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["a"] = value
    with pytest.raises(WorkflowError) as caught:
        from_dict(value)
    assert caught.value.diagnostics[0].code == "IR108"
