"""The sources of a workflow bound to what a connector found there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.bad_rows import BadRowRule
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
from engine.policies.connections import opened_as
from engine.wording import render_words
from ir.diagnostics import Pointer
from ir.model.file_source import FileSource, InlineSource
from ir.model.source import Source
from ir.model.sources import ApiSource, DatabaseSource, TabularSource, WebhookSource
from ir.model.workflow import Workflow
from ir.source_names import frame_names
from ir.templates import TemplateSyntax, parse_template

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
                relation = _opened(source, name, at, compiler, words)
            except ConnectorProblem as problem:
                if not _ends_the_run(problem, source, name, at, compiler):
                    report(problem, compiler.problems, at=at)
        yield name, at, relation, compiler.graph.free_name(name)


def _opened(source: Source, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> SourceRelation | None:
    policy = compiler.policies.of(source.execution_constraints, name=name, fetches=True)
    found = policy.carry_out(lambda: open_source(source, name, at, compiler, words),
                             connection=opened_as(source), is_apart=isinstance(source, FileSource))  # fmt: skip
    if policy.attempts > 1:
        compiler.openings[at] = policy.attempts
    return found


def _ends_the_run(problem: ConnectorProblem, source: Source, name: str, at: Pointer, compiler: Compiler) -> bool:
    """Whether the source is empty, not even a header, and an edge case says that the run ends for it."""
    case = edge_case(compiler.workflow, "empty_data_source", "skip_execution")
    others = [each for each in compiler.workflow.data_sources if each is not source]
    is_primary = source.role == "primary" or not any(each.role == "primary" for each in others)
    is_data = is_primary and not source.is_reference and compiler.workflow.data_merge is None
    if case is None or problem.code != "IR525" or not is_data or (at[1] and source.role != "primary"):
        return False
    compiler.ended = f'the source "{name}" is empty'
    compiler.problems.warning("IR442", f"a run ends without a delivery: {compiler.ended}", at=(*case[1], "condition"),
                              related=[("the source", at)])  # fmt: skip
    return True


def open_source(source: Source, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> SourceRelation | None:
    """What the connector of the source finds there; None after an error and for what is not known yet.

    Raises:
        ConnectorProblem: the source cannot be read, or may not be.
    """
    _warn_of_bare_null(at, compiler)
    replaying = compiler.replaying
    if replaying is not None and replaying.entry == name and not compiler.entered:
        compiler.entered = name
        real = open_source(source, name, at, compiler, words)
        return real and replaying.relation(real.schema, source)
    known = compiler.known_sources.get(at)
    if known is not None:
        for each in (*getattr(known, "warnings", ()), *compiler.increments.warnings_at(at)):
            report(each, compiler.problems, at=at, severity="warning")
        return known
    if isinstance(source, InlineSource):
        rule = BadRowRule.of(source.config.on_bad_row, source.config.max_bad)
        rows = inline_rows(source.config.rows, source.config.columns_schema, name=name, rule=rule)
        for each in rows.warnings:
            report(each, compiler.problems, at=at, severity="warning")
        return rows
    if isinstance(source, DatabaseSource):
        if compiler.is_isolated:
            raise _unreachable(name, "no database is asked")
        # most workflows have none, and the drivers' side of it costs their start
        from engine.database_sources import bind_database

        return bind_database(source, name, at, compiler, words)
    if isinstance(source, ApiSource | TabularSource):
        if compiler.is_isolated:
            raise _unreachable(name, "no service is asked")
        # most workflows have none, and the plugins' side of it costs their start
        from engine.plugin_sources.binding import bind_plugin

        return bind_plugin(source, name, at, compiler, words)
    if isinstance(source, WebhookSource):
        if compiler.is_isolated:
            raise _unreachable(name, "no request comes in")
        from engine.webhook_sources import bind_webhook  # schemas of payloads: few workflows have one

        return bind_webhook(source, name, at, compiler)
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
    base = _base(source.location, compiler)
    is_far = (compiler.validating or compiler.is_isolated) and is_remote(location, base=base, policy=compiler.policy)
    if compiler.is_isolated and is_far:
        raise _unreachable(name, "no connection is opened")
    if is_far:
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
    for each in (*relation.warnings, *account.warnings, *compiler.increments.warnings_at(at)):
        report(each, compiler.problems, at=at, severity="warning")
    return relation


def _unreachable(name: str, why: str) -> ConnectorProblem:
    return ConnectorProblem("IR701", f'the source "{name}" has no rows in this test, and in a test {why}',
                            hint=f"give the test its rows: sources: {{{name}: [{{…}}]}}")  # fmt: skip


def _newer(source: FileSource, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> Newer | None:
    """Which files are new, for a source that reads no others."""
    settings = source.config.incremental
    if settings is None:
        return None
    who = Identity.of(name, "location", source.location, words)
    return lambda stored: compiler.increments.of_files(at, who, settings, stored)


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


def _base(location: str, compiler: Compiler) -> Path:
    """The folder of the file; of a path that begins with an input the one from which its giver sees it."""
    template = parse_template(location)
    first = template.parts[0] if template.parts else ""
    begins_with_input = not isinstance(first, str) and first.path[0] == "inputs"
    return (compiler.policy.inputs_from or Path.cwd()) if begins_with_input else compiler.base


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
