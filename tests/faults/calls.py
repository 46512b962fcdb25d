"""Runs that call a service in the middle: orders, marks that may be set twice, rows that are appended in packs."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.faults.journal_facts import asked
from tests.faults.kinds import SETTINGS, SOURCE, Case, Fact, numbers, write
from tests.faults.wires import KillingWire
from tests.servers.service import Service

ROWS = 12
PACK = 5
_PLACE = {"type": "string"}
_MANIFEST = {
    "manifest_version": 1, "key": "desk", "title": "Desk", "version": "1.0.0", "base_url": "https://desk.example",
    "actions": {
        "order": {
            "kind": "write", "output_schema": {"type": "string"}, "response": {"select": "number"},
            "parameters": {"type": "object", "required": ["place", "id"],
                           "properties": {"place": _PLACE, "id": {"type": "integer"}}},
            "request": {"method": "POST", "path": "/{{params.place}}/orders", "body": {"id": "{{params.id}}"}},
        },
        "mark": {
            "kind": "write", "is_idempotent": True,
            "parameters": {"type": "object", "required": ["place", "id"],
                           "properties": {"place": _PLACE, "id": {"type": "integer"}}},
            "request": {"method": "PUT", "path": "/{{params.place}}/marks/{{params.id}}"},
        },
        "append": {
            "kind": "write", "rows": {"parameter": "lines", "shape": "lists", "max_items": PACK},
            "parameters": {"type": "object", "required": ["place", "lines"], "properties": {
                "place": _PLACE, "lines": {"type": "array", "items": {"type": "array"}}}},
            "request": {"method": "POST", "path": "/{{params.place}}/lines", "body": {"lines": "{{params.lines}}"}},
        },
    },
}  # fmt: skip


class Desk(Service):
    """Takes orders, marks and lines, each at the place of one run."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: Counter[tuple[str, int]] = Counter()
        self.marks: set[tuple[str, int]] = set()
        self.lines: Counter[tuple[str, int]] = Counter()

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/{place}/orders", self._order), web.put("/{place}/marks/{id}", self._mark),
                web.post("/{place}/lines", self._append)]  # fmt: skip

    async def _order(self, request: web.Request) -> web.Response:
        number = (await request.json())["id"]
        self.orders[request.match_info["place"], number] += 1
        return web.json_response({"number": f"o{number}"})

    async def _mark(self, request: web.Request) -> web.Response:
        self.marks.add((request.match_info["place"], int(request.match_info["id"])))
        return web.json_response({})

    async def _append(self, request: web.Request) -> web.Response:
        for line in (await request.json())["lines"]:
            self.lines[request.match_info["place"], line[0]] += 1
        return web.json_response({})


@dataclass(slots=True, kw_only=True)
class Calls:
    """Calls of a desk behind a wire."""

    name: str
    desk: Desk
    wire: KillingWire

    def prepare(self, case: Case) -> None:
        case.env["WEIRFLOW_DESK"] = json.dumps({"api_base": f"http://127.0.0.1:{self.wire.port}"})
        (case.folder / "plugins").mkdir()
        (case.folder / "plugins" / "desk.json").write_text(json.dumps(_MANIFEST))
        common = {"plugin_key": "desk", "on_error": "continue"}
        each = {"place": case.place, "id": "{{id}}"}
        write(case, {"settings": SETTINGS, "data_sources": [SOURCE], "plugin_operations": [
            {**common, "id": "orders", "operation_type": "order", "config": each, "output_variable": "order"},
            {**common, "id": "marks", "operation_type": "mark", "config": each},
            {**common, "id": "lines", "operation_type": "append",
             "config": {"place": case.place, "columns_in_order": ["id", "amount"]}},
        ], "delivery_rules": {
            "file_delivery": [{"id": "list", "format": "csv", "filename_template": "list.csv",
                               "columns": ["id", "order"]}]}})  # fmt: skip
        (case.folder / "sales.csv").write_text(numbers(ROWS))

    def learn(self, case: Case) -> None:
        assert self._listed(case) == {number: f"o{number}" for number in range(1, ROWS + 1)}

    def facts(self, case: Case) -> Mapping[str, Fact]:
        ids = range(1, ROWS + 1)
        orders = {each: self.desk.orders[case.place, each] for each in ids}
        lines = {each: self.desk.lines[case.place, each] for each in ids}
        marks = {each: int((case.place, each) in self.desk.marks) for each in ids}
        unknown = {each + 1 for each in uncertain(case, "orders")}
        packs = uncertain(case, "lines")
        return {
            "orders": _fact(orders, unknown),
            "marks": _fact(marks, set()),
            "lines": _fact(lines, {each for each in ids if (each - 1) // PACK in packs}),
            "list": self._list(case, unknown),
        }

    def may_be_partial(self, delivery: str) -> bool:
        return delivery != "list"

    def leftovers(self, case: Case) -> list[str]:
        return [each.name for each in case.out.glob(".*")] if case.out.exists() else []

    def tidy(self, case: Case) -> None:
        pass

    def _list(self, case: Case, unknown: set[int]) -> Fact:
        """The file has every row, with the number of its order unless nobody knows it."""
        found = self._listed(case)
        wrong = {number: order for number, order in found.items()
                 if order != f"o{number}" and not (order == "" and number in unknown)}  # fmt: skip
        return Fact(is_there=bool(found), is_right=len(found) == ROWS and not wrong, identity=str(found),
                    said=f"{len(found)} rows, wrong {wrong}")  # fmt: skip

    def _listed(self, case: Case) -> dict[int, str]:
        file = case.out / "list.csv"
        if not file.exists():
            return {}
        with file.open(newline="") as stream:
            return {int(row["id"]): row["order"] for row in csv.DictReader(stream)}


def uncertain(case: Case, effect: str) -> set[int]:
    """The calls of an effect, counted from 0, of which the journal does not know whether they took effect."""
    found = asked(case.folder / "home", "select item from weirflow_items where delivery = ? and status = 'uncertain'",
                  effect)  # fmt: skip
    return {int(str(item)) for (item,) in found}


def _fact(came: Mapping[int, int], unknown: set[int]) -> Fact:
    missing = [number for number, count in came.items() if not count and number not in unknown]
    twice = [number for number, count in came.items() if count > 1]
    said = f"{sum(came.values())} of {len(came)}; missing {missing}, twice {twice}, uncertain {sorted(unknown)}"
    return Fact(is_there=any(came.values()), is_right=not missing and not twice, identity=str(sorted(came.items())),
                said=said, is_doubled=bool(twice))  # fmt: skip
