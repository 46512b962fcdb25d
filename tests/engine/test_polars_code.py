"""The script of a plan is plain Polars and gives the rows and files that the plan gives."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import weirflow as wf
from docs.generator.examples import NOW, all_examples
from engine.cli.main import run_command_line
from engine.polars_code.recording import recording
from ir.loading import load
from tests.workflows import inline, workflow

EXAMPLES = Path(__file__).parents[2] / "examples"
WITHOUT_A_SCRIPT = {
    ("formats", "xlsx", "IR330"),
    ("formats", "json", "IR330"),
    ("functions", "texts", "IR330"),
    ("ai_operations", "deterministic_extract", "IR330"),
}
EVIL_LITERAL = """'it''s "" \\ \"\"\" '"""
RUNNER = """
import contextlib, io, json, os, re, runpy, sys
for script, folder in json.load(open(sys.argv[1])):
    os.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()):
        names = runpy.run_path(script)
    (shown,) = re.findall(r"print\\((\\w+)\\.collect\\(\\)\\)", open(script).read())
    names[shown].collect().write_parquet(script + ".parquet")
    assert not {"weirflow", "engine", "transforms", "sqlglot", "duckdb"} & set(sys.modules)
"""


def plans() -> list[tuple[Path, wf.Plan]]:
    cases = [(each.path, each.plan(engine="polars")) for each in all_examples() if each.runs()]
    names = ("quickstart/sales", "hr/headcount", "survey/survey", "reconciliation/reconciliation")
    examples = [EXAMPLES / f"{name}.yaml" for name in names]
    return [*cases, *((path, wf.compile(path, engine="polars", now=NOW)) for path in examples)]


def test_the_scripts_of_all_examples_give_the_rows_of_their_plans(tmp_path: Path) -> None:
    jobs: list[tuple[Path, wf.Plan, str]] = []
    without: set[tuple[str, str, str]] = set()
    for path, plan in plans():
        for frame in (each for each in plan.frames if each not in plan.compiled.late):
            try:
                text = plan.to_polars_code(frame)
            except wf.WorkflowError as error:
                without.update((path.parent.name, path.stem, each.code) for each in error.diagnostics)
                continue
            (tmp_path / f"{len(jobs)}.py").write_text(text, encoding="utf-8")
            jobs.append((path, plan, frame))
    assert without == WITHOUT_A_SCRIPT
    assert len(jobs) > 100
    written = [(str(tmp_path / f"{number}.py"), str(path.parent)) for number, (path, _, _) in enumerate(jobs)]
    (tmp_path / "jobs.json").write_text(json.dumps(written))
    (tmp_path / "runner.py").write_text(RUNNER)
    subprocess.run([sys.executable, tmp_path / "runner.py", tmp_path / "jobs.json"], check=True, timeout=300)
    for number, (_, plan, frame) in enumerate(jobs):
        found, expected = pl.read_parquet(tmp_path / f"{number}.py.parquet"), plan.collect(frame)
        is_ordered = plan.compiled.graph[plan.relation(frame)].frame.order is not None
        assert_frame_equal(found, expected, check_exact=True, check_row_order=is_ordered)


def test_the_functions_of_texts_but_for_hashes_stand_in_a_script() -> None:
    (example,) = (each for each in all_examples() if (each.topic, each.path.stem) == ("functions", "texts"))
    document = json.loads(json.dumps(example.document))
    for step in document["transforms"]:
        for name in ("md5", "sha256"):
            step["config"].get("columns", {}).pop(name, None)
            if name in step["config"].get("select", []):
                step["config"]["select"].remove(name)
    plan = wf.compile(document, engine="polars", now=NOW, base=example.path.parent)
    assert_frame_equal(result_of(plan), plan.collect(), check_exact=True)


def result_of(plan: wf.Plan, frame: str = "data") -> pl.DataFrame:
    """What the script's last line shows, the script run here."""
    text = plan.to_polars_code(frame)
    names: dict[str, Any] = {}
    lines = text.rstrip().splitlines()
    exec(compile("\n".join(lines[:-1]), "script", "exec"), names)
    found = re.fullmatch(r"print\((\w+)\.collect\(\)\)", lines[-1])
    assert found
    return names[found[1]].collect()  # type: ignore[no-any-return]


def sales(**sections: Any) -> Mapping[str, Any]:
    rows = [
        {"region": "north", "units": 3, "price": "1.25", "sold": "2026-01-31"},
        {"region": "south", "units": 2, "price": "10.00", "sold": "2026-02-01"},
        {"region": None, "units": None, "price": None, "sold": None},
    ]
    schema = {"price": "decimal(10,2)", "sold": "date"}
    return workflow([inline("sales", rows, schema)], **sections)


def test_a_script_reads_like_one_that_a_person_wrote() -> None:
    plan = wf.compile(
        sales(
            name="sales",
            transforms=[
                {"type": "filter", "description": "Only what was\nsold", "config": {"where": "units > 0"}},
                {"type": "sort", "config": {"by": ["region"]}, "output_variable": "list"},
            ],
            delivery_rules={
                "file_delivery": [{"format": "parquet", "input_source": "list", "filename_template": "a.parquet"}]
            },
        )
    )
    assert plan.to_polars_code() == (
        "# sales: test\n"
        "#\n"
        "# Made by weirflow from a workflow. It does the same with nothing but Polars; paths\n"
        "# start at the folder it is run in.\n"
        "\n"
        "from datetime import date\n"
        "from decimal import Decimal\n"
        "\n"
        "import polars as pl\n"
        "\n"
        "# inline: 3 rows\n"
        "sales = pl.LazyFrame(\n"
        "    {\n"
        '        "region": ["north", "south", None],\n'
        '        "units": [3, 2, None],\n'
        '        "price": [Decimal("1.25"), Decimal("10.00"), None],\n'
        '        "sold": [date(2026, 1, 31), date(2026, 2, 1), None],\n'
        "    },\n"
        "    schema={\n"
        '        "region": pl.String,\n'
        '        "units": pl.Int64,\n'
        '        "price": pl.Decimal(10, 2),\n'
        '        "sold": pl.Date,\n'
        "    },\n"
        ")\n"
        "\n"
        "# Only what was sold\n"
        'filter_1 = sales.filter(pl.col("units") > pl.lit(0, dtype=pl.Int64))\n'
        "\n"
        "# by region\n"
        'list_ = filter_1.sort("region", nulls_last=True, maintain_order=True)\n'
        "\n"
        "# parquet: parquet\n"
        'list_.sink_parquet("a.parquet")\n'
    )


@pytest.mark.parametrize(
    ("delivery", "name"),
    [
        ({"format": "csv"}, "report.csv"),
        ({"format": "csv", "options": {"delimiter": ";", "header": False, "date_format": "%d.%m.%Y"}}, "report.csv"),
        ({"format": "tsv"}, "report.tsv"),
        ({"format": "ndjson"}, "report.ndjson"),
    ],
)
def test_the_script_writes_the_files_that_a_run_writes(
    delivery: dict[str, Any], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        {"type": "map", "config": {"columns": {"at": "cast(sold as datetime)", "half": "units / 2"}, "drop": ["price"]}}
    ]
    plan = wf.compile(
        sales(transforms=steps, delivery_rules={"file_delivery": [{"filename_template": name, **delivery}]})
    )
    monkeypatch.chdir(tmp_path)
    Path("script.py").write_text(plan.to_polars_code())
    runpy.run_path("script.py")
    plan.run(out=tmp_path / "run")
    assert Path(name).read_bytes() == (tmp_path / "run" / name).read_bytes()


def test_what_polars_cannot_write_is_said_and_shown() -> None:
    text = wf.compile(sales(delivery_rules={"file_delivery": [{"format": "pdf"}]})).to_polars_code()
    assert "which weirflow writes; here are its rows\nprint(sales.collect())" in text.replace("\n# ", " ")


def test_texts_of_the_workflow_cannot_become_code() -> None:
    evil = '"""\nimport os; os.abort() #\r"\\'
    document = sales(
        goal=evil,
        transforms=[{"type": "map", "description": evil, "config": {"columns": {evil: "region", "b": EVIL_LITERAL}}}],
    )
    plan = wf.compile(document)
    calls = [node.func for node in ast.walk(ast.parse(plan.to_polars_code("data"))) if isinstance(node, ast.Call)]
    assert not any(isinstance(each, ast.Attribute) and each.attr == "abort" for each in calls)
    assert_frame_equal(result_of(plan), plan.collect())


@pytest.mark.parametrize("name", ["class", "pl", "date", "print", "Path"])
def test_a_frame_may_have_any_name(name: str) -> None:
    plan = wf.compile(sales(transforms=[{"type": "filter", "config": {"where": "units > 0"}, "output_variable": name}]))
    assert_frame_equal(result_of(plan, name), plan.collect(name))


@pytest.mark.parametrize("packing", ["gz", "zst", "bz2", "zip"])
def test_packed_files_are_read_where_they_stand(packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bz2
    import gzip
    import zipfile

    import zstandard

    content = b"id,sold\n1,2026-01-31\n2,\n"
    if packing == "zip":
        with zipfile.ZipFile(tmp_path / "sales.csv.zip", "w") as archive:
            archive.writestr("sales.csv", content)
    else:
        pack = {"gz": gzip.compress, "zst": zstandard.compress, "bz2": bz2.compress}[packing]
        (tmp_path / f"sales.csv.{packing}").write_bytes(pack(content))
    plan = wf.compile(workflow([{"type": "file", "location": f"sales.csv.{packing}"}]), base=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) not in plan.to_polars_code()
    assert_frame_equal(result_of(plan), plan.collect())


def test_several_files_and_the_column_of_their_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        (tmp_path / f"sales-{number}.csv").write_text(f"id\n{number}\n")
    source = {"type": "file", "location": "sales-*.csv", "config": {"file_column": "file"}}
    plan = wf.compile(workflow([source]), base=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert result_of(plan).rows() == [(1, "sales-1.csv"), (2, "sales-2.csv")]


def test_an_array_of_json_objects_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sales.json").write_text('[{"id": 1, "sold": "2026-01-31"}, {"id": 2}]')
    plan = wf.compile(workflow([{"type": "file", "location": "sales.json"}]), base=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert_frame_equal(result_of(plan), plan.collect())


def test_a_script_says_what_it_does_about_bad_rows_and_stops_at_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sales.csv").write_text("id\n1\nx\n")
    source = {"type": "file", "location": "sales.csv", "config": {"schema": {"id": "integer"}}}
    plan = wf.compile(workflow([source]), base=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "does not fit the declared type" in plan.to_polars_code()
    with pytest.raises(pl.exceptions.ComputeError):
        result_of(plan)


def test_lines_that_are_put_in_order_before_they_are_read_have_no_script(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_bytes(b'id,name\r\n1,"a\rb"\r\n\r\n2,c\r\n')
    plan = wf.compile(workflow([{"type": "file", "location": "sales.csv"}]), base=tmp_path)
    with pytest.raises(wf.WorkflowError, match="IR330"):
        plan.to_polars_code()


def test_the_recording_is_seen_by_its_own_thread_alone() -> None:
    plan = wf.compile(sales(transforms=[{"type": "filter", "config": {"where": "units > 0"}}]))
    heights: list[int] = []
    with recording():
        other = threading.Thread(target=lambda: heights.append(plan.polars().collect().height))
        other.start()
        other.join()
    assert heights == [2]
    assert plan.collect().height == 2


def test_plan_prints_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(EXAMPLES / "quickstart", tmp_path / "shop")
    file = tmp_path / "shop" / "sales.yaml"
    assert run_command_line(["plan", str(file), "--format", "polars"]) == 0
    assert capsys.readouterr().out == wf.compile(file).to_polars_code() + "\n"
    assert run_command_line(["plan", str(file), "--format", "polars", "--frame", "source_0"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("print(source_0.collect())")


def test_the_script_is_the_same_every_time() -> None:
    assert load(EXAMPLES / "survey" / "survey.yaml")
    first, second = (wf.compile(EXAMPLES / "survey" / "survey.yaml", now=NOW).to_polars_code() for _ in range(2))
    assert first == second
