"""The file deliveries of a workflow: which frame, which columns, under which name and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.files.formats import FORMATS, FileFormat
from connectors.files.option_checks import option_problems
from connectors.files.writing import writable_formats
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.destination import filename_parts, safe_filename
from engine.delivery_stores import check_store
from engine.file_names import words_of
from engine.file_output import CHECKED_OPTIONS, FileOutput, write_options
from engine.names import RunWords
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
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler


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
    for key in CHECKED_OPTIONS:
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
