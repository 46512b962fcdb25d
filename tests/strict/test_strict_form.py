"""Every example in the strict form is allowed by the strict schema, and read back it is the same workflow."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import weirflow as wf
from docs.generator.examples import all_examples
from engine.schemas import CONFIGS, in_strict_form
from engine.testing.suite import is_test_file
from ir.diagnostics import Problems
from ir.loading import from_dict, load
from ir.strict_form import NoStrictForm
from ir.workflow import Workflow, read_document
from ir.writing import to_json
from tests.strict.instances import SCHEMA

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(each for each in (ROOT / "examples").glob("*/*.yaml") if not is_test_file(each))
TOO_DEEP = ROOT / "examples" / "shop_orders" / "shop_orders.yaml"
"""Its payload_schema is a JSON Schema that nests deeper than the strict form has room for; `fields` would do."""
EXAMPLES.remove(TOO_DEEP)
WITH_DATA = [
    each
    for each in EXAMPLES
    if each.stem not in {"reminders", "feedback", "invoices_inbox"}
    and all(found.severity != "error" and found.code != "IR508" for found in wf.validate(each))
]
"""The data of the others is made or fetched first, or stands elsewhere, or they send mail or ask a model."""
DOCUMENTS = [
    *EXAMPLES,
    *(each.path for each in all_examples()),
    *sorted((ROOT / "tests" / "ir" / "documents").glob("*.yaml")),
]
STRICT = jsonschema_rs.validator_for(SCHEMA)
NOW = datetime(2026, 1, 31, 14, 30, tzinfo=UTC)
NOT_IN_IT = {"description", "tests", "ir_version"}


def read(path: Path) -> Workflow:
    document = load(path)
    workflow = read_document(document, Problems(document))[1]
    assert workflow is not None
    return workflow


def meaning(workflow: Workflow) -> dict[str, Any]:
    """The workflow's values without notes and without what is absent, in the shape that the models give them."""
    value = workflow.model_dump(by_alias=True)
    for step in value["transforms"]:
        step["config"] = CONFIGS[step["type"]].model_validate(step["config"]).model_dump(by_alias=True)
    for conditional, original in zip(value["conditionals"], workflow.conditionals, strict=True):
        conditional["condition"] = original.filter.model_dump()
    found: dict[str, Any] = without_notes(value)
    return found


def test_a_json_schema_that_nests_deep_is_said_to_have_no_strict_form() -> None:
    with pytest.raises(NoStrictForm, match="/data_sources/0 has no strict form"):
        in_strict_form(read(TOO_DEEP))


def without_notes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_notes(each) for key, each in value.items()
                if key not in NOT_IN_IT and not key.startswith("x-") and each not in (None, {}, [])}  # fmt: skip
    return [without_notes(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_workflow_is_the_same_in_the_strict_form(path: Path) -> None:
    workflow = read(path)
    if "effects" in path.stem or f"{path.parent.name}/{path.stem}" == "conditionals/original":
        # its lists of actions and its rates in windows are the original's, which the strict form leaves out
        left_out = {"conditionals": [], "execution_constraints": None, "plugin_operations": []}
        workflow = workflow.model_copy(update=left_out)
    made = json.loads(to_json(in_strict_form(workflow)))
    assert [f"{each.instance_path}: {each.message}" for each in STRICT.iter_errors(made)] == []
    document = from_dict(made)
    problems = Problems(document)
    _, again = read_document(document, problems)
    assert [str(each) for each in problems.errors] == []
    assert again is not None
    assert meaning(again) == meaning(workflow)


def test_most_examples_have_their_data() -> None:
    assert {"headcount", "sales", "survey"} <= {each.stem for each in WITH_DATA}


@pytest.mark.parametrize("path", WITH_DATA, ids=lambda path: path.stem)
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_example_runs_equal_in_the_strict_form(
    path: Path, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = in_strict_form(read(path))
    made["name"] = made["name"] or path.stem
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    if path.parent.name == "sqlite":  # writes its database beside the workflow
        path = Path(shutil.copytree(path.parent, tmp_path / "sqlite")) / path.name
    before = wf.compile(path, engine=engine, now=NOW)
    after = wf.compile(made, engine=engine, now=NOW, base=path.parent)
    assert after.frames == before.frames
    for frame in before.frames:
        assert after.sql(frame) == before.sql(frame)
    results = [plan.run(out=tmp_path / name) for name, plan in (("before", before), ("after", after))]
    # incomplete is what a run with dead letters is called
    assert [each.status for each in results] == ["incomplete" if path.stem == "reconciliation" else "succeeded"] * 2
    assert files(tmp_path / "after") == files(tmp_path / "before")


def files(folder: Path) -> dict[str, bytes | None]:
    """The files below the folder; of pages and workbooks only that they are there."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        if each.suffix in {".csv", ".json", ".ndjson", ".txt"}
        else None
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def test_what_nests_too_deep_has_no_strict_form() -> None:
    deep = {"a": {"b": {"c": {"d": 1}}}}
    source = {"type": "api", "plugin_key": "crm", "config": deep}
    document = from_dict({"ir_version": "3.1", "goal": "g", "data_sources": [source]})
    workflow = read_document(document, Problems(document))[1]
    assert workflow is not None
    with pytest.raises(NoStrictForm, match="data_sources"):
        in_strict_form(workflow)
