"""Runs that deliver files into a folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.kinds import SETTINGS, SOURCE, Case, Fact, numbers, write
from tests.faults.wires import KillingWire
from tests.servers.session import REPOSITORY


@dataclass(slots=True, kw_only=True)
class Files:
    """Files of the rows of a CSV; `sections` go into the document, `deliveries` are its file_delivery."""

    name: str
    deliveries: Sequence[Mapping[str, Any]]
    sections: Mapping[str, Any] = field(default_factory=dict)
    right: dict[str, dict[str, str]] = field(default_factory=dict)
    """By delivery the hash of each file."""
    wire: KillingWire | None = None

    def prepare(self, case: Case) -> None:
        (case.folder / "sales.csv").write_text(numbers())
        write(case, {"settings": SETTINGS, "data_sources": [SOURCE], **self.sections,
                     "delivery_rules": {"file_delivery": [
                         {"destination": {"path": each["id"]}, **each} for each in self.deliveries]}})  # fmt: skip

    def learn(self, case: Case) -> None:
        self.right = {each["id"]: _hashes(case.out / each["id"]) for each in self.deliveries}

    def facts(self, case: Case) -> Mapping[str, Fact]:
        return {name: file_fact(case.out / name, right) for name, right in self.right.items()}

    def may_be_partial(self, delivery: str) -> bool:
        return False

    def leftovers(self, case: Case) -> list[str]:
        return [str(each.relative_to(case.out)) for each in case.out.rglob(".*") if each.is_file()]

    def tidy(self, case: Case) -> None:
        """All of it is in the case's folder."""


@dataclass(slots=True, kw_only=True)
class Example(Files):
    """One of the examples, whose files go where it says."""

    file: str = ""

    def prepare(self, case: Case) -> None:
        source = REPOSITORY / "examples" / self.file
        for each in source.parent.iterdir():
            if each.is_file():
                shutil.copy(each, case.folder / each.name)
        (case.folder / source.name).rename(case.folder / "case.yaml")

    def learn(self, case: Case) -> None:
        self.right = {each.name: {each.name: _hash(each)} for each in case.out.iterdir() if each.is_file()}

    def facts(self, case: Case) -> Mapping[str, Fact]:
        return {name: file_fact(case.out, right) for name, right in self.right.items()}


def file_fact(folder: Path, right: Mapping[str, str]) -> Fact:
    """What stands of a delivery whose files have these names and hashes."""
    found = {name: folder / name for name in right if (folder / name).exists()}
    wrong = [name for name, path in found.items() if _hash(path) != right[name]]
    strange = [] if len(right) == 1 else [each for each in _hashes(folder) if each not in right]
    identity = "|".join(f"{path.stat().st_ino}:{path.stat().st_mtime_ns}" for path in found.values())
    said = ", ".join([f"{len(found)} of {len(right)} files", *(f"{each} is not whole" for each in wrong), *strange])
    is_right = len(found) == len(right) and not wrong and not strange
    return Fact(is_there=bool(found), is_right=is_right, identity=identity, said=said)


def _hashes(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    return {each.name: _hash(each) for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _one(id: str, format: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "format": format, "filename_template": f"{id}.{format}", **more}


PIVOT = {"type": "pivot", "config": {"index": ["id"], "columns": "region", "values": "amount", "function": "sum"}}
SUMS = {"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}}}
KINDS: tuple[Files, ...] = (
    Files(name="reading: a first pass", sections={"transforms": [PIVOT]}, deliveries=[_one("a", "csv")]),
    Files(name="reading: sums", sections={"transforms": [SUMS]}, deliveries=[_one("a", "csv"), _one("b", "json")]),
    Files(name="csv", deliveries=[_one("a", "csv"), _one("b", "csv", depends_on=["a"])]),
    Files(name="json, ndjson", deliveries=[_one("a", "json"), _one("b", "ndjson", options={"compression": "gzip"})]),
    Files(name="txt, html", deliveries=[_one("a", "txt"), _one("b", "html")]),
    Files(name="parquet", deliveries=[_one("a", "parquet"), _one("b", "csv")]),
    Files(name="xlsx", deliveries=[_one("a", "xlsx"), _one("b", "csv")]),
    Files(name="pdf", sections={"transforms": [SUMS]}, deliveries=[_one("a", "pdf"), _one("b", "csv")]),
    Files(name="split files", deliveries=[
        {"id": "a", "format": "csv", "filename_template": "{{group.key}}.csv", "options": {"split_by": "region"}},
        _one("b", "csv"),
    ]),
    Example(name="spooling: a report as xlsx, pdf, html", deliveries=[], file="management/management.yaml"),
)  # fmt: skip
