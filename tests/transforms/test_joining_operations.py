"""join, enrich, union, data_merge, references: frames that meet."""

from __future__ import annotations

import pytest

import weirflow as wf
from tests.workflows import both_engines, inline, workflow

ORDERS = [{"id": 1, "who": "a"}, {"id": 2, "who": "b"}, {"id": 3, "who": None}]
PEOPLE = [{"who": "a", "city": "Ulm"}, {"who": "c", "city": "Rom"}, {"who": None, "city": "Oslo"}]


def _join(**config):
    return [{"type": "join", "config": {"source": "people", "on": ["who"], **config}}]


def test_inner_join_keeps_matches_and_null_keys_never_match(on_both):
    assert on_both(_join(), ORDERS, people=PEOPLE) == [{"id": 1, "who": "a", "city": "Ulm"}]


def test_left_join_keeps_rows_whose_key_is_null(on_both):
    assert on_both(_join(how="left"), ORDERS, people=PEOPLE) == [
        {"id": 1, "who": "a", "city": "Ulm"},
        {"id": 2, "who": "b", "city": None},
        {"id": 3, "who": None, "city": None},
    ]


def test_right_join_has_the_keys_under_the_left_names(on_both):
    assert on_both(_join(how="right"), ORDERS, people=PEOPLE) == [
        {"id": 1, "who": "a", "city": "Ulm"},
        {"id": None, "who": "c", "city": "Rom"},
        {"id": None, "who": None, "city": "Oslo"},
    ]


def test_full_join_coalesces_the_keys(on_both):
    rows = on_both(_join(how="full"), ORDERS, people=PEOPLE)
    assert {(row["id"], row["who"], row["city"]) for row in rows} == {
        (1, "a", "Ulm"),
        (2, "b", None),
        (3, None, None),
        (None, "c", "Rom"),
        (None, None, "Oslo"),
    }


def test_semi_and_anti_join_keep_or_drop_matches_and_anti_keeps_null_keys(on_both):
    assert on_both(_join(how="semi"), ORDERS, people=PEOPLE) == [{"id": 1, "who": "a"}]
    assert [row["id"] for row in on_both(_join(how="anti"), ORDERS, people=PEOPLE)] == [2, 3]


def test_cross_join_pairs_every_row(on_both):
    steps = [{"type": "join", "config": {"source": "people", "how": "cross", "columns": ["city"]}}]
    assert len(on_both(steps, ORDERS, people=PEOPLE)) == 9


def test_a_name_both_sides_have_gets_the_suffix_of_the_source(on_both):
    rows = on_both(_join(), [{"who": "a", "city": "here"}], people=PEOPLE)
    assert rows == [{"who": "a", "city": "here", "city_people": "Ulm"}]


def test_columns_choose_rename_and_may_name_the_sources_key(on_both):
    steps = [
        {
            "type": "join",
            "config": {"source": "people", "on": {"who": "who"}, "how": "full", "columns": [{"theirs": "who"}, "city"]},
        }
    ]
    rows = on_both(steps, ORDERS[:2], people=PEOPLE[:2])
    assert {(row["who"], row["theirs"]) for row in rows} == {("a", "a"), ("b", None), ("c", "c")}


def test_join_on_keys_of_different_types_shows_the_cast(errors_of):
    errors = errors_of([{"type": "join", "config": {"source": "people", "on": {"id": "who"}}}], ORDERS, people=PEOPLE)
    assert [code for code, _ in errors] == ["IR406"]


def test_enrich_stops_when_two_rows_of_the_source_match_and_names_the_key():
    twice = [
        {"who": "a", "city": "Ulm"},
        {"who": "a", "city": "Rom"},
        {"who": "z", "city": "x"},
        {"who": "z", "city": "y"},
    ]
    document = workflow(
        [inline("main", ORDERS), inline("people", twice)],
        transforms=[{"type": "enrich", "config": {"source": "people", "on": ["who"]}}],
    )
    for engine in ("polars", "duckdb"):
        with pytest.raises(wf.WorkflowError, match='two rows of "people" match one row of "main": who = "a"'):
            wf.compile(document, engine=engine).collect()


def test_enrich_does_not_mind_doubles_that_match_nothing(on_both):
    twice = [
        {"who": "a", "city": "Ulm"},
        {"who": "z", "city": "x"},
        {"who": "z", "city": "y"},
        {"who": None, "city": "n"},
        {"who": None, "city": "m"},
    ]
    rows = on_both([{"type": "enrich", "config": {"source": "people", "on": ["who"]}}], ORDERS, people=twice)
    assert [row["city"] for row in rows] == ["Ulm", None, None]


@pytest.mark.parametrize(("multiple", "city"), [("first", "Ulm"), ("last", "Rom")])
def test_enrich_takes_the_first_or_last_match_in_source_order(on_both, multiple, city):
    twice = [{"who": "a", "city": "Ulm"}, {"who": "a", "city": "Rom"}]
    steps = [{"type": "enrich", "config": {"source": "people", "on": ["who"], "multiple": multiple}}]
    assert [row["city"] for row in on_both(steps, ORDERS[:1], people=twice)] == [city]


def test_enrich_fills_defaults_only_where_nothing_matched(on_both):
    people = [{"who": "a", "city": None, "n": 1}]
    steps = [{"type": "enrich", "config": {"source": "people", "on": ["who"], "default_values": {"city": "?", "n": 0}}}]
    assert on_both(steps, ORDERS, people=people) == [
        {"id": 1, "who": "a", "city": None, "n": 1},
        {"id": 2, "who": "b", "city": "?", "n": 0},
        {"id": 3, "who": None, "city": "?", "n": 0},
    ]


def test_union_matches_columns_by_name_and_fills_nulls(on_both):
    rows = on_both(
        [{"type": "union", "config": {"sources": ["more"], "source_column": "from"}}],
        [{"a": 1, "b": "x"}],
        more=[{"b": "y", "c": 2.5}],
    )
    assert rows == [{"a": 1, "b": "x", "c": None, "from": "main"}, {"a": None, "b": "y", "c": 2.5, "from": "more"}]


def test_union_widens_integers_to_numbers(on_both):
    rows = on_both([{"type": "union", "config": {"sources": ["more"]}}], [{"a": 1}], more=[{"a": 2.5}])
    assert [row["a"] for row in rows] == [1.0, 2.5]


def test_union_of_a_number_with_text_shows_the_cast(errors_of):
    assert [
        code
        for code, _ in errors_of([{"type": "union", "config": {"sources": ["more"]}}], [{"a": 1}], more=[{"a": "x"}])
    ] == ["IR406"]


def test_an_unknown_source_is_named_with_those_there_are(errors_of):
    errors = errors_of([{"type": "join", "config": {"source": "poeple", "on": ["who"]}}], ORDERS, people=PEOPLE)
    assert errors == [("IR301", 'there is no frame "poeple" here')]


def _merged(strategy, first, second, **join_config):
    config = {"strategy": strategy}
    if join_config:
        config["join_config"] = join_config
    return both_engines(workflow([inline("one", first), inline("two", second)], data_merge=config)).to_dicts()


def test_data_merge_union_stacks_the_sources():
    assert _merged("union", [{"a": 1}], [{"a": 2}]) == [{"a": 1}, {"a": 2}]


def test_data_merge_left_join_keeps_the_left_rows():
    rows = _merged("left_join", ORDERS, PEOPLE, left_key="who", right_key="who")
    assert [row["city"] for row in rows] == ["Ulm", None, None]


def test_data_merge_merge_lets_the_later_non_null_value_win():
    rows = _merged(
        "merge",
        [{"k": 1, "v": "old", "x": 1}, {"k": 2, "v": "stays", "x": 2}],
        [{"k": 1, "v": "new"}, {"k": 2, "v": None}, {"k": 3, "v": "added"}],
        left_key="k",
        right_key="k",
    )
    assert rows == [{"k": 1, "v": "new", "x": 1}, {"k": 2, "v": "stays", "x": 2}, {"k": 3, "v": "added", "x": None}]


def test_data_merge_merge_refuses_doubles_within_a_source():
    document = workflow(
        [inline("one", [{"k": 1}]), inline("two", [{"k": 7, "v": 1}, {"k": 7, "v": 2}])],
        data_merge={"strategy": "merge", "join_config": {"left_key": "k", "right_key": "k"}},
    )
    for engine in ("polars", "duckdb"):
        with pytest.raises(wf.WorkflowError, match='a key stands twice in "two": k = 7'):
            wf.compile(document, engine=engine).collect()


def test_data_merge_relationship_is_checked():
    document = workflow(
        [inline("one", ORDERS), inline("two", [{"who": "x", "c": 1}, {"who": "x", "c": 2}])],
        data_merge={
            "strategy": "join",
            "join_config": {"left_key": "who", "right_key": "who", "relationship": "many_to_one"},
        },
    )
    with pytest.raises(wf.WorkflowError, match='stands twice in "two": who = "x"'):
        wf.compile(document, engine="polars").collect()


def test_data_merge_folds_three_sources_from_the_left():
    sources = [inline("a", [{"k": 1, "x": 1}]), inline("b", [{"k": 1, "y": 2}]), inline("c", [{"k": 1, "z": 3}])]
    document = workflow(sources, data_merge={"strategy": "join", "join_config": {"left_key": "k", "right_key": "k"}})
    assert both_engines(document).to_dicts() == [{"k": 1, "x": 1, "y": 2, "z": 3}]


def test_rows_whose_key_stands_in_a_reference_are_dropped():
    known = {**inline("known", [{"id": 2}]), "role": "deduplicate"}
    document = workflow([inline("new", ORDERS), known])
    assert [row["id"] for row in both_engines(document).to_dicts()] == [1, 3]


def test_normalization_renames_and_cases_headers():
    document = workflow(
        [inline("one", [{"Order ID": 1, "totalAmount": 2, "x": 3}])],
        normalization={"header_case": "snake", "rename": {"X": "kept As Written"}},
    )
    assert both_engines(document).to_dicts() == [{"order_id": 1, "total_amount": 2, "kept As Written": 3}]


def test_a_missing_required_header_is_an_error_or_a_warning():
    document = workflow([inline("one", [{"a": 1}])], normalization={"required_headers": ["A", "b"]})
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document)
    assert [each.code for each in failure.value.diagnostics] == ["IR401"]
    document["normalization"]["missing_header_action"] = "warn"
    assert [each.code for each in wf.compile(document).warnings] == ["IR401"]


def test_decimal_keys_of_different_scale_show_the_cast():
    one, two = (
        inline("one", [{"k": "1.5"}], {"k": "decimal(10,2)"}),
        inline("two", [{"k": "1.5"}], {"k": "decimal(12,3)"}),
    )
    document = workflow([one, two], transforms=[{"type": "join", "config": {"source": "two", "on": ["k"]}}])
    with pytest.raises(wf.WorkflowError, match=r'cast: \{k: "decimal\(12,3\)"\}'):
        wf.compile(document)


def test_the_rows_of_an_unnamed_step_come_from_data(on_both):
    steps = [{"type": "map", "config": {"columns": {"a": "a + 1"}}},
             {"type": "union", "config": {"sources": ["more"], "source_column": "from"}}]  # fmt: skip
    assert on_both(steps, [{"a": 1}], more=[{"a": 5}]) == [{"a": 2, "from": "data"}, {"a": 5, "from": "more"}]


TOTALS = {"group_by": ["who"], "aggregates": {"rows": "count(*)"}}


@pytest.mark.parametrize(
    ("made", "checks"),
    [
        ([{"type": "aggregate", "config": TOTALS}], 0),
        ([{"type": "deduplicate", "config": {"keys": ["who"], "order_by": ["city"]}}], 0),
        ([{"type": "deduplicate", "config": {"keys": ["who", "city"], "keep": "none"}}], 1),
        ([{"type": "aggregate", "config": TOTALS}, {"type": "filter", "config": {"where": "rows > 1"}}], 0),
        ([{"type": "aggregate", "config": TOTALS | {"totals": "grand"}}], 1),
    ],
)
def test_enrich_checks_no_frame_that_has_one_row_a_key_by_the_way_it_is_made(made, checks):
    *before, last = [{**step, "input_source": "people"} for step in made[:1]] + made[1:]
    if before:
        before[0]["output_variable"] = "some"
        last["input_source"] = "some"
    last["output_variable"] = "right"
    enrich = {"type": "enrich", "config": {"source": "right", "on": ["who"], "columns": []}}
    people = inline("people", [{"who": "Ada", "city": "Ulm"}, {"who": "Ada", "city": "Rom"}])
    plan = wf.compile(workflow([inline("main", [{"who": "Ada"}]), people], transforms=[*before, last, enrich]))
    assert len(plan.compiled.checks) == checks


def test_columns_written_as_a_mapping_show_the_list_to_write():
    document = workflow([inline("main", ORDERS), inline("people", PEOPLE)],
                        transforms=_join(columns={"town": "city"}))  # fmt: skip
    [found] = wf.validate(document)
    assert (found.code, found.hint) == ("IR203", "columns: [{town: city}]")
    assert found.message == "columns are a list: names, and {new: old} for another name"
