"""From a workflow document to its relations: sources bound, every expression typed, the graph in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.bad_rows import REJECT_COLUMNS
from connectors.policy import Policy
from connectors.rejects import RejectsRelation
from engine.attachments import look_for_attachments
from engine.column_names import check_names
from engine.conditionals.branch import Branches
from engine.conditionals.compiling import compile_conditionals
from engine.deliveries import compile_deliveries
from engine.delivery_order import in_order
from engine.edge_cases import Ending, Occasion, check_edge_cases, edge_case
from engine.edge_messages import with_edge_messages
from engine.effects.effect import Effect
from engine.effects.order import compile_steps
from engine.file_names import FileNames
from engine.file_output import FileOutput
from engine.graph import Graph, Relation, SourceRelation
from engine.increments.increments import Increments
from engine.journal.records import SavedCursor
from engine.later_columns import LaterColumns
from engine.logo import read_logo
from engine.merge import merged
from engine.names import Inputs, RunWords, read_inputs
from engine.partitions import check_partitions
from engine.policies.checks import check_constraints
from engine.policies.policies import Policies
from engine.preparation import prepare
from engine.running.cancellation import Cancellation
from engine.scopes import DeliveryScope
from engine.sources import bind_sources
from engine.text_values import TextValues
from engine.unsupported import unsupported
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.document import Document
from ir.model.sources import ApiSource, DatabaseSource, TabularSource, WebhookSource
from ir.model.workflow import Workflow
from ir.names import names_of
from ir.records import dataclass
from ir.references import frame_reference
from transforms.building import Building, Check
from transforms.frame import Frame, Order
from transforms.operation import Operation
from transforms.rejects import Rejects
from transforms.validation import Validation

if TYPE_CHECKING:
    from engine.database_deliveries import TableOutput
    from engine.delivery_order import Delivered
    from engine.messages.output import MessageOutput
    from engine.payloads import Payloads
    from engine.plugin_deliveries.output import PluginOutput
    from engine.replaying.entry import Replaying


@dataclass(slots=True, kw_only=True)
class Compiled:
    """A workflow's relations and what is delivered of them. `frames` {visible name: relation}."""

    workflow: Workflow
    name: str
    document: Document
    graph: Graph
    effects: list[Effect]
    """The steps that take effect before the deliveries, in the order in which they do."""
    frames: dict[str, str]
    late: dict[str, str]
    """Visible names whose columns only a first pass can tell, with the reason."""
    files: list[FileOutput]
    tables: list[TableOutput]
    messages: list[MessageOutput]
    targets: list[PluginOutput]
    """Sources that a plugin writes."""
    checks: list[Check]
    rejects: list[Rejects]
    validation: Validation | None
    branches: Branches
    endings: list[Ending]
    awaited: Frame | None
    """The frame that is read again while it has no rows, as an edge case says."""
    ended: str | None
    """Why every run ends before anything is delivered; None where it does not."""
    first_passes: dict[Pointer, Frame]
    inputs: Inputs
    words: RunWords
    texts: TextValues
    file_names: FileNames
    logo: bytes | None
    increments: Increments
    pinned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of a run that is gone on with: {plugin_key: version and SHA-256 of the manifest}."""
    plugins: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The same of the plugins that it calls."""
    replaying: Replaying | None = None
    entered: str = ""
    is_isolated: bool = False
    """Whether it was compiled without asking a database or the network."""
    given_results: Mapping[Pointer, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    payloads: Payloads | None = None
    """What its webhook was sent."""
    openings: Mapping[Pointer, int] = field(default_factory=dict)
    """How often it was tried to open a source, where that was more than once."""

    @property
    def reads_databases(self) -> bool:
        """Whether a part of it may be done by a database."""
        return any(isinstance(each, DatabaseSource) for each in self.workflow.data_sources)

    @property
    def outputs(self) -> list[Delivered]:
        """Every delivery, in the order in which they are completed."""
        return in_order(self.document.value, self.files, self.tables, self.messages, self.targets)


@dataclass(slots=True, kw_only=True)
class Compiler:
    """Walks the stages of one document; problems are collected, not raised."""

    document: Document
    workflow: Workflow
    problems: Problems
    base: Path
    policy: Policy
    now: datetime
    given_inputs: Mapping[str, object]
    found_values: Mapping[Pointer, Sequence[object]] = field(default_factory=dict)
    known_sources: Mapping[Pointer, SourceRelation] = field(default_factory=dict)
    """Sources that were read again, and are not opened."""
    validating: bool = False
    pinned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of a run that is gone on with: {plugin_key: version and SHA-256 of the manifest}."""
    plugins: dict[str, tuple[str, str]] = field(default_factory=dict)
    replaying: Replaying | None = None
    entered: str = ""
    """The relation with the rows that a replay brings back."""
    is_isolated: bool = False
    """Whether no database and no network may be asked, as in a test."""
    given_results: Mapping[Pointer, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """What a test gives in place of the results of AI and plugin operations, at their places."""
    payloads: Payloads | None = None
    """What stands in for the requests of a webhook."""
    full_refresh: bool = False
    given_increments: Increments | None = None
    """Of a plan that is compiled again: where its sources start."""
    starts: Sequence[SavedCursor] | None = None
    """Of a run that is gone on with: the cursors that it began with."""
    increments: Increments = field(init=False)
    policies: Policies = field(init=False)
    openings: dict[Pointer, int] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)
    effects: list[Effect] = field(default_factory=list)
    effect_frames: set[str] = field(default_factory=set)
    """The names that effects have given to the rows they made."""
    frames: dict[str, Frame | None] = field(default_factory=dict)
    """What each visible name stands for so far; None where an error or an unsupported part hides its columns."""
    checks: list[Check] = field(default_factory=list)
    rejects: list[Rejects] = field(default_factory=list)
    validation: Validation | None = None
    endings: list[Ending] = field(default_factory=list)
    awaited: Frame | None = None
    occasions: dict[str, list[Occasion]] = field(default_factory=dict)
    ended: str | None = None
    first_passes: dict[Pointer, Frame] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    declared: dict[str, Pointer] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    words: RunWords = field(init=False)
    texts: TextValues = field(default_factory=TextValues)
    file_names: FileNames = field(default_factory=FileNames)
    later_columns: LaterColumns = field(init=False)
    scopes: list[DeliveryScope] = field(default_factory=list)
    """Every place that delivers something, known when the transforms are."""

    def __post_init__(self) -> None:
        self.later_columns = LaterColumns(self.workflow)
        self.increments = self.given_increments or Increments(
            workflow=self.name, timezone=self.workflow.settings.timezone, full_refresh=self.full_refresh,
            is_named=self.workflow.name is not None or not self.document.file.startswith("<"),
            looks=not (self.validating or self.is_isolated or self.replaying), begun=self.starts,
        )  # fmt: skip
        self.policies = Policies.of_workflow(self.workflow, cancellation=Cancellation())

    def compile(self) -> Compiled:
        workflow = self.workflow
        for at, message in unsupported(workflow, self.document.value):
            if at[:2] in self.known_sources:
                continue
            self.problems.error("IR290", message, at=at)
        if self.payloads is not None and not any(isinstance(each, WebhookSource) for each in workflow.data_sources):
            self.problems.error("IR540", "a payload was given, and none of the sources is a webhook",
                                at=("data_sources",), on_key=True, hint="leave --payload out")  # fmt: skip
        self.inputs = read_inputs(workflow, self.given_inputs, self.problems, missing_allowed=self.validating)
        words = RunWords(workflow=self.name, inputs=self.inputs, now=self.now, timezone=workflow.settings.timezone)
        for name, at, relation, frame_name in bind_sources(self, words):
            self.declared[name] = at
            self.frames[name] = None
            if relation is not None:
                order = Order(arrival=True) if getattr(relation, "ordered", True) else None
                frame = Frame(name=frame_name, schema=relation.schema, order=order, single=relation.single)
                self.frames[name] = self.graph.add(Relation(frame=frame, at=at, source=relation))
            self._reject(name, at, relation, frame_name)
        self.words = words
        check_edge_cases(self)
        self.frames["data"] = merged(self)
        self.ends_without("empty_data_source", "the data sources have no rows")
        prepare(self)
        look_for_attachments(self)
        compile_steps(self)
        branches = compile_conditionals(self)
        own = DeliveryScope(
            rules=workflow.delivery_rules, at=("delivery_rules",), data=self.frames["data"],
            written=self.document.value.get("delivery_rules") or {},
        )  # fmt: skip
        self.scopes += [*with_edge_messages(own, branches, self), *branches.scopes]
        files = compile_deliveries(self, words)
        tables = self._tables([each.id for each in files])
        messages = self._messages([*(each.id for each in files), *(each.id for each in tables)])
        targets = self._targets()
        if self.replaying is not None:
            targets = []  # what plugins have written stands, and rows alone do not say where they would go
            files, tables, messages = self._narrowed(files, tables, messages)
        logo = read_logo(workflow.rendering, self.base, self.policy, self.problems)
        check_names(self)
        check_partitions(self)
        self._check_watched()
        check_constraints(self, [*files, *tables, *messages, *targets])
        self._warn_unread()
        if workflow.tests and self.validating:
            ids = [each.id for kind in (files, tables, messages, targets) for each in kind]
            self._check_tests(ids)
        return Compiled(
            workflow=workflow,
            name=self.name,
            document=self.document,
            graph=self.graph,
            effects=self.effects,
            frames={name: frame.name for name, frame in self.frames.items() if frame is not None},
            late=self.late,
            files=files,
            tables=tables,
            messages=messages,
            targets=targets,
            checks=self.checks,
            rejects=self.rejects,
            validation=self.validation,
            branches=branches,
            endings=self.endings,
            awaited=self.awaited,
            ended=self.ended,
            first_passes=self.first_passes,
            inputs=self.inputs,
            words=words,
            texts=self.texts,
            file_names=self.file_names,
            logo=logo,
            increments=self.increments,
            pinned=self.pinned,
            plugins=self.plugins,
            replaying=self.replaying,
            entered=self.entered,
            is_isolated=self.is_isolated,
            given_results=self.given_results,
            payloads=self.payloads,
            openings=self.openings,
        )

    def _check_tests(self, delivered: Sequence[str]) -> None:
        from engine.testing.given_effects import effect_names
        from engine.testing.references import Known, check_tests

        given = [name for name, at in names_of(self.workflow) if "delivery_rules" in at]
        sources = [name for name, at in self.declared.items() if at[0] == "data_sources" and len(at) == 2]
        sources += effect_names(self.workflow)
        known = Known(inputs=self.inputs, sources=sources, frames=self.frames, deliveries=[*delivered, *given])
        check_tests(self.workflow.tests, known, self.problems)

    def _narrowed(
        self, files: list[FileOutput], tables: list[TableOutput], messages: list[MessageOutput]
    ) -> tuple[list[FileOutput], list[TableOutput], list[MessageOutput]]:
        """What a replay delivers and rejects: only what is made of the rows that come back."""
        from engine.replaying.entry import narrow, narrow_effects, renamed

        assert self.replaying is not None
        replaying = self.replaying
        files = [renamed(each, replaying) for each in narrow(self, files)]
        tables = narrow(self, tables)
        if messages:
            from engine.replaying.messages import narrow_messages

            messages = narrow_messages(self, messages, [*(each.id for each in files), *(each.id for each in tables)])
        entered = self.entered
        self.effects = narrow_effects(self)
        if not self.problems.errors and not (files or tables or messages or self.effects):
            self.problems.error("IR720", f'no delivery is made row by row of what "{replaying.entry}" rejected',
                                at=("delivery_rules",), on_key=True,
                                hint="repair the source and run the workflow again")  # fmt: skip
        self.rejects = [each for each in self.rejects if self.graph.is_made_of(each.letters.name, entered)]
        if self.validation is not None and not self.graph.is_made_of(self.validation.tested, entered):
            self.validation = None
        return files, tables, messages

    @contextmanager
    def within(self, scope: DeliveryScope) -> Iterator[None]:
        """Let `data` be what it is in this scope."""
        before = self.frames["data"]
        self.frames["data"] = scope.data
        try:
            yield
        finally:
            self.frames["data"] = before

    def _check_watched(self) -> None:
        """Where the workflow waits for files."""
        schedule = self.workflow.schedule
        if schedule is None or schedule.event is None:
            return
        from engine.schedules.watched import check_watched  # few workflows wait for any

        check_watched(self.workflow, self.problems)

    def _tables(self, taken: Sequence[str]) -> list[TableOutput]:
        """The deliveries to tables, whose ids are none of those that are `taken`."""
        targets = any(each.is_destination for each in self.workflow.data_sources)
        if not targets and not any(each.rules.database_delivery for each in self.scopes):
            return []
        # most workflows have none, and the databases' side of it costs their start
        from engine.database_deliveries import compile_tables

        return compile_tables(self, taken)

    def _targets(self) -> list[PluginOutput]:
        """The sources that a plugin writes."""
        sources = self.workflow.data_sources
        if not any(each.is_destination and isinstance(each, TabularSource | ApiSource) for each in sources):
            return []
        from engine.plugin_deliveries.compiling import compile_targets  # few workflows have some

        return compile_targets(self)

    def _messages(self, taken: Sequence[str]) -> list[MessageOutput]:
        """The deliveries of messages, whose ids are none of those that are `taken`."""
        rules = [each.rules for each in self.scopes]
        if not any(each.per_item_delivery or each.per_group_delivery or each.summary_delivery
                   or each.multiple_destinations for each in rules):  # fmt: skip
            return []
        # bodies and senders are modules that a workflow over files alone does without
        from engine.messages.compiling import compile_messages

        return compile_messages(self, taken)

    def _reject(self, name: str, at: Pointer, source: SourceRelation | None, relation: str) -> None:
        """The frame of the rows that a source rejects, where it names one."""
        rejects = self.workflow.data_sources[int(at[1])].rejects
        if rejects is None:
            return
        at = (*at, "rejects")
        self.declared[rejects] = at
        self.frames[rejects] = None
        if source is None:
            return
        rows = RejectsRelation.of(name, relation, source.schema, source.bad)
        taken = [column for column in source.schema if column in REJECT_COLUMNS]
        if taken:
            self.problems.error("IR403", f'"{name}" has a column "{taken[0]}", which its rejects have of their own',
                                at=at, hint="rename the column in the file")  # fmt: skip
            return
        frame = Frame(name=self.graph.free_name(rejects), schema=rows.schema, order=Order(arrival=True))
        self.frames[rejects] = self.graph.add(Relation(frame=frame, at=at, source=rows, word="rejects"))

    @property
    def name(self) -> str:
        """The workflow's name, by default its file's stem made a slug."""
        if self.workflow.name:
            return self.workflow.name
        stem = "" if self.document.file.startswith("<") else Path(self.document.file).stem.lower()
        slug = "".join(each if each.isascii() and (each.isalnum() or each in "_-") else "-" for each in stem).strip(
            "-_"
        )
        return slug or "workflow"

    def source_name(self, index: int) -> str:
        """The name of the source at this place among the sources."""
        return next(name for name, at in self.declared.items() if at == ("data_sources", index))

    def building(self, at: Pointer, step: str) -> Building:
        """What a step at `at` may ask for; its hidden frames belong to the plan's `step`."""

        def add_hidden(name: str, operation: Operation) -> Frame:
            return self.add(self.graph.free_name(name, self.declared), operation, at, step, hidden=True)

        return Building(
            problems=self.problems,
            at=at,
            inputs=self.inputs,
            timezone=self.workflow.settings.timezone,
            find_frame=self.find_frame,
            add_hidden=add_hidden,
            checks=self.checks,
            rejects=self.rejects,
            found_values=self.found_values,
            first_passes=self.first_passes,
            frames={name: frame for name, frame in self.frames.items() if name != "data"},
            words=self._settled_words(),
            made_later=lambda column: self.later_columns.hint(column, at),
        )

    def _settled_words(self) -> dict[str, Any]:
        """The words of the run that are known when it is compiled: all but its id."""
        roots = self.words.roots()
        known = {word: value for word, value in roots["run"].items() if word != "id"}
        return {**{word: value for word, value in roots.items() if word in known}, "run": known}

    def add(
        self, name: str, operation: Operation, at: Pointer, step: str, *, hidden: bool = False, word: str = ""
    ) -> Frame:
        read = {value.frame for value in operation.values}
        self.read.update(visible for visible, each in self.frames.items() if each is not None and each.name in read)
        frame = Frame(name=name, schema=operation.schema, order=operation.order, single=operation.single,
                      unique=operation.unique, formats=operation.formats)  # fmt: skip
        return self.graph.add(Relation(frame=frame, at=at, operation=operation, step=step, hidden=hidden, word=word))

    def input_frame(self, input_source: str | None, at: Pointer) -> Frame | None:
        """The frame that the step or delivery at `at` reads: its input_source, else data. None after an error."""
        if input_source is not None:
            return self.find_frame(input_source, (*at, "input_source"))
        self.read.add("data")
        return self.frames["data"]

    def find_frame(self, written: str, at: Pointer) -> Frame | None:
        """The frame a reference names, or None after an error at its place."""
        name = frame_reference(written)
        if name is None:
            self.problems.error("IR301", f'"{written}" names no frame', at=at, hint="write a name, or {{name}}")
            return None
        if name not in self.frames:
            self.problems.error("IR301", f'there is no frame "{name}" here', at=at, hint=self._frame_hint(name))
            return None
        self.read.add(name)
        return self.frames[name]

    def _frame_hint(self, name: str) -> str:
        """What could stand in place of a name that is no frame here."""
        steps = self.workflow.transforms
        if any(each.output_variable == name for each in steps):
            return "it is made further down: move that step up"
        for each in steps:
            if each.id == name and each.output_variable:
                return f'"{name}" is the id of a step; its frame is "{each.output_variable}"'
            if each.id == name:
                return f'"{name}" is the id of a step: give it an output_variable and write that'
        known = [*(each for each in self.frames if each != "data"), "data"]
        return did_you_mean(name, known) or f"the frames here are: {', '.join(known)}"

    def ends_without(self, condition: str, reason: str) -> None:
        """Have the run end well where `data`, as it stands now, has no rows, if an edge case says so."""
        data = self.frames["data"]
        if data is None:
            return
        self.occurred(condition, Occasion(reason=reason, frame=data))
        if edge_case(self.workflow, condition, "retry") is not None:
            self.awaited = data
        if edge_case(self.workflow, condition, "skip_execution") is not None:
            self.endings.append(Ending(frame=data, reason=reason))

    def occurred(self, condition: str, occasion: Occasion) -> None:
        """Note what may come in a run, and that an edge case may have something to say about."""
        self.occasions.setdefault(condition, []).append(occasion)

    def _warn_unread(self) -> None:
        if self.problems.errors:
            return
        for name, at in self.declared.items():
            if name in self.read or name == "data":
                continue
            if at[-1] == "rejects":
                continue  # its rows are dead letters, read or not
            what = "source" if at[0] == "data_sources" else "frame"
            if at[0] == "data_sources" and self.workflow.data_sources[int(at[1])].is_destination:
                continue  # it is written
            place = (*at, "output_variable") if at[0] == "transforms" else at
            if not all(each.rules.is_empty for each in self.scopes):
                self.problems.warning("IR320", f'nothing reads the {what} "{name}"', at=place)
