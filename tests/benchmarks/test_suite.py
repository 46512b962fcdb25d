"""The questions of the parcel service: each has one answer, on both engines and in the statement written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.suite.by_hand_duckdb import STATEMENTS
from benchmarks.suite.comparison import QUERIES, compare
from benchmarks.suite.data import make_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("suite"), 4_000)


def test_every_question_is_a_workflow_and_a_statement_written_by_hand() -> None:
    assert sorted(each.stem for each in STATEMENTS.glob("*.sql")) == QUERIES


@pytest.mark.parametrize("query", QUERIES)
def test_a_question_has_the_same_answer_on_both_engines_and_by_hand(query: str, data: Path, tmp_path: Path) -> None:
    assert compare(query, data, tmp_path).height > 0
