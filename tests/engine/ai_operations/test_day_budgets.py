"""What all runs of a journal may take of a model's service in a day, and what is told of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

import weirflow as wf
from connectors.ai.answering import Usage
from connectors.ai.configuration import AiSettings, Budget
from engine.ai_operations.day_purse import DayPurse
from engine.cli.main import run_command_line
from engine.journal.journal import Journal
from engine.journal.spending import spent
from ir.diagnostics import WorkflowError
from tests.engine.ai_operations.test_asking import document
from tests.servers.model import ModelServer
from tests.servers.running import Database

BASE = "https://models.example/v1"


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    if request.param == "postgres":
        database: Database = request.getfixturevalue("postgres")
        url = database.url
    monkeypatch.setenv("WEIRFLOW_JOURNAL", url)
    with Journal() as opened:
        yield opened


def purse(journal: Journal, workflow: str = "orders", **day: Decimal | int) -> DayPurse:
    return DayPurse.of(AiSettings(base_url=BASE, day=Budget(**day)), journal, workflow)  # type: ignore[arg-type]


CALL = Usage(calls=1, tokens_in=80, tokens_out=20, cost=Decimal("0.01"))


def asked(purses: list[DayPurse], most: int) -> int:
    """So many calls are made, by the purses in turn, until each is told that there is no more."""
    made = 0
    for number in range(most):
        each = purses[number % len(purses)]
        if each.reserve(CALL) is None:
            each.settle(CALL, CALL)
            made += 1
    return made


@pytest.mark.parametrize(("day", "calls"), [({"max_tokens": 2050}, 20), ({"max_cost": Decimal("0.255")}, 25)])
def test_runs_of_several_workflows_stay_within_the_budget_of_a_day(
    journal: Journal, day: dict[str, int], calls: int
) -> None:
    purses = [purse(journal, name, **day) for name in ("orders", "reviews", "letters")]
    assert asked(purses, 200) == calls
    for each in purses:
        each.close()
    with journal.looking() as connection:
        found = spent(connection, journal.tenant)
    assert sum(each.amount.calls for each in found) == calls
    assert sum(each.amount.tokens for each in found) == calls * 100
    assert sum(each.amount.micros for each in found) == calls * 10_000
    assert {each.workflow for each in found} <= {"orders", "reviews", "letters"}


def test_what_is_not_used_goes_back_when_a_step_ends_and_not_when_it_is_killed(journal: Journal) -> None:
    first = purse(journal, max_tokens=1000)
    assert first.reserve(CALL) is None  # which sets 250 aside, a quarter of what is left
    first.settle(CALL, CALL)
    killed = purse(journal, max_tokens=1000)
    assert killed.books.left().tokens == 750
    assert killed.reserve(CALL) is None  # 187 of 750
    first.close()
    assert purse(journal, max_tokens=1000).books.left().tokens == 1000 - 100 - 187


def test_many_threads_together_stay_within_it(journal: Journal) -> None:
    purses = [purse(journal, max_tokens=2050) for _ in range(3)]
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(lambda number: asked([purses[number % 3]], 15), range(6)))
    assert sum(made) <= 20


def test_a_budget_that_is_set_aside_is_not_asked_of_the_journal_at_each_call(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, entered = purse(journal, max_tokens=10_000_000), []
    enter = type(one.books).enter
    monkeypatch.setattr(type(one.books), "enter", lambda *given, **named: entered.append(1) or enter(*given, **named))
    assert asked([one], 80) == 80
    assert len(entered) == 10


def test_a_run_is_told_what_was_reached_and_until_when(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", f"sqlite:///{tmp_path / 'journal.db'}")
    wf.compile(document(3)).run(out=tmp_path / "first")
    [day] = _spending(capsys)
    tokens = day["tokens_in"] + day["tokens_out"]
    assert (day["calls"], day["workflow"], day["cost"]) == (3, "workflow", 0)
    monkeypatch.setenv("WEIRFLOW_AI_MAX_TOKENS_PER_DAY", str(tokens + 10))
    with pytest.raises(WorkflowError) as stopped:
        wf.compile(document(4)).run(out=tmp_path / "second")  # three of them are remembered
    [found] = stopped.value.diagnostics
    assert found.code == "IR763"
    assert f"max_tokens_per_day of [ai] is {tokens + 10:,}, and 10 is left of it" in found.message
    assert "00:00 UTC, when the next day begins" in (found.hint or "")
    assert len(model.calls) == 3
    with sqlite3.connect(tmp_path / "journal.db") as journal:
        assert journal.execute("select sum(aside_tokens), sum(aside_micros) from weirflow_spending").fetchone() == (
            0,
            0,
        )


def test_a_cost_a_day_needs_prices(model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_AI_MAX_COST_PER_DAY", "5")
    with pytest.raises(WorkflowError, match="max_cost_per_day is set, and nothing says what the model"):
        wf.compile(document(1)).run(out=tmp_path)
    assert model.calls == []


def _spending(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run_command_line(["runs", "spending", "--format", "json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found
