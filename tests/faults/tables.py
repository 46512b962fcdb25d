"""Runs that deliver rows to a table without a key, where a row that came twice would stand twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from tests.faults.files import file_fact
from tests.faults.kinds import ROWS, SETTINGS, SOURCE, Case, Fact, numbers, write
from tests.faults.wires import KillingWire
from tests.servers.running import Database

COLUMNS = "(id bigint, region varchar(20), amount numeric(12,2), note varchar(100))"


@dataclass(slots=True, kw_only=True)
class Tables:
    """A table of SQLite, or of a server behind a wire, and a file after it."""

    name: str
    plugin: str
    database: Database | None = None
    wire: KillingWire | None = None
    right: dict[str, str] = field(default_factory=dict)

    def prepare(self, case: Case) -> None:
        (case.folder / "sales.csv").write_text(numbers())
        place: dict[str, Any] = {"plugin_key": self.plugin, "table": case.place}
        if self.database is not None:
            assert self.wire is not None
            case.env["SHOP"] = self.database.url_as(self.database.user, self.database.password, port=self.wire.port)
            place["credentials_ref"] = "env:SHOP"
        else:
            place["path"] = str(case.folder / "shop.db")
        self._execute(case, f"create table {case.place} {COLUMNS}")
        write(case, {"settings": SETTINGS, "data_sources": [SOURCE], "delivery_rules": {
            "database_delivery": {"id": "rows", "operation": "insert", "batch_rows": 200, **place},
            "file_delivery": [{"id": "after", "format": "csv", "filename_template": "after.csv",
                               "depends_on": ["rows"]}]}})  # fmt: skip

    def learn(self, case: Case) -> None:
        from hashlib import sha256

        self.right = {"after.csv": sha256((case.out / "after.csv").read_bytes()).hexdigest()}

    def facts(self, case: Case) -> Mapping[str, Fact]:
        ((count, kinds, least, most),) = self._execute(
            case, f"select count(*), count(distinct id), min(id), max(id) from {case.place}"
        )
        is_right = (count, kinds, least, most) == (ROWS, ROWS, 1, ROWS)
        rows = Fact(is_there=count > 0, is_right=is_right, identity=str(count), said=f"{count} rows, {kinds} ids")
        return {"rows": rows, "after": file_fact(case.out, self.right)}

    def may_be_partial(self, delivery: str) -> bool:
        return False

    def leftovers(self, case: Case) -> list[str]:
        return [each.name for each in case.out.glob(".*")] if case.out.exists() else []

    def tidy(self, case: Case) -> None:
        self._execute(case, f"drop table {case.place}")

    def _execute(self, case: Case, statement: str) -> list[tuple[Any, ...]]:
        if self.database is not None:
            return self.database.execute(statement)
        with closing(sqlite3.connect(case.folder / "shop.db")) as connection:
            found = connection.execute(statement).fetchall()
            connection.commit()
            return found
