"""validation_rules: what each type takes and refuses, and what becomes of a row that breaks a rule."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

import weirflow as wf
from engine.collecting import collect
from tests.workflows import ENGINES, both_engines, inline, workflow


def kept(values: list[Any], rule: dict[str, Any], kind: str | None = None) -> list[Any]:
    """The values that stay under the rule with action skip_row, the same on both engines."""
    rows = [{"n": index, "x": value} for index, value in enumerate(values)]
    source = inline("main", rows, {"x": kind} if kind else None)
    found = both_engines(workflow([source], validation_rules=[{"field": "x", "action": "skip_row", **rule}]))
    return [values[row["n"]] for row in found.to_dicts()]


def run_of(rules: list[dict[str, Any]], rows: list[dict[str, Any]], frame: str = "data", **sections: Any) -> list[Any]:
    return both_engines(workflow([inline("main", rows)], validation_rules=rules, **sections), frame).to_dicts()


def broken(rules: list[dict[str, Any]], rows: list[dict[str, Any]], **sections: Any) -> list[int]:
    """How many rows broke each rule, the same on both engines."""
    found = []
    for engine in ENGINES:
        plan = wf.compile(workflow([inline("main", rows)], validation_rules=rules, **sections), engine=engine)
        validation = plan.compiled.validation
        assert validation is not None
        counts = collect(plan, validation.counts.name, checked=False).row(0)
        found.append(list(counts[1:]))
    assert found[0] == found[1]
    return found[0]


def errors(rules: list[dict[str, Any]], rows: list[dict[str, Any]], **sections: Any) -> list[tuple[str, str, str]]:
    document = workflow([inline("main", rows)], validation_rules=rules, **sections)
    return [(each.code, "/".join(map(str, each.pointer)), each.message) for each in wf.validate(document)]


# the types

GOOD_MAILS = ["ada@example.org", "a.b+c@d-e.co", "x@localhost", "!#$%&'*+/=?^_`{|}~-@a.b", "a" * 64 + "@b.c"]
BAD_MAILS = ["", "ada", "@b.c", "a@", "a b@c.d", "a@b..c", "a@-b.c", "a@b.c ", "a@b.c\n", "ä@b.c", "a@ü.de",
             "a" * 65 + "@b.c", "a@b@c.d", "a@" + "b." * 126 + "cd"]  # fmt: skip


def test_an_email_is_what_the_html_standard_takes():
    assert kept([*GOOD_MAILS, *BAD_MAILS, None], {"type": "email"}) == [*GOOD_MAILS, None]


GOOD_URLS = ["https://example.org", "http://a.b:80/c?d=e&f#g", "ftp://u:p@h/x", "s3://bucket/a%20b", "https://münchen.de/ü",
             "http://127.0.0.1/", "http://[2001:db8::1]:8080/", "HTTP://A/", "https://a.b/(c)?x%5B%5D=1"]  # fmt: skip
BAD_URLS = ["", "example.org", "//a.b", "http://", "http:///x", "http://a b", "http://a/%zz", "mailto:a@b.c", 
            "http://a/<b>", "http://a:port/", " http://a", "http://a\n", "1http://a", "http://a/ü b"]  # fmt: skip


def test_a_url_has_a_scheme_a_host_and_no_blank():
    assert kept([*GOOD_URLS, *BAD_URLS, None], {"type": "url"}) == [*GOOD_URLS, None]


GOOD_PHONES = ["+4722334455", "+47 22 33 44 55", "(0607) 123 4567", "+1 (555) 010-9999", "555-1234", "+123456789012345"]
BAD_PHONES = ["", "123456", "+0123456789", "+1234567890123456", "call me", "+47 22 33 44 55 ext. 1", "+",
              "1-800-FLOWERS", "22334455 "]  # fmt: skip


def test_a_phone_number_has_7_to_15_digits_and_the_usual_separators():
    assert kept([*GOOD_PHONES, *BAD_PHONES, None], {"type": "phone"}) == [*GOOD_PHONES, None]


def test_a_phone_number_that_was_read_as_an_integer_is_its_digits():
    assert kept([22334455, 123, None], {"type": "phone"}) == [22334455, None]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("date", ["2026-01-31", " 2024-02-29 "], ["2026-02-30", "31.01.2026", "2026-1-31", "", "2026-01-31T00:00:00"]),
        ("number", ["1", "-2.5", "1e3", " 7 ", ".5"], ["", "1,5", "one", "1 000", "0x10", "nan"]),
        ("integer", ["1", "-2", " 7 "], ["", "1.0", "1e3", "9223372036854775808", "one"]),
    ],
)
def test_what_a_text_rule_takes_is_what_a_cast_takes(kind, good, bad):
    assert kept([*good, *bad, None], {"type": kind}) == [*good, None]


def test_a_number_that_is_whole_is_an_integer():
    assert kept([1.0, 2.5, -3.0, 1e300, None], {"type": "integer"}, "number") == [1.0, -3.0, None]
    assert kept(["1.00", "2.50"], {"type": "integer"}, "decimal(8,2)") == ["1.00"]


def test_date_number_and_integer_take_bounds():
    assert kept(["1", "5", "9", "x"], {"type": "integer", "min": 2, "max": 8}) == ["5"]
    assert kept(["1.5", "2.5"], {"type": "number", "max": 2}) == ["1.5"]
    assert kept(["2026-01-01", "2025-12-31", "?"], {"type": "date", "min": "2026-01-01"}) == ["2026-01-01"]


def test_a_regex_is_unanchored_and_re2():
    assert kept(["AB1", "xAB1x", "ab1", "", None], {"type": "regex", "pattern": "AB[0-9]"}) == ["AB1", "xAB1x", None]
    assert kept(["é", "1"], {"type": "regex", "pattern": r"^\p{L}$"}) == ["é"]
    # * and + are characters in a class and after a backslash
    assert kept(["a*b", "a+b", "ab"], {"type": "regex", "pattern": r"a[*+]b|\*+"}) == ["a*b", "a+b"]


def test_an_enum_compares_by_value_and_case():
    assert kept(["open", "Open", "paid", "", None], {"type": "enum", "values": ["open", "paid"]}) == [
        "open",
        "paid",
        None,
    ]
    assert kept([1, 2, 3], {"type": "enum", "values": [1, "3"]}) == [1, 3]


def test_a_length_counts_characters_and_elements():
    values = ["", "a", "ab", "abc", "😀é", None]
    assert kept(values, {"type": "length", "min": 1, "max": 2}) == ["a", "ab", "😀é", None]
    assert kept([[], ["a"], ["a", "b"]], {"type": "length", "min": 1}, "list(string)") == [["a"], ["a", "b"]]


@pytest.mark.parametrize(
    ("kind", "values", "rule", "stay"),
    [
        ("integer", [-1, 0, 100, 101, None], {"min": 0, "max": 100}, [0, 100, None]),
        ("decimal(8,2)", ["0.10", "0.09"], {"min": 0.1}, ["0.10"]),
        ("date", ["2026-01-31", "2026-02-01"], {"max": "2026-01-31"}, ["2026-01-31"]),
        ("date", ["2026-01-31", "2026-02-01"], {"max": "today"}, ["2026-01-31"]),
        ("time", ["08:00:00", "18:00:01"], {"min": "08:00:00", "max": "18:00:00"}, ["08:00:00"]),
        ("string", ["5", "50", "x", ""], {"min": 1, "max": 10}, ["5"]),
    ],
)
def test_a_range_has_both_ends_in(kind, values, rule, stay):
    rows = [{"n": index, "x": value} for index, value in enumerate(values)]
    document = workflow([inline("main", rows, {"x": kind})],
                        validation_rules=[{"field": "x", "type": "range", "action": "skip_row", **rule}])  # fmt: skip
    found = both_engines(document, now=datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC))
    assert [values[row["n"]] for row in found.to_dicts()] == stay


def test_unique_refuses_all_rows_but_the_first_and_never_null():
    assert kept(["a", "b", "a", None, "a", None], {"type": "unique"}) == ["a", "b", None, None]


def test_not_null_refuses_null_and_required_also_what_is_empty():
    assert kept(["", " ", None, "a"], {"type": "not_null"}) == ["", " ", "a"]
    assert kept(["", " ", None, "a"], {"required": True}) == [" ", "a"]
    assert kept([[], ["a"], None], {"required": True}, "list(string)") == [["a"]]
    assert kept([0, None], {"required": True}) == [0]


def test_null_keeps_every_rule_that_is_not_required():
    rule = {"type": "enum", "values": ["a"]}
    assert kept([None, "a"], rule) == [None, "a"]
    assert kept([None, "a"], rule | {"required": True}) == ["a"]


def test_a_reference_looks_into_another_frame_however_often_the_value_stands_there():
    known = inline("known", [{"k": "a"}, {"k": "a"}, {"k": None}, {"k": "b"}])
    rows = [{"n": 1, "x": "b"}, {"n": 2, "x": "c"}, {"n": 3, "x": None}, {"n": 4, "x": "a"}]
    rule = {"field": "x", "type": "reference", "reference": {"source": "known", "field": "k"}, "action": "skip_row"}
    found = both_engines(workflow([inline("main", rows), known], validation_rules=[rule]))
    assert [row["n"] for row in found.to_dicts()] == [1, 3, 4]


def test_a_reference_may_look_into_the_rows_themselves():
    rows = [{"id": 1, "boss": None}, {"id": 2, "boss": 1}, {"id": 3, "boss": 9}]
    rule = {"field": "boss", "type": "reference", "reference": {"source": "data", "field": "id"}, "action": "skip_row"}
    assert [row["id"] for row in run_of([rule], rows)] == [1, 2]


def test_an_expression_is_broken_where_it_is_false_and_with_required_where_it_is_null():
    rows = [{"n": 1, "a": 1, "b": 2}, {"n": 2, "a": 2, "b": 1}, {"n": 3, "a": None, "b": 1}]
    rule = {"type": "expression", "expression": "a < b", "action": "skip_row"}
    assert [row["n"] for row in run_of([rule], rows)] == [1, 3]
    assert [row["n"] for row in run_of([rule | {"required": True}], rows)] == [1]


def test_a_rule_reads_a_field_inside_a_struct():
    rows = [{"n": 1, "c": {"mail": "a@b.c"}}, {"n": 2, "c": {"mail": "a"}}]
    source = inline("main", rows, {"c": "struct(mail: string)"})
    rules = [{"field": "c.mail", "type": "email", "action": "skip_row"}, {"field": "c.mail", "type": "unique"}]
    assert [row["n"] for row in both_engines(workflow([source], validation_rules=rules)).to_dicts()] == [1]


# one rule after the other


def test_rules_work_in_the_order_written():
    rows = [{"id": 1, "x": "bad"}, {"id": 1, "x": "5"}, {"id": 2, "x": None}, {"id": 2, "x": "7"}]
    number = {"field": "x", "type": "integer", "required": True, "action": "skip_row"}
    once = {"field": "id", "type": "unique", "action": "skip_row"}
    # a row that is gone is no earlier row for unique
    assert run_of([number, once], rows) == [{"id": 1, "x": "5"}, {"id": 2, "x": "7"}]
    assert broken([number, once], rows) == [2, 0]
    assert run_of([once, number], rows) == []
    assert broken([once, number], rows) == [2, 2]


def test_a_rejected_row_is_not_tested_by_the_rules_below():
    rows = [{"x": "a"}, {"x": "3"}, {"x": "-3"}]
    rules = [{"field": "x", "type": "integer", "action": "skip_row"},
             {"type": "expression", "expression": "cast(x as integer) > 0"}]  # fmt: skip
    # the cast of "a" would stop the run
    assert broken(rules, rows) == [1, 1]


def test_a_default_is_what_the_rules_below_see_and_what_is_delivered():
    rows = [{"x": None, "y": 1}, {"x": 5, "y": 2}, {"x": -7, "y": 3}]
    rules = [{"field": "x", "required": True, "action": "use_default", "default_value": 0},
             {"field": "x", "type": "range", "min": 0, "action": "use_default", "default_value": 99},
             {"type": "expression", "expression": "x >= 0", "required": True, "action": "warn"}]  # fmt: skip
    assert run_of(rules, rows) == [{"x": 0, "y": 1}, {"x": 5, "y": 2}, {"x": 99, "y": 3}]
    assert broken(rules, rows) == [1, 1, 0]


def test_a_default_has_the_type_of_its_column():
    rows = [{"m": "-1.00"}, {"m": "2.00"}]
    rule = {"field": "m", "type": "range", "min": 0, "action": "use_default", "default_value": "0.5"}
    found = both_engines(workflow([inline("main", rows, {"m": "decimal(8,2)"})], validation_rules=[rule]))
    assert found["m"].to_list() == [Decimal("0.50"), Decimal("2.00")]


def test_rows_that_break_error_and_warn_stay_as_they_are():
    rows = [{"x": 1}, {"x": 2}]
    assert run_of([{"field": "x", "type": "range", "max": 1, "action": "warn"}], rows) == rows


def test_without_rows_nothing_is_broken():
    source = inline("main", [], {"x": "string"})
    rules = [{"field": "x", "type": "email"}, {"field": "x", "type": "unique", "action": "skip_row"}]
    assert both_engines(workflow([source], validation_rules=rules)).height == 0


def test_a_column_of_nulls_keeps_every_type():
    for rule in ({"type": "email"}, {"type": "range", "min": 1}, {"type": "unique"}, {"type": "enum", "values": ["a"]}):
        assert kept([None, None], rule) == [None, None]


def test_columns_may_have_the_names_that_the_plan_would_give():
    rows = [{"__rule": "a", "__f1": 1, "__row": 2}, {"__rule": None, "__f1": 3, "__row": 4}]
    rules = [{"field": "__rule", "required": True, "action": "skip_row"},
             {"field": "__f1", "type": "range", "max": 0, "action": "use_default", "default_value": 0}]  # fmt: skip
    assert run_of(rules, rows) == [{"__rule": "a", "__f1": 0, "__row": 2}]


# where the rows have no order


def test_unique_among_rows_without_an_order_keeps_the_first_by_the_other_columns():
    first, second = inline("one", [{"k": 1, "v": "b"}]), inline("two", [{"k": 1, "v": "a"}, {"k": 2, "v": "c"}])
    document = workflow([first, second], data_merge={"strategy": "union"},
                        validation_rules=[{"field": "k", "type": "unique", "action": "skip_row"}],
                        validation_rejects="twice")  # fmt: skip
    assert both_engines(document).to_dicts() == [{"k": 1, "v": "a"}, {"k": 2, "v": "c"}]
    [twice] = both_engines(document, "twice").to_dicts()
    assert (twice["v"], twice["_source"], twice["_row"]) == ("b", "merged", None)


# the rejects


def test_the_rejects_hold_the_row_as_it_came_with_the_first_rule_it_broke():
    rows = [{"a": None, "b": "?"}, {"a": "x", "b": "1"}, {"a": None, "b": "2"}]
    rules = [{"field": "a", "required": True, "action": "use_default", "default_value": "none"},
             {"field": "b", "type": "integer", "action": "skip_row", "message": "b must be whole"}]  # fmt: skip
    assert run_of(rules, rows, validation_rejects="bad") == [{"a": "x", "b": "1"}, {"a": "none", "b": "2"}]
    assert run_of(rules, rows, "bad", validation_rejects="bad") == [
        {"a": None, "b": "?", "_reason": "b must be whole", "_rule": "b: integer", "_source": "main", "_row": 1}
    ]


def test_the_rejects_are_a_frame_like_any_other():
    rows = [{"a": 1}, {"a": -1}, {"a": -2}]
    rules = [{"field": "a", "type": "range", "min": 0, "action": "skip_row"}]
    counted = {"type": "aggregate", "input_source": "bad", "output_variable": "counts",
               "config": {"group_by": ["_rule"], "aggregates": {"n": "count(*)"}}}  # fmt: skip
    found = run_of(rules, rows, "counts", validation_rejects="bad", transforms=[counted])
    assert found == [{"_rule": "a: range", "n": 2}]


def test_the_rejects_are_empty_where_all_rows_keep_the_rules():
    rules = [{"field": "a", "required": True, "action": "skip_row"}]
    assert run_of(rules, [{"a": 1}], "bad", validation_rejects="bad") == []


def test_a_rule_for_its_second_reason_says_that():
    rows = [{"a": None}, {"a": "x"}]
    rules = [{"field": "a", "type": "integer", "required": True, "action": "skip_row"}]
    found = run_of(rules, rows, "bad", validation_rejects="bad")
    assert [row["_reason"] for row in found] == ["a is missing", "a is no integer"]


def test_order_is_kept_for_steps_that_need_one():
    rows = [{"id": 3, "k": "a"}, {"id": 1, "k": "b"}, {"id": 3, "k": "c"}, {"id": 2, "k": "a"}]
    known = inline("known", [{"k": "a"}, {"k": "b"}, {"k": "c"}])
    rules = [{"field": "id", "type": "unique", "action": "skip_row"},
             {"field": "k", "type": "reference", "reference": {"source": "known", "field": "k"}}]  # fmt: skip
    document = workflow([inline("main", rows), known], validation_rules=rules,
                        transforms=[{"type": "limit", "config": {"rows": 2}}])  # fmt: skip
    assert both_engines(document)["id"].to_list() == [3, 1]


# what is refused when compiled

ROWS = [{"mail": "a@b.c", "n": 1, "d": "2026-01-31", "ok": True}]


@pytest.mark.parametrize(
    ("rule", "code", "at", "message"),
    [
        ({"field": "mial", "type": "email"}, "IR401", "0/field", 'there is no column "mial" here'),
        ({"field": "n", "type": "email"}, "IR411", "0/field", "type email tests texts; the column is integer"),
        ({"field": "ok", "type": "date"}, "IR411", "0/field", "type date tests texts and dates; the column is boolean"),
        ({"field": "ok", "type": "range", "min": 1}, "IR411", "0/field", "type range tests numbers, dates"),
        ({"field": "mail", "type": "range", "min": "a"}, "IR411", "0/field", "type range tests numbers, dates"),
        ({"field": "n", "type": "length", "max": 3}, "IR411", "0/field", "type length tests texts and lists"),
        ({"field": "mail", "type": "length", "max": -1}, "IR205", "0/max", "a length is a whole number from 0, not -1"),
        ({"field": "n", "type": "range", "min": 2, "max": 1}, "IR206", "0/min", "min 2 is more than max 1"),
        ({"field": "n", "type": "range", "min": "x"}, "IR405", "0/min", "'x' is no number"),
        ({"field": "n", "type": "range", "min": "{{inputs.z}}"}, "IR302", "0/min", 'there is no input "z"'),
        ({"field": "n", "type": "enum", "values": [1, "x"]}, "IR405", "0/values/1", "'x' is no number"),
        ({"field": "n", "type": "enum", "values": [None]}, "IR206", "0/values", "no value that a row could have"),
        ({"field": "mail", "type": "regex", "pattern": "(?=a)"}, "IR411", "0/pattern", "looks around"),
        ({"field": "mail", "type": "regex", "pattern": "("}, "IR411", "0/pattern", "is no regular expression"),
        ({"field": "mail", "type": "email", "pattern": "a"}, "IR206", "0/pattern", "pattern means nothing with type"),
        ({"field": "n", "required": True, "min": 1}, "IR206", "0/min", "min means nothing with required alone"),
        ({"field": "n", "required": True, "action": "use_default", "default_value": "x"},
         "IR405", "0/default_value", ""),
        ({"field": "n", "required": True, "default_value": 1}, "IR206", "0/default_value", "nothing with action error"),
        ({"field": "n", "required": True, "max_failures": 3}, "IR206", "0/max_failures", "nothing with action error"),
        ({"field": "n", "type": "unique", "action": "use_default", "default_value": 1}, "IR206", "0/action", "unique"),
        ({"type": "expression", "expression": "n + 1"}, "IR411", "0/expression", "is integer, not true or false"),
        ({"type": "expression", "expression": "m > 1"}, "IR401", "0/expression", 'there is no column "m" here'),
        ({"type": "expression", "expression": "n > 1", "action": "use_default", "default_value": 1}, "IR202", "0", ""),
        ({"field": "n", "type": "reference", "reference": {"source": "mian", "field": "n"}}, "IR301",
         "0/reference/source", 'there is no frame "mian"'),
        ({"field": "n", "type": "reference", "reference": {"source": "main", "field": "m"}}, "IR401",
         "0/reference/field", '"main" has no column "m"'),
        ({"field": "n", "type": "reference", "reference": {"source": "main", "field": "mail"}}, "IR406",
         "0/reference/field", "differ in type"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_tested_is_refused_at_its_place(rule, code, at, message):
    [(found, place, said)] = errors([rule], ROWS)
    assert (found, place) == (code, f"validation_rules/{at}")
    assert message in said


def test_every_rule_with_a_problem_is_told():
    rules = [{"field": "x", "required": True}, {"field": "n", "type": "url"}]
    assert [place for _, place, _ in errors(rules, ROWS)] == ["validation_rules/0/field", "validation_rules/1/field"]


def test_the_columns_of_the_rejects_must_be_free():
    rules = [{"field": "_row", "required": True, "action": "skip_row"}]
    assert errors(rules, [{"_row": 1}], validation_rejects="bad") == [
        ("IR403", "validation_rejects", 'the rows have a column "_row", which validation_rejects adds')
    ]


def test_rejects_without_a_rule_that_rejects_are_refused():
    assert errors([{"field": "n", "required": True}], ROWS, validation_rejects="bad") == [
        ("IR206", "validation_rejects", "validation_rejects means nothing without a rule that rejects rows")
    ]


def test_rejects_that_nothing_reads_are_a_warning():
    rules = [{"field": "n", "required": True, "action": "skip_row"}]
    delivery = {"file_delivery": {"format": "csv"}}
    assert errors(rules, ROWS, validation_rejects="bad", delivery_rules=delivery) == [
        ("IR320", "validation_rejects", 'nothing reads the frame "bad"')
    ]


def test_a_source_that_only_a_reference_reads_is_read():
    known = inline("known", [{"n": 1}])
    rule = {"field": "n", "type": "reference", "reference": {"source": "known", "field": "n"}}
    document = workflow([inline("main", ROWS), known], validation_rules=[rule],
                        delivery_rules={"file_delivery": {"format": "csv"}})  # fmt: skip
    assert wf.validate(document) == []


def test_inputs_stand_in_rules():
    document = workflow(
        [inline("main", [{"x": 1}, {"x": 5}, {"x": 9}])],
        runtime_inputs=[{"name": "most", "type": "number", "default_value": 6}],
        validation_rules=[{"field": "x", "type": "range", "max": "{{inputs.most}}", "action": "skip_row"},
                          {"type": "expression", "expression": "x < inputs.most - 1", "action": "skip_row"}],
    )  # fmt: skip
    assert both_engines(document, inputs={"most": "6"})["x"].to_list() == [1]
