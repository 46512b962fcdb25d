"""A place that takes no more bytes fails its own delivery, in the words of the workflow, and keeps nothing of it."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

FORMATS = ["csv", "json", "ndjson", "parquet", "txt", "html", "xlsx", "pdf"]
NUMBERS = random.Random(1)
ROWS = [{"id": number, "text": f"{NUMBERS.getrandbits(1600):x}"} for number in range(4000)]
FEW = [{"id": 1, "text": "short"}]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_file_that_finds_no_room_fails_alone_and_leaves_nothing(
    tmp_path: Path, engine: str, format: str, request: pytest.FixtureRequest
) -> None:
    pl.DataFrame(ROWS).write_csv(tmp_path / "many.csv")
    request.getfixturevalue("full_after_500_kB")
    found = wf.run(
        workflow(
            [{"type": "file", "alias": "many", "location": "many.csv"}, inline("few", FEW)],
            delivery_rules={"file_delivery": [
                {"id": "large", "format": format, "input_source": "many", "filename_template": "large"},
                {"id": "small", "format": "csv", "input_source": "few", "filename_template": "small"},
            ]},
        ),
        engine=engine, out=tmp_path / "out", base=tmp_path,
    )  # fmt: skip
    large, small = found.deliveries
    assert (large.status, small.status) == ("failed", "delivered")
    assert large.finding is not None
    assert large.finding.code == "IR608"
    assert large.finding.message.startswith(f"{tmp_path / 'out' / 'large'} cannot be written: File too large")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["small"]
