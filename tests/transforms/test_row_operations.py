"""map, filter, sort, limit, deduplicate, sample, explode, flatten, format: one row in, none, one or several out."""

from __future__ import annotations

import datetime

import polars as pl

from tests.workflows import both_engines, inline, workflow

ORDERS = [
    {"id": 1, "customer": "ada", "amount": 10},
    {"id": 2, "customer": "bob", "amount": None},
    {"id": 3, "customer": "ada", "amount": 30},
    {"id": 4, "customer": None, "amount": 5},
]


def test_map_computes_from_the_input_side_by_side(on_both):
    rows = on_both([{"type": "map", "config": {"columns": {"amount": "amount * 2", "old": "amount"}}}], ORDERS)
    assert [(row["amount"], row["old"]) for row in rows] == [(20, 10), (None, None), (60, 30), (10, 5)]


def test_map_replaces_in_place_and_appends_new_columns(on_both):
    rows = on_both([{"type": "map", "config": {"columns": {"total": "amount", "id": "id + 1"}}}], ORDERS)
    assert list(rows[0]) == ["id", "customer", "amount", "total"]
    assert [row["id"] for row in rows] == [2, 3, 4, 5]


def test_map_renames_then_casts_then_selects_by_the_new_names(on_both):
    rows = on_both(
        [
            {
                "type": "map",
                "config": {"rename": {"amount": "cents"}, "cast": {"cents": "string"}, "select": ["cents", "id"]},
            }
        ],
        ORDERS,
    )
    assert rows == [
        {"cents": "10", "id": 1},
        {"cents": None, "id": 2},
        {"cents": "30", "id": 3},
        {"cents": "5", "id": 4},
    ]


def test_map_can_swap_two_names(on_both):
    rows = on_both([{"type": "map", "config": {"rename": {"id": "amount", "amount": "id"}}}], ORDERS[:1])
    assert rows == [{"amount": 1, "customer": "ada", "id": 10}]


def test_map_drops_columns(on_both):
    assert on_both([{"type": "map", "config": {"drop": ["customer", "amount"]}}], ORDERS[:2]) == [{"id": 1}, {"id": 2}]


def test_an_unknown_column_in_an_expression_is_told_with_the_nearest_name(errors_of):
    errors = errors_of([{"type": "map", "config": {"columns": {"x": "amoun * 2"}}}], ORDERS)
    assert [code for code, _ in errors] == ["IR401"]
    assert "amoun" in errors[0][1]


def test_every_wrong_step_is_reported_not_only_the_first(errors_of):
    errors = errors_of(
        [
            {"type": "map", "config": {"columns": {"x": "nothing + 1"}}},
            {"type": "sort", "config": {"by": ["custmer"]}},
            {"type": "filter", "config": {"where": "amount"}},
        ],
        ORDERS,
    )
    assert [code for code, _ in errors] == ["IR401", "IR401", "IR411"]


def test_filter_where_drops_rows_whose_condition_is_null(on_both):
    rows = on_both([{"type": "filter", "config": {"where": "amount > 5"}}], ORDERS)
    assert [row["id"] for row in rows] == [1, 3]


def test_filter_not_equals_keeps_null_rows(on_both):
    group = {"conditions": [{"field": "amount", "operator": "not_equals", "value": 10}]}
    assert [row["id"] for row in on_both([{"type": "filter", "config": group}], ORDERS)] == [2, 3, 4]


def test_filter_groups_are_combined_with_the_conditions(on_both):
    group = {
        "combineWith": "OR",
        "conditions": [{"field": "id", "operator": "equals", "value": 4}],
        "groups": [
            {
                "conditions": [
                    {"field": "customer", "operator": "equals", "value": "ada"},
                    {"field": "amount", "operator": "greater_than", "value": 20},
                ]
            }
        ],
    }
    assert [row["id"] for row in on_both([{"type": "filter", "config": group}], ORDERS)] == [3, 4]


def test_a_filter_with_conditions_and_where_is_refused(errors_of):
    config = {"where": "true", "conditions": [{"field": "id", "operator": "equals", "value": 4}]}
    assert [code for code, _ in errors_of([{"type": "filter", "config": config}], ORDERS)] == ["IR206"]


def test_sort_puts_nulls_last_in_both_directions(on_both):
    ascending = on_both([{"type": "sort", "config": {"by": ["amount"]}}], ORDERS)
    descending = on_both([{"type": "sort", "config": {"by": [{"field": "amount", "direction": "desc"}]}}], ORDERS)
    assert [row["amount"] for row in ascending] == [5, 10, 30, None]
    assert [row["amount"] for row in descending] == [30, 10, 5, None]


def test_sort_puts_nulls_first_when_told(on_both):
    rows = on_both([{"type": "sort", "config": {"by": [{"field": "amount", "nulls": "first"}]}}], ORDERS)
    assert [row["amount"] for row in rows] == [None, 5, 10, 30]


def test_sort_is_stable(on_both):
    many = [{"key": index % 3, "place": index} for index in range(3000)]
    rows = on_both([{"type": "sort", "config": {"by": ["key"]}}], many)
    assert [row["place"] for row in rows] == [*range(0, 3000, 3), *range(1, 3000, 3), *range(2, 3000, 3)]


def test_a_second_sort_keeps_the_first_one_among_ties(on_both):
    many = [{"a": index % 2, "b": -index} for index in range(100)]
    rows = on_both([{"type": "sort", "config": {"by": ["b"]}}, {"type": "sort", "config": {"by": ["a"]}}], many)
    assert [row["b"] for row in rows] == [*range(-98, 1, 2), *range(-99, 0, 2)]


def test_sort_with_a_limit_breaks_ties_by_input_order(on_both):
    many = [{"key": 1, "place": index} for index in range(1000)]
    rows = on_both([{"type": "sort", "config": {"by": ["key"], "limit": 3}}], many)
    assert [row["place"] for row in rows] == [0, 1, 2]


def test_sort_orders_text_by_code_point(on_both):
    words = [{"w": word} for word in ["b", "B", "ä", "a", "Z", "😀", "\uffee"]]
    rows = on_both([{"type": "sort", "config": {"by": ["w"]}}], words)
    assert [row["w"] for row in rows] == ["B", "Z", "a", "b", "ä", "\uffee", "😀"]


def test_limit_and_offset_take_rows_in_source_order(on_both):
    rows = on_both([{"type": "limit", "config": {"rows": 2, "offset": 1}}], ORDERS)
    assert [row["id"] for row in rows] == [2, 3]


def test_limit_on_rows_without_an_order_shows_the_sort_to_add(errors_of):
    errors = errors_of(
        [{"type": "join", "config": {"source": "other", "on": ["id"]}}, {"type": "limit", "config": {"rows": 1}}],
        ORDERS,
        other=[{"id": 1, "x": 2}],
    )
    assert [code for code, _ in errors] == ["IR420"]


def test_deduplicate_keeps_the_first_row_of_each_key_in_source_order(on_both):
    rows = on_both([{"type": "deduplicate", "config": {"keys": ["customer"]}}], ORDERS)
    assert sorted(row["id"] for row in rows) == [1, 2, 4]


def test_deduplicate_keeps_the_last_row_by_order(on_both):
    config = {"keys": ["customer"], "keep": "last", "order_by": ["amount"]}
    rows = on_both([{"type": "deduplicate", "config": config}], ORDERS)
    assert sorted(row["id"] for row in rows) == [2, 3, 4]


def test_deduplicate_keep_none_drops_every_row_that_has_a_double(on_both):
    rows = on_both([{"type": "deduplicate", "config": {"keys": ["customer"], "keep": "none"}}], ORDERS)
    assert sorted(row["id"] for row in rows) == [2, 4]


def test_deduplicate_without_keys_compares_all_columns_and_nulls_are_equal(on_both):
    rows = on_both(
        [{"type": "deduplicate", "config": {}}], [{"a": None, "b": 1}, {"a": None, "b": 1}, {"a": 1, "b": 1}]
    )
    assert rows == [{"a": 1, "b": 1}, {"a": None, "b": 1}]


def test_deduplicate_breaks_ties_of_unordered_rows_by_the_other_columns(on_both):
    rows = on_both(
        [
            {"type": "union", "config": {"sources": ["other"]}},
            {"type": "deduplicate", "config": {"keys": ["k"], "keep": "first", "order_by": ["t"]}},
        ],
        [{"k": 1, "t": 1, "v": 9}],
        other=[{"k": 1, "t": 1, "v": 3}],
    )
    assert rows == [{"k": 1, "t": 1, "v": 3}]


def test_sample_draws_the_same_rows_for_the_same_seed_and_others_for_another(on_both):
    many = [{"n": index} for index in range(1000)]
    first = on_both([{"type": "sample", "config": {"rows": 100, "seed": 1}}], many)
    again = on_both([{"type": "sample", "config": {"rows": 100, "seed": 1}}], many)
    other = on_both([{"type": "sample", "config": {"rows": 100, "seed": 2}}], many)
    assert first == again
    assert len(first) == 100
    assert first != other


def test_sample_of_a_fraction_has_about_that_share(on_both):
    many = [{"n": index} for index in range(10_000)]
    rows = on_both([{"type": "sample", "config": {"fraction": 0.2}}], many)
    # 20 % of 10,000 is 2,000 with a standard deviation of 40
    assert 1_800 < len(rows) < 2_200


def test_sample_with_rows_and_fraction_is_refused(errors_of):
    assert [code for code, _ in errors_of([{"type": "sample", "config": {"rows": 1, "fraction": 0.5}}], ORDERS)] == [
        "IR206"
    ]


def test_explode_makes_a_row_of_each_element_and_drops_empty_lists(on_both):
    rows = on_both(
        [{"type": "explode", "config": {"field": "tags"}}],
        [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}, {"id": 3, "tags": None}, {"id": 4, "tags": ["c"]}],
    )
    assert rows == [{"id": 1, "tags": "a"}, {"id": 1, "tags": "b"}, {"id": 4, "tags": "c"}]


def test_explode_keeps_empty_lists_as_null_when_told(on_both):
    rows = on_both(
        [{"type": "explode", "config": {"field": "tags", "keep_empty": True}}],
        [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}, {"id": 3, "tags": None}],
    )
    assert rows == [{"id": 1, "tags": "a"}, {"id": 2, "tags": None}, {"id": 3, "tags": None}]


def test_explode_takes_several_lists_side_by_side(on_both):
    rows = on_both([{"type": "explode", "config": {"field": ["a", "b"]}}], [{"a": [1, 2], "b": ["x", "y"], "c": 0}])
    assert rows == [{"a": 1, "b": "x", "c": 0}, {"a": 2, "b": "y", "c": 0}]


def test_explode_of_a_text_is_refused(errors_of):
    assert [code for code, _ in errors_of([{"type": "explode", "config": {"field": "customer"}}], ORDERS)] == ["IR408"]


def test_flatten_puts_the_fields_in_the_place_of_the_struct(on_both):
    rows = on_both(
        [{"type": "flatten", "config": {"field": "who", "prefix": "who_"}}],
        [{"id": 1, "who": {"name": "ada", "age": 36}, "z": 1}, {"id": 2, "who": None, "z": 2}],
    )
    assert rows == [
        {"id": 1, "who_name": "ada", "who_age": 36, "z": 1},
        {"id": 2, "who_name": None, "who_age": None, "z": 2},
    ]


def test_format_changes_no_value(on_both):
    config = {"columns": {"amount": {"style": "currency", "currency": "EUR"}}}
    assert on_both([{"type": "format", "config": config}], ORDERS) == ORDERS


def test_format_refuses_a_style_that_the_column_cannot_have(errors_of):
    assert [
        code
        for code, _ in errors_of(
            [{"type": "format", "config": {"columns": {"customer": {"style": "percent"}}}}], ORDERS
        )
    ] == ["IR408"]


def test_names_may_be_as_odd_as_people_write_them(on_both):
    names = ['a "quoted" name', "select", "x.y", "emoji 😀", "n" * 300, " spaced ", "semi;colon--"]
    row = {name.strip(): index for index, name in enumerate(names)}
    columns = {f"{name} twice": f'"{name.replace(chr(34), chr(34) * 2)}" * 2' for name in row}
    rows = on_both(
        [{"type": "map", "config": {"columns": columns}}, {"type": "sort", "config": {"by": list(row)}}], [row]
    )
    assert [rows[0][f"{name} twice"] for name in row] == [value * 2 for value in row.values()]


def test_types_survive_a_chain_of_steps(on_both):
    rows = on_both(
        [
            {"type": "map", "config": {"columns": {"next": "d + interval '1' month", "exact": "amount * 1.10"}}},
            {"type": "sort", "config": {"by": ["d"]}},
        ],
        [{"d": "2026-01-31", "amount": "1.05"}],
        schema={"d": "date", "amount": "decimal(10,2)"},
    )
    assert rows[0]["next"] == datetime.date(2026, 2, 28)
    assert str(rows[0]["exact"]) == "1.1550"


def test_an_empty_frame_keeps_its_columns_and_types(on_both):
    rows = on_both(
        [{"type": "filter", "config": {"where": "id > 100"}}, {"type": "map", "config": {"columns": {"x": "id / 2"}}}],
        ORDERS,
    )
    assert rows == []
    assert pl.DataFrame(rows).height == 0


def test_a_map_of_nothing_but_constants_keeps_every_row():
    steps = [{"type": "map", "config": {"columns": {"one": "1", "word": "'a'"}, "select": ["one", "word"]}}]
    document = workflow([inline("main", [{"k": 1}, {"k": 2}, {"k": 3}])], transforms=steps)
    assert both_engines(document).rows() == [(1, "a")] * 3
    empty = workflow([inline("main", [], {"k": "integer"})], transforms=steps)
    assert both_engines(empty).rows() == []
