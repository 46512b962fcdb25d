"""Files that go along with messages: kept in the run's folder as they were delivered, wherever they went."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.messages.message import Attachment
from connectors.problem import ConnectorProblem
from engine.run_folder import ATTACHMENTS
from ir.records import dataclass
from ir.value_text import text_of

if TYPE_CHECKING:
    from engine.plan import Plan

_INDEX = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """One file of a delivery, by the name that its readers see. `group` is its value's text where it is of a group."""

    file: str
    name: str
    media_type: str
    sha256: str
    split_by: str | None = None
    group: str | None = None


class Keeping:
    """Copies of the files of one delivery, before they go to their places."""

    def __init__(self, folder: Path, delivery: str) -> None:
        self._folder = _folder(folder, delivery)
        self._kept: list[KeptFile] = []

    def begin(self) -> None:
        self._kept = []
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def keep(self, path: Path, name: str, media_type: str, *, split_by: str | None = None,
             group: object = None) -> None:  # fmt: skip
        """Take a copy of a file that is complete."""
        file = f"{len(self._kept):05}"
        shutil.copyfile(path, self._folder / file)
        with (self._folder / file).open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        self._kept.append(KeptFile(file=file, name=name, media_type=media_type, sha256=digest, split_by=split_by,
                                   group=None if group is None else text_of(group)))  # fmt: skip

    def end(self) -> None:
        """From now on they can be attached."""
        index = self._folder / _INDEX
        index.write_text(json.dumps([asdict(each) for each in self._kept], ensure_ascii=False))


def keeping_of(delivery: str, plan: Plan, folder: Path) -> Keeping | None:
    """Where the files of a delivery are kept; None where no message carries them."""
    is_attached = any(delivery in each.attachments for each in plan.compiled.messages)
    return Keeping(folder, delivery) if is_attached else None


def _folder(folder: Path, delivery: str) -> Path:
    return folder / ATTACHMENTS / delivery


@dataclass(frozen=True, slots=True)
class Attached:
    """The files that the messages of a delivery carry."""

    files: tuple[tuple[KeptFile, Path], ...] = ()

    @classmethod
    def of(cls, folder: Path, deliveries: Iterable[str]) -> Attached:
        """The files that these deliveries have made.

        Raises:
            ConnectorProblem: IR654 where one has made none.
        """
        return cls(tuple(each for name in deliveries for each in _kept(folder, name)))

    def of_item(self, key: Mapping[str, object]) -> tuple[Attachment, ...]:
        """Those of one message: of files that are split by the one column of its group, the group's own."""
        [column, value] = next(iter(key.items())) if len(key) == 1 else (None, None)
        return tuple(
            Attachment(path=path, name=each.name, media_type=each.media_type, sha256=each.sha256)
            for each, path in self.files
            if each.split_by is None or each.split_by != column or each.group == _text(value)
        )


def _text(value: object) -> str | None:
    return None if value is None else text_of(value)


def _kept(folder: Path, delivery: str) -> Iterator[tuple[KeptFile, Path]]:
    place = _folder(folder, delivery)
    try:
        found = json.loads((place / _INDEX).read_text())
    except FileNotFoundError:
        raise ConnectorProblem("IR654", f'the files of "{delivery}" are not there to be attached',
                               key=("attachments",)) from None  # fmt: skip
    for each in found:
        kept = KeptFile(**each)
        yield kept, place / kept.file
