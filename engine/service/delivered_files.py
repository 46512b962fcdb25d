"""Which files of the service's folder its runs have delivered: they are data, whatever they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import or_, select

from connectors.home import home
from engine.journal.journal import Journal
from engine.journal.tables import deliveries
from engine.run_folder import write_whole

KEPT = "delivered_files.json"
"""In the home: those that looked like workflows. The journal forgets its runs one day, and the files stay."""


class DeliveredFiles:
    """Answers of the journal, which outlive what it keeps."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._file = home() / KEPT
        self._known = set[str]()
        with suppress(OSError, ValueError):
            self._known = {str(each) for each in json.loads(self._file.read_text(encoding="utf-8"))}

    def has(self, path: Path) -> bool:
        """Whether a run has put this file where it is.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be asked.
            OSError: that it is so cannot be remembered.
        """
        if str(path) in self._known:
            return True
        real = path.resolve()
        if not any(Path(each).name == path.name and Path(each).resolve() == real for each in self._targets(path.name)):
            return False
        self._remember({*self._known, str(path)})
        return True

    def tidy(self) -> None:
        """Forget files that are gone."""
        there = {each for each in self._known if Path(each).exists()}
        if there != self._known:
            self._remember(there)

    def _remember(self, paths: set[str]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._file, json.dumps(sorted(paths)))
        self._known = paths

    def _targets(self, name: str) -> Iterator[str]:
        """The local places of all deliveries to files of this name, those that are about to be made among them."""
        table, written = deliveries, json.dumps(name)[1:-1]
        named = or_(table.c.target.endswith(f"/{name}", autoescape=True),
                    table.c.result.contains(f"/{written}\"", autoescape=True))  # fmt: skip
        asked = select(table.c.target, table.c.result).where((table.c.tenant == self._journal.tenant) & named)
        with self._journal.looking() as connection:
            rows = connection.execute(asked).all()
        for target, result in rows:
            yield from (each for each in (target, *_in_result(result)) if each.startswith("/"))


def _in_result(result: str | None) -> Iterator[str]:
    with suppress(ValueError, TypeError, AttributeError):
        for each in json.loads(result or "{}").get("files") or ():
            yield str(each["target"])
