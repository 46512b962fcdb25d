"""The file deliveries of a workflow: which frame, which columns, under which name and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from connectors.files.formats import FORMATS, FileFormat
from connectors.files.media_types import media_type_of
from connectors.files.option_checks import option_problems
from connectors.files.report import Margins, Page, Part, Provenance, Report
from connectors.files.writing import WriteOptions, writable_formats
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.claims import claimed
from connectors.storage.destination import (
    Target,
    check_scheme,
    filename_parts,
    folder_of,
    plan_target,
    safe_filename,
)
from connectors.storage.url import without_secrets
from engine.delivery_stores import check_store
from engine.file_names import words_of
from engine.names import RunWords
from engine.outbox import outbox_path
from engine.places import report
from engine.report_parts import DOCUMENTS, CompiledPart, Sections, Split, one_table, sorted_by_rendering
from engine.report_texts import texts_of
from engine.splitting import empty_name, is_split, split_of, with_group
from engine.wording import render_words
from engine.workbook_templates import check_template
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.model.file_delivery import FileDelivery
from ir.model.rendering import Rendering
from ir.names import delivery_ids
from ir.records import dataclass
from ir.types import DataType, Schema
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler

_CHECKED_OPTIONS = (
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


def compile_deliveries(compiler: Compiler, words: RunWords) -> list[FileOutput]:
    """The file deliveries that can be made; what is wrong with the others stands in the problems."""
    outputs: list[FileOutput] = []
    ids = delivery_ids(compiler.workflow)
    words = replace(
        words, later=frozenset(compiler.frames) | ({"group"} if compiler.workflow.grouping else frozenset())
    )
    for scope in compiler.scopes:
        if not scope.rules.files and scope.branch is not None:
            continue
        with compiler.within(scope):
            sections = Sections(compiler)
            for delivery, at in zip(scope.rules.files, scope.places("file_delivery"), strict=False):
                output = _compiled(delivery, at, sections, ids, words, compiler)
                if output is not None:
                    outputs.append(replace(output, branch=scope.branch))
    _check_targets(outputs, compiler)
    _check_texts(compiler, words, outputs)
    return outputs


def _compiled(
    delivery: FileDelivery, at: Pointer, sections: Sections, ids: set[str], words: RunWords, compiler: Compiler
) -> FileOutput | None:
    kind = FORMATS.get(delivery.format)
    if kind is None or kind.writer is None:
        compiler.problems.error(
            "IR601",
            f'"{delivery.format}" is no format a file can be delivered in',
            at=(*at, "format"),
            hint=did_you_mean(delivery.format, writable_formats())
            or f"the formats are {', '.join(writable_formats())}",
        )
        return None
    _check_options(delivery, kind, at, compiler.problems)
    name = delivery.id or _free(delivery.format, ids)
    ids.add(name)
    has_sections = bool(sections) and kind.name in DOCUMENTS and not (delivery.input_source or delivery.columns)
    split = split_of(delivery, kind, compiler)
    parts = sections.of(split) if has_sections else _table(delivery, kind, name, at, compiler, split)
    if split is not None and parts and not is_split(parts, split, at, compiler):
        parts = ()
    output = FileOutput(id=name, at=at, delivery=delivery, format=kind, frame=parts[0].frame if parts else None,
                        filename="", account=account_of(delivery, compiler), parts=tuple(parts),
                        has_sections=has_sections, split=split,
                        empty_name=empty_name(compiler.workflow, split))  # fmt: skip
    for problem in option_problems(kind, write_options(output), output.columns):
        report(problem, compiler.problems, at=at)
    if delivery.options.template and kind.name == "xlsx":
        check_template(delivery.options.template, at, compiler)
    check_store(delivery, at, compiler.problems)
    filename = delivery.filename_template or f"{{{{workflow}}}}.{output.ending}"
    if output.makes_files:
        filename = with_group(filename, output.ending)
    named_by = compiler.file_names.read(filename, (*at, "filename_template"), compiler)
    output = replace(output, filename=filename, named_by=named_by)
    said = output.named(words) if output.makes_files else words
    said = replace(said, values={**said.values, **words_of(named_by, {})})
    render_words(filename, said, compiler.problems, at=(*at, "filename_template"), escape=safe_filename)
    if "{{" not in filename:
        try:
            filename_parts(filename)
        except ConnectorProblem as problem:
            report(problem, compiler.problems, at=at)
    render_words(delivery.destination.path, words, compiler.problems, at=(*at, "destination", "path"))
    return output


def _check_texts(compiler: Compiler, words: RunWords, outputs: Sequence[FileOutput]) -> None:
    """The texts of the report: each can be filled in, and the values of frames in them are computed."""
    sends = any(each.rules.sends_messages for each in compiler.scopes)
    for key in () if sends or compiler.workflow.rendering is None else ("template", "summary_stats"):
        if getattr(compiler.workflow.rendering, key):
            compiler.problems.warning(
                "IR657", f"rendering.{key} is about messages, and nothing is sent here", at=("rendering", key),
                on_key=True,
                hint="files show the table or rendering.sections: add a delivery of messages, or leave it out",
            )  # fmt: skip
    texts = list(texts_of(compiler.workflow.rendering))
    for at, text in texts:
        compiler.texts.read(text, at, compiler)
    said = replace(words, values=compiler.texts.texts(None, locale="en", timezone=words.timezone))
    documents = [each for each in outputs if each.format.name in DOCUMENTS]
    for at, text in texts:
        for each in documents or outputs:
            render_words(text, _words_at(at, each, said), compiler.problems, at=at)
        if not outputs and not sends:
            render_words(text, replace(said, later=said.later | {"group"}), compiler.problems, at=at)


def account_of(delivery: FileDelivery, compiler: Compiler) -> Account:
    """Whose store the delivery goes to: the destination's credentials before the delivery's."""
    ref = delivery.destination.credentials_ref or delivery.credentials_ref
    is_own = delivery.credentials_ref is not None and delivery.destination.credentials_ref is None
    key = ("credentials_ref",) if is_own else ("destination", "credentials_ref")
    return Account(policy=compiler.policy, base=compiler.base, ref=ref, key=key)


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _words_at(at: Pointer, output: FileOutput, said: RunWords) -> RunWords:
    """The words that the text at `at` may use: a workbook has many groups, and only their own sections name one."""
    if output.makes_sheets:
        section = output.parts[int(at[2])] if at[1] == "sections" and output.has_sections and output.parts else None
        if section is None or section.split is None:
            return said
    return output.named(said)


def _check_options(delivery: FileDelivery, kind: FileFormat, at: Pointer, problems: Problems) -> None:
    for key in _CHECKED_OPTIONS:
        if getattr(delivery.options, key) is not None and key not in kind.write_options:
            able = [each.name for each in FORMATS.values() if each.writer and key in each.write_options]
            problems.error(
                "IR602",
                f"{kind.name} has no option {key}",
                at=(*at, "options", key),
                on_key=True,
                hint=f"{key} stands with {', '.join(able)}" if able else None,
            )


def _check_targets(outputs: list[FileOutput], compiler: Compiler) -> None:
    seen: dict[str, FileOutput] = {}
    for output in outputs:
        other = seen.setdefault(output.shown_target, output)
        if other is not output:
            compiler.problems.error(
                "IR603",
                f"two deliveries make the same file {output.shown_target}",
                at=(*output.at, "filename_template"),
                hint="give one of them another name",
                related=[("the other one", other.at)],
            )


def _table(
    delivery: FileDelivery, kind: FileFormat, name: str, at: Pointer, compiler: Compiler, split: Split | None
) -> Sequence[CompiledPart]:
    """The one table that is delivered; none after an error, or where a first pass has to tell its columns."""
    found = _rows(delivery, compiler.workflow.rendering, name, at, compiler)
    if found is None:
        return ()
    rows, columns, place = found
    return (one_table(rows, columns, place, name, compiler, is_document=kind.name in DOCUMENTS, split=split),)


def _rows(
    delivery: FileDelivery, rendering: Rendering | None, name: str, at: Pointer, compiler: Compiler
) -> tuple[Frame, list[str] | None, Pointer] | None:
    """The frame that is delivered in the order the rendering says, its columns where they are named, and where."""
    frame = compiler.input_frame(delivery.input_source, at)
    if frame is None:
        return None
    if rendering is not None and rendering.sort_order and delivery.input_source is None:
        frame = sorted_by_rendering(frame, rendering, name, compiler)
    columns, place = delivery.columns, (*at, "columns")
    if columns is None and rendering is not None and rendering.columns_in_order and delivery.input_source is None:
        columns, place = rendering.columns_in_order, ("rendering", "columns_in_order")
    if columns is None:
        return frame, None, at
    if not columns:
        compiler.problems.error("IR407", f'"{name}" keeps no column', at=place, hint="keep one, or leave columns out")
    kept = compiler.building(place, name).known_columns(columns, frame.schema)
    return (frame, kept, place) if kept else None


def report_of(
    output: FileOutput,
    words: RunWords,
    rendering: Rendering | None,
    locale: str | None,
    problems: Problems,
    *,
    logo: bytes | None = None,
    provenance: Provenance | None = None,
    parts: tuple[Part, ...] | None = None,
) -> Report:
    """What the writer needs to know of the report beside its rows."""

    def rendered(key: str) -> str | None:
        text = getattr(rendering, key, None)
        return render_words(text, words, problems, at=("rendering", key)) if text else None

    tables = [each.part for each in output.parts]
    page = rendering.page if rendering is not None else None
    at: Pointer = ("rendering", "page", "footer")
    footer = render_words(page.footer, words, problems, at=at) if page is not None and page.footer else None
    return Report(
        columns=tables[0].columns,
        formats=tables[0].formats,
        parts=parts if parts is not None else tuple(worded_part(each, words, problems) for each in output.parts),
        page=_page(rendering, footer),
        logo=logo if output.format.name in DOCUMENTS else None,
        provenance=provenance if output.format.name in DOCUMENTS else None,
        title=rendered("title"),
        subtitle=rendered("subtitle"),
        workflow=words.workflow,
        generated_at=words.now,
        locale=locale or "en",
        timezone=words.timezone,
        empty_message=rendered("empty_message"),
    )


def worded_part(compiled: CompiledPart, words: RunWords, problems: Problems) -> Part:
    """The part with its texts filled in."""

    def said(text: str | None, *key: str) -> str | None:
        return render_words(text, words, problems, at=(*compiled.at, *key)) if text else None

    part, chart = compiled.part, compiled.part.chart
    if chart is not None:
        chart = replace(chart, title=said(chart.title, "chart", "title"))
    return replace(part, heading=said(part.heading, "heading"), text=said(part.text, "text"),
                   caption=said(part.caption, "caption"), chart=chart)  # fmt: skip


def _page(rendering: Rendering | None, footer: str | None) -> Page:
    """The rendering's page, with the defaults for what is not said."""
    written = rendering.page if rendering is not None else None
    if written is None:
        return Page()
    sides = written.margins
    if isinstance(sides, float):
        margins = Margins(top=sides, right=sides, bottom=sides, left=sides)
    else:
        margins = Margins(**(sides.model_dump(exclude_none=True) if sides is not None else {}))
    orientation = written.orientation if written.orientation in {"portrait", "landscape"} else None
    return Page(size=written.size or "A4", orientation=orientation, margins=margins, footer=footer)


def write_options(output: FileOutput) -> WriteOptions:
    """The delivery's options, with the writers' defaults for what is not said."""
    said = {key: getattr(output.delivery.options, key) for key in _CHECKED_OPTIONS}
    return WriteOptions(**{key: value for key, value in said.items() if value is not None})
