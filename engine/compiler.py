"""From a workflow document to its relations: sources bound, every expression typed, the graph in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.bad_rows import REJECT_COLUMNS
from connectors.files.mended import MendedRelation
from connectors.files.relation import FileRelation
from connectors.policy import Policy
from connectors.rejects import RejectsRelation
from engine.deliveries import FileOutput, compile_deliveries
from engine.edge_cases import Ending, check_edge_cases, edge_case, records
from engine.graph import Graph, Relation, SourceRelation
from engine.names import Inputs, RunWords, read_inputs
from engine.sources import bind_sources, readable_sources
from engine.unsupported import frames_changed_later, names_made_later, unsupported
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.document import Document
from ir.model.base import Section
from ir.model.filters import FilterGroup
from ir.model.normalization import Normalization
from ir.model.transform import Transform
from ir.model.workflow import Workflow
from ir.references import frame_reference
from ir.structure import report_structure
from transforms.building import Building, Check
from transforms.filter import build_filter_group
from transforms.frame import KEPT_NAMES, Frame, Order
from transforms.headers import build_normalization, missing_headers, with_headers
from transforms.merging import merge_sources
from transforms.operation import Operation
from transforms.references import build_reference
from transforms.registry import TRANSFORMS
from transforms.rejects import Rejects
from transforms.validation import Origin, Validation, build_validation


@dataclass(slots=True, kw_only=True)
class Compiled:
    """A workflow's relations and what is delivered of them. `frames` {visible name: relation}."""

    workflow: Workflow
    name: str
    document: Document
    graph: Graph
    frames: dict[str, str]
    late: dict[str, str]
    """Visible names whose columns only a first pass can tell, with the reason."""
    outputs: list[FileOutput]
    checks: list[Check]
    rejects: list[Rejects]
    validation: Validation | None
    endings: list[Ending]
    ended: str | None
    """Why every run ends before anything is delivered; None where it does not."""
    first_passes: dict[Pointer, Frame]
    inputs: Inputs
    words: RunWords


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
    graph: Graph = field(default_factory=Graph)
    frames: dict[str, Frame | None] = field(default_factory=dict)
    """What each visible name stands for so far; None where an error or an unsupported part hides its columns."""
    checks: list[Check] = field(default_factory=list)
    rejects: list[Rejects] = field(default_factory=list)
    validation: Validation | None = None
    endings: list[Ending] = field(default_factory=list)
    ended: str | None = None
    first_passes: dict[Pointer, Frame] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    declared: dict[str, Pointer] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    words: RunWords = field(init=False)

    def compile(self) -> Compiled:
        workflow = self.workflow
        for at, message in unsupported(workflow, self.document.value):
            self.problems.error("IR290", message, at=at)
        self.inputs = read_inputs(workflow, self.given_inputs, self.problems, missing_allowed=self.validating)
        words = RunWords(workflow=self.name, inputs=self.inputs, now=self.now, timezone=workflow.settings.timezone)
        for name, at, relation, frame_name in bind_sources(self, words):
            self.declared[name] = at
            self.frames[name] = None
            if relation is not None:
                frame = Frame(
                    name=frame_name, schema=relation.schema, order=Order(arrival=True), single=relation.single
                )
                self.frames[name] = self.graph.add(Relation(frame=frame, at=at, source=relation))
            self._reject(name, at, relation, frame_name)
        self.words = words
        check_edge_cases(self)
        self.frames.update(dict.fromkeys(names_made_later(workflow)))
        self.frames["data"] = self._merged()
        self._ends_without("empty_data_source", "the data sources have no rows")
        self._prepare()
        for index, transform in enumerate(workflow.transforms):
            self._transform(index, transform)
        self.frames.update((name, None) for name in frames_changed_later(workflow) if name in self.frames)
        if workflow.post_ai_filters is not None:
            self._filter(workflow.post_ai_filters, "post_ai_filters")
        outputs = compile_deliveries(self, words)
        self._check_names()
        self._warn_unread()
        return Compiled(
            workflow=workflow,
            name=self.name,
            document=self.document,
            graph=self.graph,
            frames={name: frame.name for name, frame in self.frames.items() if frame is not None},
            late=self.late,
            outputs=outputs,
            checks=self.checks,
            rejects=self.rejects,
            validation=self.validation,
            endings=self.endings,
            ended=self.ended,
            first_passes=self.first_passes,
            inputs=self.inputs,
            words=words,
        )

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

    def _merged(self) -> Frame | None:
        """The first `data`: what data_merge makes of the sources, else the primary source."""
        sources = readable_sources(self.workflow, self.frames, self.declared)
        merge = self.workflow.data_merge
        if merge is None:
            primary = [name for name, source in sources if source.role == "primary"] or [name for name, _ in sources]
            self.read.update(primary[:1])
            return self.frames[primary[0]] if primary else None
        building = self.building(("data_merge",), "data_merge")
        names = [name for name, _ in sources]
        if merge.sources:
            names = []
            for index, each in enumerate(merge.sources):
                name = self._merge_source(each.source_index, each.alias, index)
                if name is None:
                    return None
                names.append(name)
        self.read.update(names)
        frames = [self.frames[name] for name in names]
        if len(frames) == 1:
            return frames[0]
        known = [frame for frame in frames if frame is not None]
        if len(known) < len(frames):
            return None
        operation = merge_sources(merge, known, building)
        if operation is None:
            return None
        return self.add(
            self.graph.free_name("merged", self.declared), operation, ("data_merge",), "data_merge", word=merge.strategy
        )

    def _merge_source(self, source_index: int | None, alias: str | None, index: int) -> str | None:
        by_index = {at[1]: name for name, at in self.declared.items() if len(at) == 2}
        if source_index is not None:
            if source_index not in by_index:
                self.problems.error(
                    "IR301",
                    f"there is no source {source_index}: the last is {len(by_index) - 1}",
                    at=("data_merge", "sources", index, "source_index"),
                )
                return None
            return by_index[source_index]
        if alias not in self.frames:
            self.problems.error(
                "IR301",
                f'there is no source "{alias}"',
                at=("data_merge", "sources", index, "alias"),
                hint=did_you_mean(alias or "", self.declared),
            )
            return None
        return alias

    def _prepare(self) -> None:
        """normalization, references, validation and filters: the stages between merge and transforms."""
        workflow = self.workflow
        data = self.frames["data"]
        if workflow.normalization is not None and data is not None:
            data = self._with_headers(workflow.normalization, data)
        if workflow.normalization is not None and data is not None:
            operation = build_normalization(
                workflow.normalization, data, self.building(("normalization",), "normalization")
            )
            if operation is not None:
                self._becomes_data(self.graph.free_name("normalized", self.declared), operation, ("normalization",))
        for name, source in readable_sources(workflow, self.frames, self.declared, references=True):
            data, reference = self.frames["data"], self.frames[name]
            self.read.add(name)
            if data is None or reference is None:
                continue
            at = self.declared[name]
            found = build_reference(source, data, reference, self.building((*at, "config"), f"without_{name}"))
            if found is not None:
                self._becomes_data(self.graph.free_name(f"without_{name}", self.declared), found, at)
        self._validate()
        if workflow.filters is not None:
            self._filter(workflow.filters, "filters")

    def _with_headers(self, normalization: Normalization, rows: Frame) -> Frame | None:
        """The rows with what an edge case puts in place of missing headers; None where the run ends for them."""
        case = edge_case(self.workflow, "missing_required_headers")
        missing = missing_headers(normalization, rows)
        if case is None or not missing:
            return rows
        named = " and ".join(f'"{each}"' for each in missing)
        if case[0].action == "skip_execution":
            self.ended = f"the required {'header' if len(missing) == 1 else 'headers'} {named} is missing"
            if len(missing) > 1:
                self.ended = self.ended.removesuffix("is missing") + "are missing"
            self.problems.warning("IR442", f"a run ends without a delivery: {self.ended}", at=(*case[1], "condition"))
            self.frames["data"] = None
            return None
        operation = with_headers(rows, missing, case[0].default_value)
        name = self.graph.free_name("headers", self.declared)
        self.frames["data"] = self.add(name, operation, case[1], name, word="missing headers")
        return self.frames["data"]

    def _primary(self) -> str | None:
        """The source that `data` begins with, where that is one."""
        sources = readable_sources(self.workflow, self.frames, self.declared)
        primary = [name for name, source in sources if source.role == "primary"] or [name for name, _ in sources]
        return primary[0] if primary and self.workflow.data_merge is None else None

    def _ends_without(self, condition: str, reason: str) -> None:
        """Have the run end well where `data`, as it stands now, has no rows, if an edge case says so."""
        data = self.frames["data"]
        if data is not None and edge_case(self.workflow, condition) is not None:
            self.endings.append(Ending(frame=data, reason=reason))

    def _validate(self) -> None:
        """The rows that keep the validation rules become `data`; those that do not may be a frame of their own."""
        workflow, data = self.workflow, self.frames["data"]
        rejects, about = workflow.validation_rejects, records(self, self._primary())
        skips = about.duplicates is not None or (about.missing is not None and about.default is None)
        if rejects is not None:
            self.frames[rejects] = None
            if not skips and not any(rule.action in {"skip_row", "quarantine"} for rule in workflow.validation_rules):
                self.problems.error("IR206", "validation_rejects means nothing without a rule that rejects rows",
                                    at=("validation_rejects",), hint="action: skip_row, or quarantine")  # fmt: skip
        if data is None or not (workflow.validation_rules or about.duplicates or about.missing):
            return
        name = self.graph.free_name("validated", self.declared)
        building = self.building(("validation_rules",), name)
        found = build_validation(workflow.validation_rules, about, data, building, origin=self._origin(data),
                                 step=name, with_rejects=rejects is not None)  # fmt: skip
        if found is None:
            return
        self.validation = found.validation
        self.frames["data"] = self.add(name, found.kept, building.at, name, word="validation")
        if rejects is not None and found.rejected is not None:
            at: Pointer = ("validation_rejects",)
            self.frames[rejects] = self.add(rejects, found.rejected, at, rejects, word="rejects")
            self.declared[rejects] = at

    def _origin(self, frame: Frame) -> Origin:
        """The source each of whose rows is one of these or was left out, else the step that mixed several."""
        relation, is_whole = self.graph[frame.name], True
        while (operation := relation.operation) is not None and operation.keeps_rows:
            is_whole &= operation.keeps_count
            relation = self.graph[operation.inputs[0].name]
        source = relation.source
        files = source.files if isinstance(source, FileRelation | MendedRelation) else ()
        return Origin(name=relation.name, file=files[0] if len(files) == 1 else None,
                      placed=is_whole and (source is None or source.bad is None))  # fmt: skip

    def _filter(self, group: FilterGroup, section: str) -> None:
        data = self.frames["data"]
        if data is None:
            return
        operation = build_filter_group(group, data, self.building((section,), section))
        if operation is not None:
            self._becomes_data(self.graph.free_name(section, self.declared), operation, (section,))
            self._ends_without("no_rows_after_filter", f"{section} left no rows")

    def _becomes_data(self, name: str, operation: Operation, at: Pointer) -> None:
        self.frames["data"] = self.add(name, operation, at, name)

    def _transform(self, index: int, transform: Transform) -> None:
        at: Pointer = ("transforms", index)
        name = transform.output_variable or "data"
        kind = TRANSFORMS.get(transform.type)
        rows = self.frames["data"]
        if transform.input_source is not None:
            rows = self.find_frame(transform.input_source, (*at, "input_source"))
        else:
            self.read.add("data")
        step = transform.output_variable or transform.id or f"{transform.type}_{index + 1}"
        if kind is None:
            self.problems.error(
                "IR204",
                f'"{transform.type}" is no type of transform',
                at=(*at, "type"),
                hint=did_you_mean(transform.type, TRANSFORMS) or f"the types are {', '.join(sorted(TRANSFORMS))}",
            )
            self.frames[name] = None
            return
        config = self._config(kind.config, transform.config, (*at, "config"))
        if config is None or rows is None:
            if transform.output_variable or config is None or rows is None:
                self.frames[name] = None
                self._inherit_lateness(name, transform.input_source)
            return
        building = self.building((*at, "config"), step)
        before = len(self.problems.errors)
        operation = kind.build(config, rows, building)
        if operation is None:
            if building.at in self.first_passes:
                self.late[name] = f"the columns of {step} are found by a first pass"
            elif len(self.problems.errors) == before and self.late:
                self.late[name] = next(iter(self.late.values()))
            # what an error hides is not reported again by the steps below: a filter or sort keeps its columns
            same = len(self.problems.errors) > before and transform.type in {"filter", "sort", "limit", "format"}
            self.frames[name] = rows if same else None
            return
        self.late.pop(name, None)
        self.frames[name] = self.add(
            self.graph.free_name(step, self._names_to_come(index)), operation, at, step, word=transform.type
        )
        if transform.output_variable:
            self.declared[transform.output_variable] = at
        elif transform.type == "filter":
            self._ends_without("no_rows_after_filter", f"{step} left no rows")

    def _config(self, model: type[Section], written: Mapping[str, Any], at: Pointer) -> Section | None:
        try:
            return model.model_validate(written)
        except ValidationError as error:
            report_structure(error, written, self.problems, model=model, below=at)
            return None

    def _inherit_lateness(self, name: str, input_source: str | None) -> None:
        source = frame_reference(input_source) if input_source else "data"
        if source in self.late:
            self.late[name] = self.late[source]

    def _names_to_come(self, index: int) -> set[str]:
        """Names that later steps have claimed, which an unnamed step's relation must leave free."""
        return {each.output_variable for each in self.workflow.transforms[index + 1 :] if each.output_variable}

    def _check_names(self) -> None:
        """Columns that differ only in case would be one column in SQL, and it has no word for one without a name."""
        for relation in self.graph:
            if not relation.frame.schema.names:
                verb, hint = ("keeps", "keep one, or leave the step out")
                if relation.operation is None:
                    verb, hint = ("has", "declare its columns: schema: {column: type}")
                self.problems.error("IR407", f'"{relation.name}" {verb} no column', at=relation.at, hint=hint)
            seen: dict[str, str] = {}
            for name in relation.frame.schema:
                made_here = all(name not in self.graph[each].frame.schema for each in relation.inputs)
                if made_here and (not name.strip() or "\0" in name):
                    self.problems.error(
                        "IR407", f'"{relation.name}" makes a column {_nameless(name)}', at=relation.at,
                        hint="give it a name; a pivot's columns are named by their values",
                    )  # fmt: skip
                if made_here and not relation.hidden and KEPT_NAMES.fullmatch(name.casefold()):
                    self.problems.error(
                        "IR403", f'"{relation.name}" has a column "{name}", which is a name that operations keep',
                        at=relation.at, hint="give it another name",
                    )  # fmt: skip
                other = seen.setdefault(name.casefold(), name)
                if other != name and not any(
                    other in before and name in before
                    for before in (self.graph[each].frame.schema for each in relation.inputs)
                ):
                    self.problems.error(
                        "IR404",
                        f'the columns "{other}" and "{name}" of "{relation.name}" differ only in case',
                        at=relation.at,
                        hint=f"rename one of them, as in rename: {{{name}: {name}_2}}"
                        if relation.operation is not None and relation.at[:1] != ("data_merge",)
                        else "give one of them another name at its source",
                    )

    def _warn_unread(self) -> None:
        if self.problems.errors:
            return
        for name, at in self.declared.items():
            if name in self.read or name == "data":
                continue
            if at[-1] == "rejects":
                continue  # its rows are dead letters, read or not
            what = "source" if at[0] == "data_sources" else "frame"
            place = (*at, "output_variable") if at[0] == "transforms" else at
            if not self.workflow.delivery_rules.is_empty:
                self.problems.warning("IR320", f'nothing reads the {what} "{name}"', at=place)


def _nameless(name: str) -> str:
    return "whose name holds a NUL" if name.strip() else "without a name"
