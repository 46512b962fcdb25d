"""A run delivers every file whole or not at all, and says what it did."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}]
NOW = datetime.datetime(2026, 1, 31, 14, 30, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))


def deliver(*files, rows=ROWS, **sections):
    return workflow([inline("main", rows)], delivery_rules={"file_delivery": list(files)}, name="report", **sections)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_format_is_delivered_with_its_hash_and_size(tmp_path, engine):
    formats = ["csv", "json", "ndjson", "parquet", "txt", "html", "xlsx", "pdf"]
    result = wf.run(deliver(*({"format": each} for each in formats)), engine=engine, out=tmp_path / "out", now=NOW)
    assert result.status == "succeeded"
    assert result.exit_code == 0
    for delivery in result.deliveries:
        path = Path(delivery.target)
        assert path.stat().st_size == delivery.bytes
        assert delivery.rows == 3
    assert (tmp_path / "out" / "report.csv").read_text() == "k,n\na,1\nb,2\na,3\n"
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == ROWS
    assert pl.read_parquet(tmp_path / "out" / "report.parquet").to_dicts() == ROWS


def test_ordered_files_are_byte_identical_on_both_engines(tmp_path):
    for engine in ENGINES:
        wf.run(
            deliver({"format": "csv"}, {"format": "json"}, {"format": "ndjson"}), engine=engine, out=tmp_path / engine
        )
    for name in ("report.csv", "report.json", "report.ndjson"):
        assert (tmp_path / "polars" / name).read_bytes() == (tmp_path / "duckdb" / name).read_bytes()


def test_the_result_as_json_has_the_promised_keys(tmp_path):
    found = wf.run(deliver({"format": "csv"}), out=tmp_path).as_json()
    assert list(found) == [
        "run_id",
        "workflow",
        "status",
        "engine",
        "engine_reason",
        "seconds",
        "cpu_seconds",
        "peak_memory_bytes",
        "steps",
        "deliveries",
        "ended",
        "validation",
        "dead_letters",
        "warnings",
    ]
    assert list(found["steps"][0]) == ["name", "kind", "rows_in", "rows_out", "seconds", "attempts"]
    assert list(found["deliveries"][0])[:8] == ["id", "step", "kind", "target", "rows", "bytes", "sha256", "status"]
    assert found["dead_letters"] == {"count": 0, "path": None}
    json.dumps(found)


def test_a_result_hands_over_frames(tmp_path):
    assert wf.run(deliver({"format": "csv"}), out=tmp_path)["data"].to_dicts() == ROWS


def test_an_existing_file_stops_the_run_before_anything_is_written(tmp_path):
    (tmp_path / "report.json").write_text("mine")
    with pytest.raises(wf.WorkflowError, match="IR605"):
        wf.run(deliver({"format": "csv"}, {"format": "json"}), out=tmp_path)
    assert (tmp_path / "report.json").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "report.json"]


def test_overwrite_replaces_the_file(tmp_path):
    (tmp_path / "report.csv").write_text("old")
    wf.run(deliver({"format": "csv", "options": {"overwrite": True}}), out=tmp_path)
    assert (tmp_path / "report.csv").read_text().startswith("k,n\n")


def test_file_names_from_templates_cannot_leave_the_destination(tmp_path):
    document = deliver(
        {"format": "csv", "destination": {"path": "in"}, "filename_template": "{{inputs.name}}.csv"},
        runtime_inputs=[{"name": "name", "type": "text", "label": "x", "required": True}],
    )
    result = wf.run(document, out=tmp_path, inputs={"name": "../../etc/passwd"})
    assert Path(result.deliveries[0].target).parent == tmp_path / "in"
    assert list((tmp_path / "in").iterdir()) == [Path(result.deliveries[0].target)]


def test_a_file_name_that_climbs_out_by_itself_is_refused(tmp_path):
    with pytest.raises(wf.WorkflowError, match="IR606"):
        wf.run(deliver({"format": "csv", "destination": {"path": "in"}, "filename_template": "../x.csv"}), out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_run_words_fill_file_names(tmp_path):
    document = deliver({"format": "csv", "filename_template": "{{workflow}}_{{date}}_q{{run.quarter}}.csv"})
    result = wf.run(document, out=tmp_path, now=NOW)
    assert Path(result.deliveries[0].target).name == "report_2026-01-31_q1.csv"


def test_two_deliveries_of_one_file_are_refused(tmp_path):
    with pytest.raises(wf.WorkflowError, match="IR603"):
        wf.run(deliver({"id": "a", "format": "csv"}, {"id": "b", "format": "csv"}), out=tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_delivery_that_cannot_be_written_does_not_stop_the_others(tmp_path, engine):
    (tmp_path / "file").write_text("in the way")
    document = deliver({"format": "csv"}, {"id": "blocked", "format": "json", "destination": {"path": "file/below"}})
    result = wf.run(document, engine=engine, out=tmp_path)
    assert result.status == "failed"
    assert result.exit_code == 1
    assert {each.id: each.status for each in result.deliveries} == {"csv": "delivered", "blocked": "failed"}
    assert (tmp_path / "report.csv").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_that_does_not_fit_stops_its_deliveries_and_is_named(tmp_path, engine):
    source = tmp_path / "in.csv"
    # far behind the sample
    source.write_text("n\n" + "1\n" * 200_000 + "x1\n")
    config = {"schema": {"n": "integer"}, "on_bad_row": "error"}
    document = workflow(
        [{"type": "file", "alias": "main", "location": str(source), "config": config}],
        delivery_rules={"file_delivery": {"format": "csv", "destination": {"path": str(tmp_path / "out")}}},
    )
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(document, engine=engine)
    text = str(failure.value)
    assert "x1" in text
    assert "200001" in text.replace(",", "") or "200002" in text.replace(",", "")
    assert not any((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broken_source_fails_only_the_deliveries_that_read_it(tmp_path, engine):
    source = tmp_path / "in.csv"
    source.write_text("n\n" + "1\n" * 200_000 + "x\n" + "1\n" * 200_000)
    config = {"schema": {"n": "integer"}, "max_bad": 0}
    document = workflow(
        [inline("main", ROWS), {"type": "file", "alias": "bad", "location": str(source), "config": config}],
        delivery_rules={
            "file_delivery": [
                {"id": "good", "format": "csv"},
                {"id": "broken", "format": "json", "input_source": "bad"},
            ]
        },
    )
    result = wf.run(document, engine=engine, out=tmp_path / "out")
    assert {each.id: each.status for each in result.deliveries} == {"good": "delivered", "broken": "failed"}
    assert 'row 200001, column "n": "x" does not fit integer' in (result.deliveries[1].error or "")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["workflow.csv"]


def test_open_questions_refuse_a_run_but_not_a_plan(tmp_path):
    document = deliver({"format": "csv"}, clarifications_required=["which year?"])
    wf.compile(document)
    with pytest.raises(wf.WorkflowError, match=r"which year\?"):
        wf.run(document, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_leaves_nothing_but_the_journal_and_its_own_file_in_its_home(tmp_path):
    result = wf.run(deliver({"format": "csv"}), out=tmp_path / "out")
    home = tmp_path / "home"
    assert sorted(str(each.relative_to(home)) for each in home.rglob("*") if each.is_file()) == [
        "journal.db", f"runs/{result.run_id}/run.json",
    ]  # fmt: skip


def test_events_tell_the_steps_and_the_rows(tmp_path):
    events = []
    wf.run(deliver({"format": "csv"}), out=tmp_path, progress=events.append)
    kinds = [event.kind for event in events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert ("delivery_finished", 3) in [(event.kind, event.rows) for event in events]


def test_shared_work_is_read_once(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("k,n\n" + "".join(f"{index % 5},{index}\n" for index in range(10_000)))
    document = workflow(
        [{"type": "file", "alias": "main", "location": str(source)}],
        transforms=[
            {"type": "map", "config": {"columns": {"m": "n * 2"}}, "output_variable": "base"},
            {
                "type": "aggregate",
                "input_source": "base",
                "config": {"group_by": ["k"], "aggregates": {"m": "sum(m)"}},
                "output_variable": "sums",
            },
            {"type": "filter", "input_source": "base", "config": {"where": "n < 10"}, "output_variable": "few"},
        ],
        delivery_rules={
            "file_delivery": [
                {"id": "a", "format": "csv", "input_source": "sums", "filename_template": "a.csv"},
                {"id": "b", "format": "csv", "input_source": "few", "filename_template": "b.csv"},
                {"id": "c", "format": "json", "input_source": "few", "filename_template": "c.json"},
                {"id": "d", "format": "csv", "input_source": "base", "columns": ["n"], "filename_template": "d.csv"},
            ]
        },
    )
    result = wf.run(document, engine="polars", out=tmp_path / "out")
    rows = {step.name: step.rows_out for step in result.steps}
    # counted as they pass: a second reading would double them
    assert rows["main"] == 10_000
    assert rows["base"] == 10_000
    assert rows["sums"] == 5
    assert rows["few"] == 10


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_duckdb_counts_sources_and_what_follows_from_them(tmp_path, ending):
    rows = pl.DataFrame({"k": ["a", "b", "c"] * 50_000, "v": range(150_000)})
    getattr(rows, f"write_{ending}")(tmp_path / f"rows.{ending}")
    document = {
        **workflow([{"type": "file", "alias": "rows", "location": f"rows.{ending}"}]),
        "transforms": [
            {"id": "twice", "type": "map", "config": {"columns": {"w": "v * 2"}}},
            {"id": "most", "type": "filter", "config": {"where": "v > 2"}},
            {"id": "sums", "type": "aggregate", "config": {"group_by": ["k"], "aggregates": {"n": "count(*)"}}},
        ],
        "delivery_rules": {"file_delivery": {"format": "csv"}},
    }
    result = wf.compile(document, engine="duckdb", base=tmp_path).run(out=tmp_path)
    counts = {step.name: (step.rows_in, step.rows_out) for step in result.steps}
    assert counts == {
        "rows": (None, 150_000), "twice": (150_000, 150_000), "most": (150_000, None), "sums": (None, 3), "csv": (3, 3),
    }  # fmt: skip


def test_rendering_puts_title_columns_and_order_on_the_table(tmp_path):
    document = deliver(
        {"format": "csv"},
        {"format": "html"},
        rendering={
            "type": "report",
            "title": "All of {{inputs.year}}",
            "columns_in_order": ["n"],
            "sort_order": [{"field": "n", "direction": "desc"}],
        },
        runtime_inputs=[{"name": "year", "type": "text", "label": "Year", "default_value": "2026"}],
    )
    wf.run(document, out=tmp_path)
    assert (tmp_path / "report.csv").read_text() == "n\n3\n2\n1\n"
    assert "All of 2026" in (tmp_path / "report.html").read_text()


def test_an_option_that_the_format_does_not_have_is_refused_at_its_key():
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(deliver({"format": "csv", "options": {"sheet_name": "x"}}))
    assert [(each.code, each.pointer[-1]) for each in failure.value.diagnostics] == [("IR602", "sheet_name")]


def test_a_memory_limit_is_given_to_duckdb(tmp_path):
    document = deliver({"format": "csv"}, settings={"memory_limit": "1 GB"})
    result = wf.run(document, out=tmp_path)
    assert result.engine == "duckdb"
    assert "memory limit" in result.engine_reason
    relation = wf.compile(document).duckdb()
    assert relation.fetchall() == [("a", 1), ("b", 2), ("a", 3)]


def test_closed_policy_refuses_files_outside_its_folder(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "x.csv").write_text("a\n1\n")
    document = workflow([{"type": "file", "alias": "x", "location": str(outside / "x.csv")}])
    with pytest.raises(wf.WorkflowError, match="IR503"):
        wf.compile(document, policy=wf.Policy.closed(inside), base=inside)
    with pytest.raises(wf.WorkflowError, match="IR503"):
        wf.run(
            deliver({"format": "csv", "destination": {"path": str(outside)}}),
            policy=wf.Policy.closed(inside),
            base=inside,
        )
    assert [path.name for path in outside.iterdir()] == ["x.csv"]


def test_remote_files_are_read_and_delivered_through_fsspec(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/in/a.csv", b"k,n\nx,1\n")
    memory.pipe("/in/b.csv", b"k,n\ny,2\n")
    document = workflow(
        [{"type": "file", "alias": "main", "location": "memory://in/*.csv"}],
        delivery_rules={"file_delivery": {"format": "json", "destination": {"path": "memory://out"}}},
    )
    for engine in ENGINES:
        result = wf.run(document, engine=engine)
        assert result.status == "succeeded", result.deliveries
        assert json.loads(memory.cat("/out/workflow.json")) == [{"k": "x", "n": 1}, {"k": "y", "n": 2}]
        memory.rm("/out/workflow.json")


def test_two_deliveries_to_one_file_are_refused_whatever_way_leads_there(tmp_path):
    files = [
        {"format": "csv", "filename_template": "a.txt", "options": {"overwrite": True}},
        {
            "format": "json",
            "filename_template": "a.txt",
            "options": {"overwrite": True},
            "destination": {"path": "x/.."},
        },
    ]
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(deliver(*files), out=tmp_path / "out")
    assert [each.code for each in failure.value.diagnostics] == ["IR603"]
    assert not (tmp_path / "out").exists()


def test_a_rehearsal_refuses_what_the_run_would_refuse_and_writes_nothing(tmp_path):
    plan = wf.compile(deliver({"format": "csv"}), base=tmp_path)
    plan.rehearse()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "report.csv").write_text("old")
    with pytest.raises(wf.WorkflowError) as failure:
        plan.rehearse()
    assert [each.code for each in failure.value.diagnostics] == ["IR605"]


def test_a_fixed_file_name_that_leaves_its_folder_is_found_when_compiled(tmp_path):
    found = wf.validate(deliver({"format": "csv", "filename_template": "../a.csv"}))
    assert [each.code for each in found] == ["IR606"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("now_there", "code", "said"),
    [
        (None, "IR505", "orders.csv has vanished since the plan was made"),
        ("n,k\n1,a\n", "IR528", "the header of orders.csv has changed since the plan was made"),
    ],
)
def test_a_source_that_changed_under_a_plan_is_named(tmp_path, engine, now_there, code, said):
    orders = tmp_path / "orders.csv"
    orders.write_text("k,n\na,1\n")
    files = {"file_delivery": [{"format": "csv"}]}
    plan = wf.compile(workflow([{"type": "file", "location": "orders.csv"}], delivery_rules=files, name="report"),
                      base=tmp_path, engine=engine)  # fmt: skip
    orders.unlink()
    if now_there:
        orders.write_text(now_there)
    with pytest.raises(wf.WorkflowError) as failure:
        plan.run(out=tmp_path / "out")
    (found,) = failure.value.diagnostics
    assert (found.code, found.message, found.pointer) == (code, said, ("data_sources", 0, "location"))
    assert not (tmp_path / "out").exists()


def test_rows_added_to_a_source_after_the_plan_are_read(tmp_path):
    (tmp_path / "orders.csv").write_text("k,n\na,1\n")
    plan = wf.compile(workflow([{"type": "file", "location": "orders.csv"}]), base=tmp_path)
    with (tmp_path / "orders.csv").open("a") as file:
        file.write("b,2\n")
    assert plan.collect("data").rows() == [("a", 1), ("b", 2)]


def test_validate_opens_no_connection_and_says_what_it_did_not_check():
    sources = [{"type": "file", "alias": "far", "location": "https://127.0.0.1:1/orders.csv"}]
    (found,) = wf.validate(workflow(sources, transforms=[{"type": "filter", "config": {"where": "amount > 1"}}]))
    assert (found.code, found.severity) == ("IR508", "warning")


def test_a_password_in_a_url_stands_in_no_plan_and_in_no_excerpt(tmp_path):
    url = "sftp://ada:tr0ub4dor@example.com/in"
    place = {"destination": {"path": url}}
    plan = wf.compile(deliver({"format": "csv", **place}))
    shown = [plan.explain(), json.dumps(plan.to_dict()), plan.to_mermaid(), plan.to_html(), repr(plan)]
    assert all("example.com" in each for each in shown[:2])
    (tmp_path / "far.yaml").write_text(
        'ir_version: "3.1"\ngoal: g\ndata_sources:\n  - {type: file, location: "nope' + url + '", config: {heder: 1}}\n'
    )
    shown += [str(each) for each in wf.validate(tmp_path / "far.yaml")]
    assert "sftp://ada:*********@example.com" in shown[-1]
    assert not any("tr0ub4dor" in each for each in shown)


def test_a_stopped_run_takes_the_folder_its_files_would_have_shared_with_it(tmp_path):
    def stop(event):
        if event.kind == "rows":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wf.run(deliver({"format": "csv"}, {"format": "json"}), out=tmp_path / "out", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_run_that_delivers_nothing_says_so(tmp_path):
    result = wf.run(workflow([inline("main", ROWS)]), out=tmp_path)
    assert [each.code for each in result.warnings] == ["IR324"]


def test_what_a_writer_had_to_cut_is_a_warning_of_the_run(tmp_path):
    result = wf.run(deliver({"format": "xlsx"}, rows=[{"k": "x" * 40_000}]), out=tmp_path)
    assert any("32,767" in str(each) for each in result.warnings)


def test_the_run_id_stands_in_a_title(tmp_path):
    document = deliver({"format": "html"}, rendering={"type": "report", "title": "Run {{run.id}}"})
    result = wf.run(document, out=tmp_path)
    assert f"Run {result.run_id}" in (tmp_path / "report.html").read_text()


def test_a_run_that_draws_the_name_of_another_one_takes_nothing_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.run_folder.secrets.token_hex", lambda _: "abcdef")
    wf.run(deliver({"format": "csv"}), out=tmp_path / "first", now=NOW)
    with pytest.raises(wf.WorkflowError) as refused:
        wf.run(deliver({"format": "json"}), out=tmp_path / "second", now=NOW)
    [found] = refused.value.diagnostics
    assert (found.code, found.message) == ("IR710", "another run is called 20260131T143000-abcdef")
    assert not list(tmp_path.glob("second/*"))
    assert [each.id for run in wf.runs() for each in run.deliveries] == ["csv"]
