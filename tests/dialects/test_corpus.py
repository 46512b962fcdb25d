"""Documents in the original's words: what is said about each, what they give, and that in 3.1 they give the same."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from docs.generator.examples import plain_rows
from ir.loading import loads
from ir.writing import to_json, to_yaml
from tests.dialects.corpus import CORPUS, ORIGINALS, Original

ENGINES = ("polars", "duckdb")
NOW = datetime(2026, 1, 31, 14, 30, tzinfo=UTC)
TRANSLATIONS = {"IR211", "IR212", "IR213", "IR214", "IR215", "IR216"}
RUNNING = [each for each in ORIGINALS if {"x-expected", "x-delivered"} & set(each.value)]
READABLE = [each for each in ORIGINALS if each.translated() is not None]


def named(original: Original) -> str:
    return original.name


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))


def test_the_corpus_holds_every_dialect() -> None:
    versions = [str(each.value["ir_version"]) for each in ORIGINALS]
    for version, least in {"2.0": 8, "3.0": 12, "3.1": 1, "4.0": 1}.items():
        assert versions.count(version) >= least
    assert sum("delivery" in each.value for each in ORIGINALS) >= 6
    assert len(RUNNING) >= 12


@pytest.mark.parametrize("original", ORIGINALS, ids=named)
def test_every_translation_and_refusal_is_said_at_its_place(original: Original) -> None:
    assert original.said() == original.golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("original", RUNNING, ids=named)
def test_a_document_gives_the_rows_and_files_worked_out_by_hand(
    original: Original, engine: str, tmp_path: Path
) -> None:
    given(original.path, original.value, engine, tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("original", RUNNING, ids=named)
def test_its_form_in_3_1_gives_the_same(original: Original, engine: str, tmp_path: Path) -> None:
    given(current_form(original), original.value, engine, tmp_path)


@pytest.mark.parametrize("syntax", ["yaml", "json"])
@pytest.mark.parametrize("original", READABLE, ids=named)
def test_its_form_in_3_1_needs_no_translation(original: Original, syntax: str) -> None:
    value = current_form(original)
    text = to_yaml(value) if syntax == "yaml" else to_json(value)
    read = loads(text, file="w", syntax="yaml" if syntax == "yaml" else "json").value
    assert read == value
    found = wf.validate(read, base=CORPUS)
    assert [each for each in found if each.code in TRANSLATIONS] == []
    expected = [each for each in wf.validate(original.path) if each.code not in TRANSLATIONS]
    assert [(each.code, each.message) for each in found] == [(each.code, each.message) for each in expected]


def current_form(original: Original) -> dict[str, Any]:
    document = original.translated()
    assert document is not None
    assert document.value["ir_version"] == "3.1"
    return document.value


def given(workflow: Path | Mapping[str, Any], expected: Mapping[str, Any], engine: str, folder: Path) -> None:
    plan = wf.compile(workflow, engine=engine, base=CORPUS, now=NOW)
    for frame, rows in (expected.get("x-expected") or {}).items():
        seen = [json.dumps(row, ensure_ascii=False) for row in plain_rows(plan.collect(frame))]
        wanted = [json.dumps(row, ensure_ascii=False) for row in rows]
        ordered = plan.compiled.graph[plan.relation(frame)].frame.order is not None
        assert seen == wanted if ordered else sorted(seen) == sorted(wanted)
    if files := expected.get("x-delivered"):
        result = plan.run(out=folder)
        assert result.status == "succeeded"
        assert {name: (folder / name).read_text(encoding="utf-8") for name in files} == files
        assert os.path.getsize(folder / next(iter(files))) > 0
