"""A process that is killed while many calls are on their way: after it each is made once, or named as uncertain."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from engine.journal.items import Claim, ItemLedger, item_ledger, items_of
from engine.journal.journal import Journal
from tests.engine.plugin_operations.shop import Shop, document
from tests.killed_runs import killed_run
from tests.long_runs import UNMEASURED

ROWS, AT_ONCE = 80, 8


@pytest.fixture
def file(tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(UNMEASURED, "WEIRFLOW_SHOP", json.dumps({"token": "t0ken-123456", "api_base": shop.url}))
    rows = [{"who": f"c{number}"} for number in range(ROWS)]
    found = document(rows, {"operation_type": "create_order", "config": {"customer": "{{who}}"}, "on_error": "continue",
                            "output_variable": "order", "execution_constraints": {"concurrency": {
                                "max_concurrent_operations": AT_ONCE}}})  # fmt: skip
    (tmp_path / "orders.json").write_text(json.dumps(found))
    return tmp_path / "orders.json"


def uncertain_and_made_once(shop: Shop, before: Counter[str]) -> set[str]:
    """The customers whose orders the resume calls uncertain; nobody has two, and only these may have none."""
    [run] = wf.runs()
    result = wf.resume(run.run_id)
    with Journal() as journal:
        items = items_of(journal, run.run_id, "op_0")
    unknown = {f"c{number}" for number, each in items.items() if each.status == "uncertain"}
    made = Counter(each["customer"] for each in shop.orders)
    assert set(items) == set(range(ROWS))
    assert {each.status for each in items.values()} <= {"sent", "uncertain"}
    assert not [who for who, count in made.items() if count > 1]
    assert {f"c{number}" for number in range(ROWS)} - set(made) <= unknown
    assert all(made[who] == before[who] for who in unknown)  # of which nobody knows is not asked for again
    [step] = [each for each in result.steps if each.name == "op_0"]
    assert step.outcome["calls"] == ROWS - len(unknown)
    assert step.outcome.get("uncertain", 0) == len(unknown)
    assert sorted(json.loads(json.loads(line)["original"])["who"] for line in _letters(result)) == sorted(unknown)
    return unknown


def _letters(result: wf.RunResult) -> list[str]:
    path = result.dead_letters["path"]
    return [] if path is None else Path(path).with_suffix(".ndjson").read_text().splitlines()


@pytest.mark.parametrize(
    ("point", "when", "call"),
    [
        ("engine.journal.item_log:ItemLog.begin", "after", 45),
        ("engine.journal.item_log:ItemLog.end", "before", 45),
        ("engine.journal.items:ItemLedger._commit", "before", 6),
        ("engine.journal.items:ItemLedger._commit", "after", 4),
    ],
)
def test_only_what_was_on_its_way_is_uncertain(file: Path, shop: Shop, point: str, when: str, call: int) -> None:
    killed_run(file, point, when=when, call=call)
    before = Counter(each["customer"] for each in shop.orders)
    assert len(uncertain_and_made_once(shop, before)) <= AT_ONCE


def test_after_a_power_failure_all_that_was_claimed_is_uncertain(file: Path, shop: Shop) -> None:
    killed_run(file, "engine.journal.item_log:ItemLog.begin", when="after", call=45)
    before = Counter(each["customer"] for each in shop.orders)
    [run] = wf.runs()
    with Journal() as journal:
        items = items_of(journal, run.run_id, "op_0")
    claimed = {f"c{number}" for number, each in items.items() if each.status == "pending"}
    [log] = (file.parent / "home" / "runs" / run.run_id / "items").iterdir()
    _, _, said = log.read_text().partition("\n")
    log.write_text(f"another start of the machine\n{said}")
    assert uncertain_and_made_once(shop, before) == claimed
    assert len(claimed) >= AT_ONCE


def test_what_is_left_of_a_run_that_went_well_is_no_log(file: Path, shop: Shop) -> None:
    result = wf.run(file)
    assert result.status == "succeeded"
    assert not (file.parent / "home" / "runs" / result.run_id / "items").exists()
    assert len(shop.orders) == ROWS


def test_what_the_journal_cannot_take_is_told_to_whoever_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    with Journal() as journal, item_ledger(journal, "a run", "calls", folder=tmp_path / "items") as ledger:
        claim = ledger.claim(0, key="k", target="half a pair: \ud800")
        with pytest.raises(UnicodeEncodeError):
            ledger.wait(claim)
        with pytest.raises(UnicodeEncodeError):
            ledger.settle()


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ItemLedger, list[Claim]]:
    """The ledger of a run that was interrupted, and its claims, of which it had begun the first one."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    with Journal() as journal:
        ledger, claims = _interrupted(journal, tmp_path / "items")
    return ledger, claims


def _interrupted(journal: Journal, folder: Path) -> tuple[ItemLedger, list[Claim]]:
    found: list[Claim] = []
    with suppress(KeyboardInterrupt), item_ledger(journal, "a run", "calls", folder=folder, most_ahead=2) as ledger:
        found += [ledger.claim(number, key=f"k{number}", target="c") for number in range(3)]
        ledger.wait(found[-1])
        ledger.begin(found[0])
        raise KeyboardInterrupt
    return ledger, found


def test_after_an_interrupt_only_what_was_begun_is_uncertain(
    interrupted: tuple[ItemLedger, list[Claim]], tmp_path: Path
) -> None:
    with Journal() as journal, item_ledger(journal, "a run", "calls", folder=tmp_path / "items") as again:
        assert {number: each.status for number, each in again.known.items()} == {0: "uncertain"}


def test_who_is_late_after_an_interrupt_begins_nothing_and_writes_into_no_other_file(
    interrupted: tuple[ItemLedger, list[Claim]], tmp_path: Path
) -> None:
    ledger, claims = interrupted
    others = [(tmp_path / f"other {number}").open("wb") for number in range(9)]  # one has the number of the log's file
    ledger.end(claims[0], "sent")
    with pytest.raises(ConnectorProblem, match="bad file descriptor"):
        ledger.begin(claims[1])
    for each in others:
        each.close()
    assert {each.stat().st_size for each in tmp_path.glob("other *")} == {0}
