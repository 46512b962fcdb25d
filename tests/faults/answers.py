"""Runs that ask a model about rows, whose answers stand in what is delivered, however often the run is killed."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.faults.kinds import SETTINGS, SOURCE, Case, Fact, numbers, write
from tests.faults.wires import KillingWire
from tests.servers.model import ModelServer

ROWS = 16


@dataclass(slots=True, kw_only=True)
class Answers:
    """Questions to a model behind a wire, told apart by the place of the run that their rows hold."""

    name: str
    model: ModelServer
    wire: KillingWire

    def prepare(self, case: Case) -> None:
        case.env |= {"WEIRFLOW_AI_BASE_URL": f"http://127.0.0.1:{self.wire.port}/v1", "WEIRFLOW_AI_MODEL": "made-up",
                     "WEIRFLOW_AI_API_KEY": "k-0123456789"}  # fmt: skip
        write(case, {"settings": SETTINGS, "data_sources": [SOURCE], "ai_operations": [{
            "id": "sort", "type": "classify", "instruction": "Where is {{region}} of {{note}}?",
            "output_schema": {"type": "string", "enum": ["north", "south", "west"]}, "output_variable": "found",
        }], "delivery_rules": {
            "file_delivery": [{"id": "list", "format": "csv", "filename_template": "list.csv",
                               "columns": ["id", "found"]}]}})  # fmt: skip
        rows = numbers(ROWS, note_bytes=8).splitlines()
        (case.folder / "sales.csv").write_text(
            "\n".join([rows[0], *(f"{each} {case.place}" for each in rows[1:])]) + "\n"
        )

    def learn(self, case: Case) -> None:
        assert self._listed(case) == {number: _region(number) for number in range(1, ROWS + 1)}

    def facts(self, case: Case) -> Mapping[str, Fact]:
        asked = Counter(str(each.data["columns"]["note"]) for each in self.model.calls)
        mine = sum(each.endswith(f" {case.place}") for each in asked)
        found = self._listed(case)
        return {
            "answers": Fact(is_there=bool(mine), is_right=mine == ROWS, identity=str(mine),
                            said=f"{mine} of {ROWS} asked about"),
            "list": Fact(is_there=bool(found), is_right=found == {each: _region(each) for each in range(1, ROWS + 1)},
                         identity=str(found), said=f"{len(found)} rows"),
        }  # fmt: skip

    def may_be_partial(self, delivery: str) -> bool:
        return delivery != "list"

    def leftovers(self, case: Case) -> list[str]:
        return [each.name for each in case.out.glob(".*")] if case.out.exists() else []

    def tidy(self, case: Case) -> None:
        self.model.calls[:] = []

    def _listed(self, case: Case) -> dict[int, str]:
        file = case.out / "list.csv"
        if not file.exists():
            return {}
        with file.open(newline="") as stream:
            return {int(row["id"]): row["found"] for row in csv.DictReader(stream)}


def _region(number: int) -> str:
    return ("north", "south", "west")[number % 3]
