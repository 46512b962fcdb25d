"""One file delivery as it was compiled: which tables, in which format, under which name and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import ClassVar, Literal

from connectors.files.formats import FileFormat
from connectors.files.media_types import media_type_of
from connectors.files.writing import WriteOptions
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.claims import claimed
from connectors.storage.destination import Target, check_scheme, folder_of, plan_target, safe_filename
from connectors.storage.url import without_secrets
from engine.file_names import words_of
from engine.names import RunWords
from engine.outbox import outbox_path
from engine.places import report
from engine.report_parts import DOCUMENTS, CompiledPart, Split
from engine.wording import render_words
from ir.diagnostics import Pointer, Problems
from ir.model.file_delivery import FileDelivery
from ir.records import dataclass
from ir.types import DataType, Schema
from transforms.frame import Frame

CHECKED_OPTIONS = (
    "compression",
    "sheet_name",
    "excel_table",
    "delimiter",
    "encoding",
    "header",
    "date_format",
    "formatted",
    "profile",
    "page_breaks",
)
"""Those that a format may or may not have."""

_COMPRESSION_ENDINGS = {"gz": "gz", "gzip": "gz", "zst": "zst", "zstd": "zst", "bz2": "bz2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutput:
    """One file to deliver: its tables in `format`.

    `frame` is the first table's, None until a first pass tells its columns.
    """

    kind: ClassVar[Literal["file"]] = "file"
    id: str
    at: Pointer
    delivery: FileDelivery
    format: FileFormat
    frame: Frame | None
    filename: str
    """A template; rendered when the run starts."""
    account: Account = field(compare=False)
    """Whose store it goes to; a local folder has no use for it."""
    parts: tuple[CompiledPart, ...] = ()
    """Its tables, more than one only in a document; none where `frame` is None."""
    has_sections: bool = False
    """Whether the tables are those of `rendering.sections`."""
    split: Split | None = None
    """What the rows are split by: a file, or in a workbook a sheet, for each value."""
    named_by: frozenset[str] = frozenset()
    """The references to frames that its name holds, whose values only a run finds out."""
    is_preview: bool = False
    """Whether it goes into an outbox folder, whatever its destination, over what stands there."""
    branch: str | None = None
    """The branch of a conditional that it belongs to: without rows it does nothing then."""
    empty_name: str | None = None
    """What the file or sheet of rows without a value is called; None where they are left out."""

    @property
    def frames(self) -> list[Frame]:
        """The frames whose rows it takes."""
        return [each.frame for each in self.parts]

    @property
    def columns(self) -> Schema | None:
        """The columns that are shown, of all tables; None until a first pass tells them."""
        if self.frame is None:
            return None
        found: dict[str, DataType] = {}
        for each in self.parts:
            for name, kind in (*each.part.group_by.items(), *each.part.columns.items()):
                found.setdefault(name, kind)
        return Schema(found.items())

    @property
    def composing(self) -> list[str]:
        """Why its rows are all computed before the first of them is written; nothing where they are streamed."""
        parts = [each.part for each in self.parts]
        into = "sheet" if self.makes_sheets else "file"
        divided = [f"a {into} for each {self.split.column}"] if self.split is not None else []
        if self.format.name not in DOCUMENTS:
            return divided
        found = {
            f"{len(parts)} sections": len(parts) > 1,
            "groups with subtotals": any(each.group_by.names for each in parts),
            "totals": any(each.totals for each in parts),
            "a chart": any(each.chart for each in parts),
            "cells shaded by value": any(isinstance(each.format_of(name).highlight, str)
                                         for each in parts for name in each.columns),
        }  # fmt: skip
        return [*divided, *(reason for reason, holds in found.items() if holds)]

    @property
    def makes_sheets(self) -> bool:
        """Whether a group is a sheet of one workbook, not a file of its own."""
        return self.delivery.options.split_into == "sheets"

    @property
    def makes_files(self) -> bool:
        """Whether a group is a file of its own."""
        return self.split is not None and not self.makes_sheets

    def named(self, words: RunWords) -> RunWords:
        """The words with the column's name in braces for what only a group's rows tell."""
        if self.split is None:
            return words
        return replace(
            words, values={**words.values, **dict.fromkeys(self.split.references, f"{{{self.split.column}}}")}
        )

    @property
    def is_composed(self) -> bool:
        """Whether its rows are all computed before the first of them is written."""
        return bool(self.composing)

    @property
    def media_type(self) -> str:
        """What readers are told that a file of it is."""
        options = self.delivery.options
        return options.content_type or media_type_of(
            self.format.name, compression=options.compression, encoding=options.encoding
        )

    @property
    def ending(self) -> str:
        ending = _COMPRESSION_ENDINGS.get(self.delivery.options.compression or "")
        return self.format.endings[0] + (f".{ending}" if ending and self.format.name != "parquet" else "")

    @property
    def shown_target(self) -> str:
        """Where the file will be, in the words of the document."""
        destination = self.delivery.destination
        try:
            folder = without_secrets(folder_of(destination))
        except ConnectorProblem:  # it is reported where the destination is checked
            folder = destination.path
        folder = folder if folder.endswith("://") else f"{folder.rstrip('/')}/"
        return f"{folder}{self.filename}".removeprefix("./")

    def target(
        self, words: RunWords, *, base: Path, scratch: Path, problems: Problems,
        ask_remote: bool = True, own: Mapping[str, str] | None = None,
    ) -> Target | None:  # fmt: skip
        """The file itself, checked against the policy and for what stands there, or None after errors.

        One that stands there by the hash that `own` has for it is the run's own, and may be overwritten. Of a delivery
        that is split it is the pattern of its files, and nothing is asked: names come with the rows.
        """
        words = self.named(words)
        in_name = words_of(self.named_by, words.names)
        filename = render_words(
            self.filename,
            replace(words, values={**(words.values if self.makes_files else {}), **in_name}),
            problems,
            at=(*self.at, "filename_template"),
            escape=safe_filename,
        )
        folder = render_words(self.delivery.destination.path, words, problems, at=(*self.at, "destination", "path"))
        if filename is None or folder is None:
            return None
        try:
            target = self.place(filename, folder, base=base, scratch=scratch)
            if self.makes_files and ask_remote and target.place is not None:
                target.exists()  # its files are asked for when their names are known, the store at once
            elif not self.makes_files and (ask_remote or target.path is not None):
                target = claimed(target, own or {})
                target.check_free()
            for warning in self.account.warnings:
                report(warning, problems, at=self.at, severity="warning")
        except ConnectorProblem as problem:
            report(problem, problems, at=self.at)
            return None
        return target

    def place(self, filename: str, folder: str, *, base: Path, scratch: Path) -> Target:
        """The file of this name in the destination.

        Raises:
            ConnectorProblem: the name is none, the policy refuses it, or no file system is known for it.
        """
        destination, options = self.delivery.destination.model_copy(update={"path": folder}), self.delivery.options
        if self.is_preview:
            path = outbox_path(folder, destination.plugin_key)
            destination = destination.model_copy(update={"path": path, "plugin_key": None})
        target = plan_target(
            base, destination, filename, account=self.account, scratch=scratch,
            overwrite=options.overwrite or self.is_preview, public=options.public,
            media_type=self.media_type,
        )  # fmt: skip
        if target.place is not None:
            check_scheme(target.place.url, installed=True)
        return target


def write_options(output: FileOutput) -> WriteOptions:
    """The delivery's options, with the writers' defaults for what is not said."""
    said = {key: getattr(output.delivery.options, key) for key in CHECKED_OPTIONS}
    return WriteOptions(**{key: value for key, value in said.items() if value is not None})
