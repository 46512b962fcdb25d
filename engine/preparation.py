"""The stages between the merge and the transforms: normalization, references, validation, filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.files.mended import MendedRelation
from connectors.files.relation import FileRelation
from engine.edge_cases import Occasion, edge_case, record_keys, records
from engine.merge import primary_source
from engine.sources import readable_sources
from ir.diagnostics import Pointer
from ir.model.filters import FilterGroup
from ir.model.normalization import Normalization
from transforms.aggregate import AggregateConfig, build_aggregate
from transforms.filter import build_filter_group
from transforms.frame import Frame
from transforms.headers import build_normalization, missing_headers, with_headers
from transforms.operation import Operation
from transforms.references import build_reference
from transforms.validation import Origin, build_validation

if TYPE_CHECKING:
    from engine.compiler import Compiler


def prepare(compiler: Compiler) -> None:
    """normalization, references, validation and filters: the stages between merge and transforms."""
    workflow = compiler.workflow
    data = compiler.frames["data"]
    if workflow.normalization is not None and data is not None:
        data = _with_headers(compiler, workflow.normalization, data)
    if workflow.normalization is not None and data is not None:
        operation = build_normalization(
            _told_instead(compiler, workflow.normalization, data),
            data,
            compiler.building(("normalization",), "normalization"),
        )
        if operation is not None:
            _becomes_data(
                compiler, compiler.graph.free_name("normalized", compiler.declared), operation, ("normalization",)
            )
    for name, source in readable_sources(workflow, compiler.frames, compiler.declared, references=True):
        data, reference = compiler.frames["data"], compiler.frames[name]
        compiler.read.add(name)
        if data is None or reference is None:
            continue
        at = compiler.declared[name]
        found = build_reference(source, data, reference, compiler.building((*at, "config"), f"without_{name}"))
        if found is not None:
            _becomes_data(compiler, compiler.graph.free_name(f"without_{name}", compiler.declared), found, at)
    _validate(compiler)
    if workflow.filters is not None:
        apply_filter(compiler, workflow.filters, "filters")


def _told_instead(compiler: Compiler, normalization: Normalization, rows: Frame) -> Normalization:
    """The normalization that only warns of missing headers where an edge case tells somebody of them."""
    missing = missing_headers(normalization, rows)
    if not missing or edge_case(compiler.workflow, "missing_required_headers", "alert_admin") is None:
        return normalization
    named = " and ".join(f'"{each}"' for each in missing)
    compiler.occurred("missing_required_headers", Occasion(reason=f"required headers are missing: {named}", frame=None))
    action = normalization.missing_header_action
    return normalization.model_copy(update={"missing_header_action": "warn" if action == "error" else action})


def _with_headers(compiler: Compiler, normalization: Normalization, rows: Frame) -> Frame | None:
    """The rows with what an edge case puts in place of missing headers; None where the run ends for them."""
    case = edge_case(compiler.workflow, "missing_required_headers", "skip_execution", "use_default_value")
    missing = missing_headers(normalization, rows)
    if case is None or not missing:
        return rows
    named = " and ".join(f'"{each}"' for each in missing)
    if case[0].action == "skip_execution":
        compiler.ended = f"the required {'header' if len(missing) == 1 else 'headers'} {named} is missing"
        if len(missing) > 1:
            compiler.ended = compiler.ended.removesuffix("is missing") + "are missing"
        compiler.problems.warning(
            "IR442", f"a run ends without a delivery: {compiler.ended}", at=(*case[1], "condition")
        )
        compiler.frames["data"] = None
        return None
    operation = with_headers(rows, missing, case[0].default_value)
    name = compiler.graph.free_name("headers", compiler.declared)
    compiler.frames["data"] = compiler.add(name, operation, case[1], name, word="missing headers")
    return compiler.frames["data"]


def _validate(compiler: Compiler) -> None:
    """The rows that keep the validation rules become `data`; those that do not may be a frame of their own."""
    workflow, data = compiler.workflow, compiler.frames["data"]
    rejects, about = workflow.validation_rejects, records(compiler, primary_source(compiler))
    skips = about.duplicates is not None or (about.missing is not None and about.default is None)
    if rejects is not None:
        compiler.frames[rejects] = None
        if not skips and not any(rule.action in {"skip_row", "quarantine"} for rule in workflow.validation_rules):
            compiler.problems.error("IR206", "validation_rejects means nothing without a rule that rejects rows",
                                at=("validation_rejects",), hint="action: skip_row, or quarantine")  # fmt: skip
    if data is None:
        return
    _count_missing(compiler, data)
    _count_duplicates(compiler, data, record_keys(compiler, primary_source(compiler)))
    if not (workflow.validation_rules or about.duplicates or about.missing):
        return
    name = compiler.graph.free_name("validated", compiler.declared)
    if compiler.replaying is not None:
        from engine.replaying.entry import enter

        data = enter(compiler, data, name, ("validation_rules",))
    building = compiler.building(("validation_rules",), name)
    found = build_validation(workflow.validation_rules, about, data, building, origin=_origin(compiler, data),
                             step=name, with_rejects=rejects is not None)  # fmt: skip
    if found is None:
        return
    compiler.validation = found.validation
    compiler.frames["data"] = compiler.add(name, found.kept, building.at, name, word="validation")
    if rejects is not None and found.rejected is not None:
        at: Pointer = ("validation_rejects",)
        compiler.frames[rejects] = compiler.add(rejects, found.rejected, at, rejects, word="rejects")
        compiler.declared[rejects] = at


def _count_missing(compiler: Compiler, data: Frame) -> None:
    """Have the rows counted that lack a required value, where somebody is told of them."""
    if edge_case(compiler.workflow, "missing_required_field", "alert_admin") is None:
        return
    rules = [each for each in compiler.workflow.validation_rules if each.required and each.field in data.schema]
    fields = list(dict.fromkeys(each.field for each in rules if each.field is not None))
    if not fields:
        return
    tests = [{"field": each, "operator": "is_empty"} for each in fields]
    group = FilterGroup.model_validate({"combineWith": "OR", "conditions": tests})
    operation = build_filter_group(group, data, compiler.building(("validation_rules",), "missing"))
    if operation is not None:
        rows = compiler.add(compiler.graph.free_name("missing"), operation, ("validation_rules",), "missing",
                            hidden=True)  # fmt: skip
        compiler.occurred("missing_required_field", Occasion(
            reason=f"rows have no value in {' or '.join(fields)}", frame=rows, is_without_rows=False))  # fmt: skip


def _count_duplicates(compiler: Compiler, data: Frame, keys: Sequence[str]) -> None:
    """Have the records found that stand more than once, where somebody is told of them."""
    if edge_case(compiler.workflow, "duplicate_records", "alert_admin") is None:
        return
    building = compiler.building(("edge_cases",), "duplicates")
    named = building.known_columns(list(keys), data.schema) if keys else list(data.schema)
    config = AggregateConfig.model_validate(
        {"group_by": named, "aggregates": {"__records": "count(*)"}, "having": "__records > 1"}
    )
    operation = build_aggregate(config, data, building) if named else None
    if operation is not None:
        rows = compiler.add(compiler.graph.free_name("duplicates"), operation, ("edge_cases",), "duplicates",
                            hidden=True)  # fmt: skip
        by = f" by {', '.join(keys)}" if keys else ""
        compiler.occurred("duplicate_records", Occasion(
            reason=f"records stand more than once{by}", frame=rows, is_without_rows=False))  # fmt: skip


def _origin(compiler: Compiler, frame: Frame) -> Origin:
    """The source each of whose rows is one of these or was left out, else the step that mixed several."""
    relation, is_whole = compiler.graph[frame.name], True
    while (operation := relation.operation) is not None and operation.keeps_rows:
        is_whole &= operation.keeps_count
        relation = compiler.graph[operation.inputs[0].name]
    source = relation.source
    files = source.files if isinstance(source, FileRelation | MendedRelation) else ()
    return Origin(name=relation.name, file=files[0] if len(files) == 1 else None,
                  placed=is_whole and (source is None or source.bad is None))  # fmt: skip


def apply_filter(compiler: Compiler, group: FilterGroup, section: str) -> None:
    data = compiler.frames["data"]
    if data is None:
        return
    operation = build_filter_group(group, data, compiler.building((section,), section))
    if operation is not None:
        _becomes_data(compiler, compiler.graph.free_name(section, compiler.declared), operation, (section,))
        compiler.ends_without("no_rows_after_filter", f"{section} left no rows")


def _becomes_data(compiler: Compiler, name: str, operation: Operation, at: Pointer) -> None:
    compiler.frames["data"] = compiler.add(name, operation, at, name)
