"""The sources of a workflow bound to what a connector found there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.bad_rows import BadRowRule
from connectors.databases.mongodb.query import read_query
from connectors.databases.newer import Begun
from connectors.databases.opening import checked_query, open_database
from connectors.databases.read_only import DIALECTS
from connectors.files.reading import Newer, open_files
from connectors.inline import inline_rows
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.stored import is_remote
from engine.destinations import read_first
from engine.edge_cases import edge_case
from engine.graph import SourceRelation
from engine.increments.identity import Identity
from engine.names import RunWords
from engine.places import report
from engine.wording import render_words
from ir.diagnostics import Pointer, did_you_mean
from ir.model.file_source import FileSource, InlineSource
from ir.model.source import Source
from ir.model.sources import DatabaseSource
from ir.model.workflow import Workflow
from ir.source_names import frame_names
from ir.templates import Template, TemplateSyntax, Unresolved, parse_template, render

if TYPE_CHECKING:
    from engine.compiler import Compiler


def source_names(workflow: Workflow) -> list[str]:
    """The name of each source's frame: its alias, what data_merge names it, its label, else source_<position>."""
    named = (
        {
            each.source_index: each.alias
            for each in (workflow.data_merge.sources or ())
            if each.source_index is not None and each.alias
        }
        if workflow.data_merge
        else {}
    )
    return frame_names(
        [each.alias or named.get(index) for index, each in enumerate(workflow.data_sources)],
        [each.source for each in workflow.data_sources],
        taken={each.output_variable for each in workflow.transforms if each.output_variable} | set(named.values()),
    )


def bind_sources(compiler: Compiler, words: RunWords) -> Iterator[tuple[str, Pointer, SourceRelation | None, str]]:
    """Each source's name, place, what its connector found (None after an error), and its relation's name."""
    for index, (source, name) in enumerate(
        zip(compiler.workflow.data_sources, source_names(compiler.workflow), strict=True)
    ):
        at: Pointer = ("data_sources", index)
        relation: SourceRelation | None = None
        if not source.is_destination or read_first(compiler.workflow, source):
            try:
                relation = _open(source, name, at, compiler, words)
            except ConnectorProblem as problem:
                if not _ends_the_run(problem, source, name, at, compiler):
                    report(problem, compiler.problems, at=at)
        yield name, at, relation, compiler.graph.free_name(name)


def _ends_the_run(problem: ConnectorProblem, source: Source, name: str, at: Pointer, compiler: Compiler) -> bool:
    """Whether the source is empty, not even a header, and an edge case says that the run ends for it."""
    case = edge_case(compiler.workflow, "empty_data_source")
    others = [each for each in compiler.workflow.data_sources if each is not source]
    is_primary = source.role == "primary" or not any(each.role == "primary" for each in others)
    is_data = is_primary and not source.is_reference and compiler.workflow.data_merge is None
    if case is None or problem.code != "IR525" or not is_data or (at[1] and source.role != "primary"):
        return False
    compiler.ended = f'the source "{name}" is empty'
    compiler.problems.warning("IR442", f"a run ends without a delivery: {compiler.ended}", at=(*case[1], "condition"),
                              related=[("the source", at)])  # fmt: skip
    return True


def _open(source: Source, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> SourceRelation | None:
    _warn_of_bare_null(at, compiler)
    known = compiler.known_sources.get(at)
    if known is not None:
        for each in (*getattr(known, "warnings", ()), *_of_increment(at, compiler)):
            report(each, compiler.problems, at=at, severity="warning")
        return known
    if isinstance(source, InlineSource):
        rule = BadRowRule.of(source.config.on_bad_row, source.config.max_bad)
        rows = inline_rows(source.config.rows, source.config.columns_schema, name=name, rule=rule)
        for each in rows.warnings:
            report(each, compiler.problems, at=at, severity="warning")
        return rows
    if isinstance(source, DatabaseSource):
        return _open_database(source, name, at, compiler, words)
    if not isinstance(source, FileSource) or source.location is None:
        return None
    missing = _missing_input(source.location, compiler.workflow, words) if compiler.validating else None
    if missing:
        compiler.problems.warning(
            "IR508", f'the columns of "{name}" are not checked: the input "{missing}" was not given',
            at=(*at, "location"), hint=f"give it with --input {missing}=…",
        )  # fmt: skip
        return None
    location = render_words(source.location, words, compiler.problems, at=(*at, "location"))
    if location is None:
        return None
    base = _base(source.location, compiler.base)
    if compiler.validating and is_remote(location, base=base, policy=compiler.policy):
        compiler.problems.warning(
            "IR508", f'the columns of "{name}" are not checked: validate opens no connection', at=(*at, "location"),
            hint="weirflow plan reads a sample",
        )  # fmt: skip
        return None
    account = Account(policy=compiler.policy, base=compiler.base, ref=source.credentials_ref)
    relation = open_files(
        location=location,
        config=source.config,
        base=base,
        policy=compiler.policy,
        name=name,
        account=account,
        newer=_newer(source, name, at, compiler, words),
    )
    for each in (*relation.warnings, *account.warnings, *_of_increment(at, compiler)):
        report(each, compiler.problems, at=at, severity="warning")
    return relation


def _newer(source: FileSource, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> Newer | None:
    """Which files are new, for a source that reads no others."""
    settings = source.config.incremental
    if settings is None:
        return None
    who = Identity.of(name, "location", source.location, words)
    return lambda stored: compiler.increments.of_files(at, who, settings, stored)


def _begun(source: DatabaseSource, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> Begun | None:
    """Where a source starts that reads only new rows."""
    settings = source.config.incremental if source.config else None
    config = source.database_config
    if settings is None or config is None:
        return None
    kind, what = ("query", config.query) if config.table is None else ("table", config.table)
    who = Identity.of(name, kind, what, words)
    return lambda column: compiler.increments.of_rows(at, who, settings, column)


def _of_increment(at: Pointer, compiler: Compiler) -> list[ConnectorProblem]:
    """What is to be said of where an incremental source starts."""
    found = compiler.increments.known.get(at)
    return found.warnings if found is not None else []


def _open_database(
    source: DatabaseSource, name: str, at: Pointer, compiler: Compiler, words: RunWords
) -> SourceRelation | None:
    """The relation of a table or query; validate asks no database."""
    if compiler.validating:
        config = source.database_config
        if source.kind == "mongodb" and config is not None:
            read_query(config.query)
        elif config is not None and config.query is not None:
            checked_query(config, DIALECTS[source.kind], partial(_filled, words))
        compiler.problems.warning(
            "IR508", f'the columns of "{name}" are not checked: validate opens no connection', at=at,
            hint="weirflow plan asks the database for them",
        )  # fmt: skip
        return None
    relation = open_database(source, base=compiler.base, policy=compiler.policy, name=name,
                             filled=partial(_filled, words), begun=_begun(source, name, at, compiler, words),
                             )  # fmt: skip
    for each in (*relation.warnings, *_of_increment(at, compiler)):
        report(each, compiler.problems, at=at, severity="warning")
    return relation


def _filled(words: RunWords, template: Template, at: tuple[str | int, ...]) -> object:
    """The value of a template in a query; a single reference keeps its type.

    Raises:
        ConnectorProblem: IR302 or IR303 for a reference to nothing.
    """
    roots = words.roots()
    try:
        return render(template, roots)
    except Unresolved as problem:
        is_input = any(each.root == "inputs" and each.span == problem.span for each in template.references)
        if is_input:
            raise ConnectorProblem("IR302", f'there is no input "{problem.name}"', key=at,
                                   hint=did_you_mean(problem.name, words.inputs) or "declare it under runtime_inputs",
                                   ) from problem  # fmt: skip
        raise ConnectorProblem("IR303", problem.message, key=at, hint=did_you_mean(problem.name, roots)) from problem


def _missing_input(location: str, workflow: Workflow, words: RunWords) -> str | None:
    """The first required input in a location that has no value."""
    try:
        references = parse_template(location).references
    except TemplateSyntax:
        return None
    required = {each.name for each in workflow.runtime_inputs if each.required}
    named = [str(each.path[1]) for each in references if each.root == "inputs" and len(each.path) > 1]
    return next((each for each in named if each in required and words.inputs[each][1] is None), None)


def _warn_of_bare_null(at: Pointer, compiler: Compiler) -> None:
    """`on_bad_row: null` without quotes is no word in YAML, and means as much as no key at all."""
    config = compiler.document.value["data_sources"][at[1]].get("config")
    is_yaml = compiler.document.file.lower().endswith((".yaml", ".yml"))
    if is_yaml and isinstance(config, Mapping) and "on_bad_row" in config and config["on_bad_row"] is None:
        compiler.problems.warning("IR539", "on_bad_row has no value here: null without quotes is YAML's own",
                                  at=(*at, "config", "on_bad_row"), hint='write on_bad_row: "null"')  # fmt: skip


def _base(location: str, folder: Path) -> Path:
    """The current folder for a path that begins with an input, which its giver sees from there; else the file's."""
    template = parse_template(location)
    first = template.parts[0] if template.parts else ""
    begins_with_input = not isinstance(first, str) and first.path[0] == "inputs"
    return Path.cwd() if begins_with_input else folder


def readable_sources(
    workflow: Workflow, frames: Mapping[str, object], declared: Mapping[str, Pointer], *, references: bool = False
) -> list[tuple[str, Source]]:
    """The sources that are read as rows (or with `references` those of role deduplicate), with their names."""
    places = {at[1]: name for name, at in declared.items() if at[0] == "data_sources" and len(at) == 2}
    return [
        (places[index], source)
        for index, source in enumerate(workflow.data_sources)
        if index in places
        and (not source.is_destination or read_first(workflow, source))
        and (source.is_reference or source.is_destination) == references
        and places[index] in frames
    ]
