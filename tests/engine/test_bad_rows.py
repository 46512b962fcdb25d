"""Values that do not fit their declared types: bad rows on both engines, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import ENGINES, files_under, workflow

pytestmark = pytest.mark.filterwarnings("ignore:.*left out of")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def orders(location: str = "orders.csv", rejects: str | None = None, **config: Any) -> dict[str, Any]:
    source: dict[str, Any] = {"type": "file", "alias": "orders", "location": location, "config": config}
    return source | ({"rejects": rejects} if rejects else {})


def delivering(*sources: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return workflow(sources, name="report", **({"delivery_rules": {"file_delivery": {"format": "csv"}}} | sections))


def run(document: dict[str, Any], folder: Path, engine: str) -> wf.RunResult:
    return wf.run(document, base=folder, out=folder / "out", engine=engine)


def letters(result: wf.RunResult) -> list[dict[str, Any]]:
    return pl.read_parquet(result.dead_letters["path"]).rows(named=True)


THREE = "id,amount\n1,10\n2,ten\n3,30\n"
TYPED: dict[str, Any] = {"schema": {"id": "integer", "amount": "integer"}, "max_bad": 5}


def test_a_bad_row_becomes_a_dead_letter_and_the_others_are_delivered(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    result = run(delivering(orders(**TYPED)), tmp_path, engine)
    assert (result.status, result.exit_code) == ("incomplete", 3)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount\n1,10\n3,30\n"
    assert letters(result) == [{
        "source": "orders", "step": None, "file": "orders.csv", "row": 2, "column": "amount", "text": "ten",
        "rule": "type", "reason": 'amount: "ten" does not fit integer', "original": '{"id":"2","amount":"ten"}',
    }]  # fmt: skip
    assert result.dead_letters["count"] == 1
    [source, _] = result.steps
    assert (source.rows_in, source.rows_out, source.dead_letters) == (3, 2, 1)
    beside = Path(result.dead_letters["path"]).with_suffix(".ndjson")
    assert json.loads(beside.read_text())["text"] == "ten"


def test_more_bad_rows_than_one_percent_stop_the_run_and_are_named(tmp_path, engine, home):
    (tmp_path / "orders.csv").write_text(THREE + "4,forty\n")
    with pytest.raises(wf.WorkflowError) as failure:
        run(delivering(orders(schema=TYPED["schema"])), tmp_path, engine)
    [found] = failure.value.diagnostics
    assert (found.code, found.message) == ("IR533", 'orders.csv, row 2, column "amount": "ten" does not fit integer')
    assert list(found.notes) == [
        'orders.csv, row 4, column "amount": "forty" does not fit integer',
        "2 of 4 rows are bad, more than max_bad allows (1%)",
    ]
    assert not (tmp_path / "out").exists()
    assert files_under(home) == []


@pytest.mark.parametrize(
    ("max_bad", "passes"), [(1, True), ("1", True), (0, False), ("0", False), ("33%", False), ("34%", True)]
)
def test_max_bad_is_a_count_or_a_share(tmp_path, engine, max_bad, passes):
    (tmp_path / "orders.csv").write_text(THREE)
    document = delivering(orders(**(TYPED | {"max_bad": max_bad})))
    if passes:
        assert run(document, tmp_path, engine).dead_letters["count"] == 1
    else:
        with pytest.raises(wf.WorkflowError):
            run(document, tmp_path, engine)


def test_on_bad_row_null_keeps_the_row_without_the_value(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    result = run(delivering(orders(**TYPED, on_bad_row="null")), tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount\n1,10\n2,\n3,30\n"
    assert (result.status, result.dead_letters) == ("succeeded", {"count": 0, "path": None})
    assert [each.code for each in result.warnings if isinstance(each, wf.Diagnostic)] == ["IR538"]


def test_on_bad_row_error_stops_at_the_first(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    with pytest.raises(wf.WorkflowError, match='row 2, column "amount": "ten" does not fit integer'):
        run(delivering(orders(**TYPED, on_bad_row="error")), tmp_path, engine)


def test_rejects_are_a_frame_of_the_rows_as_they_were_read(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    document = delivering(
        orders(rejects="bad", **TYPED),
        transforms=[{"type": "map", "input_source": "bad", "output_variable": "shown",
                     "config": {"columns": {"what": "upper(amount)"}}}],
        delivery_rules={"file_delivery": [{"format": "csv"}, {"format": "ndjson", "input_source": "shown"}]},
    )  # fmt: skip
    result = run(document, tmp_path, engine)
    assert json.loads((tmp_path / "out" / "report.ndjson").read_text()) == {
        "id": "2", "amount": "ten", "_reason": 'amount: "ten" does not fit integer', "_rule": "type",
        "_source": "orders", "_row": 2, "what": "TEN",
    }  # fmt: skip
    assert (result.status, result.dead_letters["count"]) == ("incomplete", 1)


def test_without_bad_rows_the_rejects_are_empty_and_have_their_columns(tmp_path, engine):
    (tmp_path / "orders.csv").write_text("id,amount\n1,10\n")
    document = delivering(orders(rejects="bad", **TYPED),
                          delivery_rules={"file_delivery": {"format": "csv", "input_source": "bad"}})  # fmt: skip
    result = run(document, tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount,_reason,_rule,_source,_row\n"
    assert result.status == "succeeded"


def test_rejects_alone_are_delivered_though_nothing_else_reads_the_source(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    document = delivering(orders(rejects="bad", **TYPED),
                          delivery_rules={"file_delivery": {"format": "csv", "input_source": "bad"}})  # fmt: skip
    result = run(document, tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text().splitlines()[1:] == [
        '2,ten,"amount: ""ten"" does not fit integer",type,orders,2'
    ]
    assert result.dead_letters["count"] == 1


def test_a_bad_row_is_bad_though_nothing_reads_its_column_and_a_filter_drops_it(tmp_path, engine):
    (tmp_path / "orders.csv").write_text("id,region,day,amount\n1,north,2024-01-01,10\n2,south,soon,20\n")
    schema = {"id": "integer", "day": "date", "amount": "integer"}
    document = delivering(
        orders(schema=schema, max_bad=5),
        filters=[{"field": "region", "operator": "equals", "value": "north"}],
        transforms=[{"type": "aggregate", "config": {"aggregates": {"total": "sum(amount)"}}}],
    )
    result = run(document, tmp_path, engine)
    assert (result.status, [each["column"] for each in letters(result)]) == ("incomplete", ["day"])


def test_a_bad_row_behind_a_limit_is_found(tmp_path, engine):
    rows = [f"{number},{number}" for number in range(200_000)]
    rows[150_000] = "150000,many"
    (tmp_path / "orders.csv").write_text("id,amount\n" + "\n".join(rows) + "\n")
    result = run(delivering(orders(**TYPED), transforms=[{"type": "limit", "config": {"rows": 2}}]), tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount\n0,0\n1,1\n"
    assert [each["row"] for each in letters(result)] == [150_001]


def test_one_bad_row_far_down_a_large_file(tmp_path, engine):
    rows = [f"{number},{number % 100}" for number in range(200_000)]
    rows[150_000] = "150000,many"
    (tmp_path / "orders.csv").write_text("id,amount\n" + "\n".join(rows) + "\n")
    document = delivering(
        orders(schema=TYPED["schema"]),
        transforms=[{"type": "aggregate", "config": {"aggregates": {"n": "count(*)", "total": "sum(amount)"}}}],
    )
    result = run(document, tmp_path, engine)
    # 2,000 times 0 + 1 + … + 99, without the 0 of row 150,001
    assert (tmp_path / "out" / "report.csv").read_text() == "n,total\n199999,9900000\n"
    assert [(each["row"], each["text"]) for each in letters(result)] == [(150_001, "many")]


def test_an_inferred_type_widens_to_string_with_a_warning(tmp_path, engine):
    rows = [f"{number},{number}" for number in range(60_000)]
    rows[30_000] = "30000,n/a"
    (tmp_path / "orders.csv").write_text("id,amount\n" + "\n".join(rows) + "\n")
    document = delivering(orders(), filters=[{"field": "id", "operator": "greater_than", "value": 59_998}])
    assert str(wf.compile(document, base=tmp_path).schema("orders")["amount"]) == "integer"
    result = run(document, tmp_path, engine)
    assert result.status == "succeeded"
    assert [(each.code, each.message) for each in result.warnings if isinstance(each, wf.Diagnostic)] == [
        ("IR537", '"amount" is string here, not integer: orders.csv, row 30001, column "amount" holds "n/a"')
    ]
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount\n59999,59999\n"


def test_a_step_that_does_not_take_the_wider_type_says_why(tmp_path, engine):
    rows = [str(number) for number in range(60_000)]
    rows[30_000] = "n/a"
    (tmp_path / "orders.csv").write_text("amount\n" + "\n".join(rows) + "\n")
    document = delivering(
        orders(), transforms=[{"type": "aggregate", "config": {"aggregates": {"total": "sum(amount)"}}}]
    )
    with pytest.raises(wf.WorkflowError) as failure:
        run(document, tmp_path, engine)
    [found] = [each for each in failure.value.diagnostics if each.severity == "error"]
    assert found.pointer[:2] == ("transforms", 0)
    assert found.notes[-1].startswith('"amount" is string here, not integer: orders.csv, row 30001')


def test_ragged_rows_are_bad_rows(tmp_path, engine):
    (tmp_path / "orders.csv").write_text("id,amount\n1,10\n2\n3,30\n4,40,more\nfive,50\n")
    result = run(delivering(orders(rejects="bad", **TYPED)), tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount\n1,10\n3,30\n"
    shown = pl.read_parquet(result.dead_letters["path"]).select("row", "rule", "column", "reason", "original").rows()
    assert shown == [
        (2, "fields", None, "1 fields where 2 are expected", '["2"]'),
        (4, "fields", None, "3 fields where 2 are expected", '["4", "40", "more"]'),
        (5, "type", "id", 'id: "five" does not fit integer', '{"id":"five","amount":"50"}'),
    ]  # fmt: skip
    assert result["bad"]["amount"].to_list() == [None, "40", "50"]


def test_each_dead_letter_of_a_glob_names_its_file(tmp_path, engine):
    (tmp_path / "a.csv").write_text("id,amount\n1,x\n2,20\n")
    (tmp_path / "b.csv").write_text("id,note\n3,fine\n")
    (tmp_path / "c.csv").write_text("amount,id\n40,y\n")
    document = delivering(orders("*.csv", **TYPED, union_by_name=True, file_column="file", rejects="bad"))
    result = run(document, tmp_path, engine)
    assert [(each["file"], each["row"], each["text"]) for each in letters(result)] == [
        ("a.csv", 1, "x"),
        ("c.csv", 1, "y"),
    ]
    assert (tmp_path / "out" / "report.csv").read_text() == "id,amount,note,file\n2,20,,a.csv\n3,,fine,b.csv\n"
    assert result["bad"].select("file", "_row").rows() == [("a.csv", 1), ("c.csv", 1)]


def test_rejects_are_not_delivered_where_their_source_has_too_many_bad_rows(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    files = [{"format": "csv", "filename_template": "good.csv"},
             {"format": "csv", "input_source": "bad", "filename_template": "bad.csv"}]  # fmt: skip
    source = orders(rejects="bad", schema={"amount": "integer"}, max_bad=0)
    with pytest.raises(wf.WorkflowError) as stopped:
        run(delivering(source, delivery_rules={"file_delivery": files}), tmp_path, engine)
    assert {each.code for each in stopped.value.diagnostics} == {"IR533"}
    assert not (tmp_path / "out").exists()


def test_a_source_with_rejects_can_be_planned(tmp_path, engine):
    (tmp_path / "orders.csv").write_text(THREE)
    document = delivering(orders(rejects="bad", **TYPED),
                          delivery_rules={"file_delivery": {"format": "csv", "input_source": "bad"}})  # fmt: skip
    plan = wf.compile(document, base=tmp_path, engine=engine)
    steps = {each["id"]: each for each in plan.to_dict()["steps"]}
    assert steps["bad"]["columns_out"] == {
        "id": "string", "amount": "string",
        "_reason": "string", "_rule": "string", "_source": "string", "_row": "integer",
    }  # fmt: skip
    assert "bad" in plan.explain()


@pytest.mark.parametrize(
    ("kind", "text", "advice"),
    [
        ("datetime", "2026-01-31T10:00:00Z", 'declare "at" as datetime with time zone;'),
        ("datetime", "2026-01-31 10:00:00+01:00", 'declare "at" as datetime with time zone;'),
        ("datetime", "2026-01-32", 'declare "at" as a wider type;'),
        ("date", "31.01.2026", 'date_format says how dates are written, such as "%d.%m.%Y"'),
    ],
)
def test_a_moment_in_another_form_is_told_what_to_declare(tmp_path, engine, kind, text, advice):
    (tmp_path / "orders.csv").write_text(f"at\n{text}\n")
    with pytest.raises(wf.WorkflowError) as refused:
        wf.compile(workflow([orders(schema={"at": kind})]), base=tmp_path, engine=engine).collect()
    [problem] = refused.value.diagnostics
    assert problem.code == "IR533"
    assert advice in (problem.hint or "")
