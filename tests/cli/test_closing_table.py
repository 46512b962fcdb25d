from dataclasses import replace

import pytest

from engine.cli.closing import print_closing
from engine.result import DeliveryResult, RunResult, StepResult

RESULT = RunResult(
    run_id="r1",
    workflow="regions",
    status="failed",
    engine="duckdb",
    engine_reason="it sorts 2.1 GB",
    seconds=75.2,
    cpu_seconds=60.0,
    peak_memory_bytes=1,
    steps=(
        StepResult(name="orders", kind="source", rows_out=336776, seconds=1.234),
        StepResult(name="paid", kind="relation", rows_in=336776, rows_out=0, dead_letters=1200),
    ),
    deliveries=(
        DeliveryResult(id="totals", step="d1", kind="file", target="out/totals.csv", rows=12, bytes=1549),
        DeliveryResult(id="detail", step="d2", kind="file", target="out/" + "long" * 60 + ".pdf", status="failed",
                       error="no space left on device"),
    ),
    dead_letters={"count": 3, "path": "out/dead.ndjson"},
)  # fmt: skip


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_closing(RESULT)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def test_each_step_has_its_rows_and_the_seconds_that_were_taken(lines: list[str]) -> None:
    assert lines[0].split() == ["step", "kind", "rows", "in", "rows", "out", "dead", "letters", "seconds"]
    assert lines[1].split() == ["orders", "source", "336,776", "1.23"]
    assert lines[2].split() == ["paid", "relation", "336,776", "0", "1,200"]
    assert lines[3].split() == ["run", "3", "75.20"]


def test_each_delivery_has_its_size_and_whole_place(lines: list[str]) -> None:
    assert lines[5].split() == ["delivery", "status", "rows", "size", "place"]
    assert lines[6].split() == ["totals", "delivered", "12", "1.5", "kB", "out/totals.csv"]
    assert lines[7].split() == ["detail", "failed", "0", "0", "B", "out/" + "long" * 60 + ".pdf"]


def test_the_last_lines_say_how_it_went_why_a_delivery_failed_and_how_to_go_on(lines: list[str]) -> None:
    assert lines[-4:] == [
        "failed in 75.2 s on duckdb (it sorts 2.1 GB); 3 dead letters in out/dead.ndjson",
        "detail: no space left on device",
        "delivered: totals",
        "to go on with what is left: weirflow resume r1",
    ]


def test_numbers_stand_right_under_their_heading(lines: list[str]) -> None:
    assert lines[0].index("rows in") + len("rows in") == lines[2].index("336,776") + len("336,776")


def test_a_count_that_nobody_took_is_a_dash_that_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    steps = (
        StepResult(name="orders", kind="source", rows_out=9),
        StepResult(name="paid", kind="filter", rows_in=9),
        StepResult(name="sums", kind="aggregate", rows_out=2),
    )
    print_closing(replace(RESULT, steps=steps))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["orders", "source", "9"], ["paid", "filter", "9", "-"], ["sums", "aggregate", "-", "2"],
    ]  # fmt: skip
    assert lines[5] == "- not counted: duckdb computes such steps together with others"
