"""A delivery whose rows are split: a file for each value of a column, all of them or none, or a sheet for each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.report import PLAIN, Part, Provenance, Report
from connectors.files.writing import open_writer
from connectors.storage.claims import claimed_all
from connectors.storage.destination import Target, check_all_free
from connectors.storage.staging import Staged, commit_all
from engine.file_delivering import FileDelivering, options_of
from engine.file_output import FileOutput
from engine.groups import Key, SplitSpool, all_keys
from engine.names import RunWords
from engine.policies.policies import StepPolicy
from engine.report_parts import CompiledPart
from engine.result import DeliveryResult, FileResult
from engine.splitting import group_name, told_apart
from engine.spool import Rows, Stretch
from engine.text_values import shown_text
from engine.worded_report import report_of, worded_part
from engine.wording import render_words
from ir.diagnostics import Problems
from ir.records import dataclass
from ir.templates import parse_template
from ir.value_text import text_of
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from engine.plan import Plan


def output_of(file: FileOutput, target: Target, plan: Plan, base: Path, scratch: Path, policy: StepPolicy, *,
              own: Mapping[str, str]) -> FileDelivering:  # fmt: skip
    """The delivery on its way, split or not; `own` are the hashes of files that this run may have left there."""
    if file.split is None:
        return FileDelivering.of(file, target, plan, policy)
    return SplitOutput(file=file, target=target, document=plan.compiled.document, clock=plan.clock(),
                       options=options_of(file, plan), policy=policy, plan=plan, base=base, scratch=scratch,
                       own=own)  # fmt: skip


@dataclass(slots=True, kw_only=True, eq=False)
class SplitOutput(FileDelivering):
    """Its rows wait in their spools until all are there; then group after group is written."""

    plan: Plan
    base: Path
    scratch: Path
    words: RunWords | None = None
    provenance: Provenance | None = None

    def word(self, plan: Plan, words: RunWords, provenance: Provenance | None, problems: Problems) -> None:
        self.words, self.provenance = words, provenance

    def open(self) -> None:
        self.begin_anew()

    def write(self, batch: pl.DataFrame) -> bool:
        return self.error is not None

    def finish(self) -> DeliveryResult:
        if self.error is None:
            before = time.perf_counter()
            try:
                found = self._one_workbook() if self.file.makes_sheets else self._all_files()
            except Exception as error:  # whatever a writer or a place meets fails this delivery only
                self.fail(self._refusal(error))
            else:
                self.seconds += time.perf_counter() - before
                return found
        return self.failed()

    @property
    def _split_parts(self) -> list[CompiledPart]:
        return [each for each in self.file.parts if each.split is not None]

    def _keys(self) -> list[Key]:
        """The groups to write; rows without a value are left out and told, unless partitions name them."""
        spools = {part.frame.name: self._spool(part) for part in self._split_parts}
        keys = all_keys(list(spools.values()))
        if None not in keys or self.file.empty_name is not None:
            return keys
        assert self.file.split is not None
        missing = max(each.group(None, None).rows for each in spools.values())
        what, stand = ("1 row has", "stands") if missing == 1 else (f"{missing:,} rows have", "stand")
        self.problems.append(f'{self.file.id}: {what} no value in "{self.file.split.column}" and {stand} in no file; '
                             "partitions with handle_empty would name one")  # fmt: skip
        return [each for each in keys if each is not None]

    def _spool(self, part: CompiledPart) -> SplitSpool:
        spool = self.spools[part.frame.name, part.split]
        assert isinstance(spool, SplitSpool)
        return spool

    def _rows_of(self, part: CompiledPart, key: Key) -> Rows:
        if part.split is None:
            return self.spools[part.frame.name, None]
        return self._spool(part).group(key, part.limit)

    def _group_words(self, key: Key, *, shown: bool) -> RunWords:
        """The words of the run with those of the group: as a reader sees them, or for a file's name."""
        assert self.words is not None
        assert self.file.split is not None
        first = self._split_parts[0]
        rows = self._spool(first).group(key, first.limit)
        values = {each: self._group_value(each, key, first, rows, shown=shown) for each in self.file.split.references}
        return replace(self.words, values={**(self.words.values if shown else {}), **values})

    def _group_value(self, reference: str, key: Key, part: CompiledPart, rows: Stretch, *, shown: bool) -> str:
        path = parse_template(f"{{{{{reference}}}}}").references[0].path
        if path[1] == "key" and key is None:
            return self.file.empty_name or ""
        if path[1] == "key" and not shown:
            return text_of(key)
        if path[1] == "key":
            assert part.split is not None
            column, values = part.split, pl.Series([key], dtype=polars_dtype(part.frame.schema[part.split]))
        elif path[2] in {"length", "count"}:
            return str(rows.rows)
        else:
            column, index = str(path[3]), path[2]
            assert isinstance(index, int)
            piece = next(iter(Stretch(rows.spool, rows.first + index, 1).batches())) if index < rows.rows else None
            values = piece.select(exact(column)).to_series() if piece is not None else pl.Series([None])
        if not shown:
            return ", ".join(text_of(each) for each in values)
        assert self.words is not None
        locale = self.plan.compiled.workflow.settings.locale or "en"
        how = part.frame.formats.get(column, PLAIN)
        return shown_text(values, part.frame.schema[column], how, locale=locale, timezone=self.words.timezone)

    def _report(self, words: RunWords, parts: tuple[Part, ...] | None = None) -> Report:
        problems = Problems(self.document)
        compiled = self.plan.compiled
        rendering = compiled.workflow.rendering
        made = report_of(self.file, words, rendering, compiled.workflow.settings.locale, problems, logo=compiled.logo,
                         provenance=self.provenance, parts=parts)  # fmt: skip
        problems.raise_errors()
        return made

    def _all_files(self) -> DeliveryResult:
        keys = self._keys()
        targets = self._targets(keys)
        staged: list[Staged] = []
        rows: list[int] = []
        try:
            for key, target in zip(keys, targets, strict=True):
                staged.append(target.stage())
                rows.append(self._write_file(staged[-1].path, key))
            self._keep([(each.path, target, key) for each, target, key in zip(staged, targets, keys, strict=True)])
            self._announce(staged, rows)
            delivered = commit_all(staged, self._put)
        except BaseException:
            for each in reversed(staged):  # the first made the folder, and takes it away when it is empty
                each.discard()
            raise
        self.rows = sum(rows)
        files = tuple(
            FileResult(target=each.target, rows=count, bytes=each.bytes, sha256=each.sha256, link=each.link)
            for each, count in zip(delivered, rows, strict=True)
        )
        return self.result("delivered", bytes=sum(each.bytes for each in files), files=files)

    def _targets(self, keys: list[Key]) -> list[Target]:
        """Every group's file, each with a name of its own and none in another's place."""
        assert self.words is not None
        problems = Problems(self.document)
        at = (*self.file.at, "filename_template")
        wanted = []
        for key in keys:
            words = self._group_words(key, shown=False)
            words = replace(words, values={**words.values, **words.names})
            name = render_words(self.file.filename, words, problems, at=at, escape=group_name)
            wanted.append(name or "")
        problems.raise_errors()
        names = told_apart(wanted, self.file.ending)
        changed = [(key, name) for key, name, before in zip(keys, names, wanted, strict=True) if name != before]
        if changed:
            key, name = changed[0]
            what = "1 file got a number" if len(changed) == 1 else f"{len(changed):,} files got a number"
            self.problems.append(f"{self.file.id}: {what}, since another value makes the same name: "
                                 f'"{text_of(key)}" is in {name}')  # fmt: skip
        folder = render_words(self.file.delivery.destination.path, self.words, problems, at=at) or "."
        targets = [self.file.place(name, folder, base=self.base, scratch=self.scratch) for name in names]
        targets = claimed_all(targets, self.own)
        check_all_free(targets)
        return targets

    def _write_file(self, path: Path, key: Key) -> int:
        """Write one group's file; how many rows of it are the group's."""
        words = self._group_words(key, shown=True)
        report = self._report(words)
        count = 0
        with open_writer(self.file.format.name, path, report=report, options=self.options) as writer:
            for compiled, part in zip(self.file.parts, report.tables, strict=True):
                rows = self._rows_of(compiled, key)
                self._compose_part(writer, compiled, part, rows)
                count += rows.rows
        return count

    def _one_workbook(self) -> DeliveryResult:
        """One file whose split tables are there once for each group, a sheet each."""
        assert self.words is not None
        keys = self._keys()
        tables = list(self._tables(keys))
        problems = Problems(self.document)
        whole = self.words
        parts = tuple(
            worded_part(compiled, whole, problems) if words is None else self._sheet(compiled, key, words, problems)
            for compiled, key, words in tables
        )
        problems.raise_errors()
        staged = self.target.stage()
        try:
            report = self._report(whole, parts)
            with open_writer(self.file.format.name, staged.path, report=report, options=self.options) as writer:
                for (compiled, key, _), part in zip(tables, parts, strict=True):
                    rows = self._rows_of(compiled, key)
                    self._compose_part(writer, compiled, part, rows)
                    self.rows += rows.rows
            self.problems += writer.warnings
            self._keep([(staged.path, self.target, None)])
            self._announce([staged], [self.rows])
            delivered = staged.commit(self._put)
        finally:
            staged.discard()
        return self.result("delivered", bytes=delivered.bytes, sha256=delivered.sha256, link=delivered.link)

    def _tables(self, keys: list[Key]) -> Iterator[tuple[CompiledPart, Key, RunWords | None]]:
        for each in self.file.parts:
            if each.split is None or not keys:
                yield each, None, None
            else:
                yield from ((each, key, self._group_words(key, shown=True)) for key in keys)

    def _sheet(self, compiled: CompiledPart, key: Key, words: RunWords, problems: Problems) -> Part:
        """The part of one group; its heading, which names the sheet, holds the group's value."""
        part = worded_part(compiled, words, problems)
        if "group.key" in (compiled.part.heading or ""):
            return part
        assert compiled.split is not None
        name = self._group_value("group.key", key, compiled, self._spool(compiled).group(key, None), shown=True)
        several = len(self._split_parts) > 1 and part.heading
        return replace(part, heading=f"{part.heading} {name}" if several else name)
