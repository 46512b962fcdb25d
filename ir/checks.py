"""What a document tells without any data, beyond the shape of its parts: what must stand together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ir.cron import lone_steps
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.model.filters import FilterGroup
from ir.model.workflow import Workflow
from ir.names import check_names, delivery_rules_of, names_of
from ir.step_cycles import check_cycles


def check_workflow(workflow: Workflow, problems: Problems) -> None:
    """Report everything that a well-shaped workflow can still get wrong."""
    check_names(workflow, problems)
    _check_inputs(workflow, problems)
    _check_schedule(workflow, problems)
    _check_sources(workflow, problems)
    _check_merge(workflow, problems)
    _check_groups(workflow, problems)
    _check_conditionals(workflow, problems)
    _check_ids(workflow, problems)
    check_cycles(workflow, problems)


def _check_inputs(workflow: Workflow, problems: Problems) -> None:
    seen: dict[str, int] = {}
    for index, each in enumerate(workflow.runtime_inputs):
        if each.name in seen:
            problems.error("IR305", f'the input "{each.name}" is declared twice', at=("runtime_inputs", index, "name"),
                           related=[("first declared here", ("runtime_inputs", seen[each.name], "name"))])  # fmt: skip
        seen.setdefault(each.name, index)


def _check_schedule(workflow: Workflow, problems: Problems) -> None:
    schedule = workflow.schedule
    if schedule is None:
        return
    for index, source in enumerate(workflow.data_sources if schedule.enabled else ()):
        if source.type == "webhook":
            problems.warning("IR327", "a run by the schedule has no request whose rows the webhook would have",
                             at=("schedule",), on_key=True, hint="take one of the two into a workflow of its own",
                             related=[("the webhook", ("data_sources", index))])  # fmt: skip
    for message, hint in () if schedule.cron_expression is None else lone_steps(schedule.cron_expression):
        problems.warning("IR224", message, at=("schedule", "cron_expression"), hint=hint)
    if isinstance(schedule.event, str):
        return
    event = schedule.event
    if event is not None and event.workflow_finished is not None and event.workflow_finished == workflow.name:
        problems.error("IR206", "the workflow would start itself whenever it has ended well",
                       at=("schedule", "event", "workflow_finished"))  # fmt: skip
    gives = {"file"} if event is not None and event.file_arrived is not None else set[str]()
    for index, each in enumerate(workflow.runtime_inputs):
        if each.required and each.default_value is None and each.name not in gives:
            problems.warning("IR311", f'the input "{each.name}" is required, and the schedule gives none',
                             at=("runtime_inputs", index), hint="write default_value: what scheduled runs take",
                             related=[("the schedule", ("schedule",))])  # fmt: skip


def _check_sources(workflow: Workflow, problems: Problems) -> None:
    readable = [each for each in workflow.data_sources if not each.is_destination]
    if not readable:
        problems.error("IR220", "no source is read: all are destinations", at=("data_sources",), on_key=True)
    elif all(each.is_reference for each in readable):
        problems.error("IR220", "every source is a reference to deduplicate against; none gives the rows",
                       at=("data_sources",), on_key=True, hint="leave role out, or write role: primary")  # fmt: skip
    primaries = [index for index, each in enumerate(workflow.data_sources) if each.role == "primary"]
    for index in primaries[1:]:
        problems.error("IR221", "a second source has the role primary", at=("data_sources", index, "role"),
                       related=[("the first one", ("data_sources", primaries[0], "role"))])  # fmt: skip


def _check_merge(workflow: Workflow, problems: Problems) -> None:
    merge = workflow.data_merge
    if merge is None:
        return
    mergeable = [each for each in workflow.data_sources if not each.is_destination and not each.is_reference]
    for index, each in enumerate(merge.sources or []):
        position = each.source_index
        if position is None or position >= len(workflow.data_sources):
            continue
        source = workflow.data_sources[position]
        at: Pointer = ("data_merge", "sources", index)
        if source.is_destination:
            problems.error("IR222", f"source {position} is written to, never read", at=(*at, "source_index"))
        if source.alias and each.alias and source.alias != each.alias:
            problems.error("IR222", f'source {position} has the alias "{source.alias}", not "{each.alias}"',
                           at=(*at, "alias"), related=[("its alias", ("data_sources", position, "alias"))])  # fmt: skip
    count = len(mergeable) if merge.sources is None else len(merge.sources)
    if count < 2:
        seen = "one source" if count else "no source"
        problems.error("IR222", f"a merge of {seen}", at=("data_merge",), on_key=True,
                       hint="name at least two, or leave data_merge out")  # fmt: skip


def _check_groups(workflow: Workflow, problems: Problems) -> None:
    if workflow.grouping or workflow.partitions:
        return
    hint = "write grouping: {group_by: …}"
    for rules, at in delivery_rules_of(workflow):
        if rules.per_group_delivery:
            problems.error("IR223", "per_group_delivery needs groups", at=(*at, "per_group_delivery"), on_key=True,
                           hint=hint)  # fmt: skip
        for index, each in enumerate(rules.multiple_destinations):
            if each.execution_scope == "per_group":
                problems.error("IR223", "execution_scope per_group needs groups", hint=hint,
                               at=(*at, "multiple_destinations", index, "execution_scope"))  # fmt: skip
    for index, step in enumerate(workflow.plugin_operations):
        if step.execution_scope == "per_group":
            problems.error("IR223", "execution_scope per_group needs groups", hint=hint,
                           at=("plugin_operations", index, "execution_scope"))  # fmt: skip


def _check_conditionals(workflow: Workflow, problems: Problems) -> None:
    for index, each in enumerate(workflow.conditionals):
        columns = [field for field in _fields(each.filter) if "{{" not in field]
        if each.scope == "run" and columns and each.match is None:
            problems.error("IR202", f'"{columns[0]}" is a column, and a run has many rows of it',
                           at=("conditionals", index), hint="write match: any or match: all")  # fmt: skip


def _fields(group: FilterGroup) -> Iterator[str]:
    yield from (each.field for each in group.conditions)
    for inner in group.groups:
        yield from _fields(inner)


def _check_ids(workflow: Workflow, problems: Problems) -> None:
    """What depends_on and attachments name must exist."""
    names = {name for name, _ in names_of(workflow)}
    files: set[str] = set()
    for rules, _ in delivery_rules_of(workflow):
        files |= {each.id for each in rules.files if each.id}
    for rules, at in delivery_rules_of(workflow):
        for key in ("per_item_delivery", "per_group_delivery", "summary_delivery"):
            message = getattr(rules, key)
            if message:
                _expect(message.attachments, files, "file delivery", (*at, key, "attachments"), problems)
                _expect(message.depends_on, names, "step", (*at, key, "depends_on"), problems)
        for key in ("multiple_destinations", "database_delivery", "file_delivery"):
            for index, each in enumerate(getattr(rules, key)):
                _expect(each.depends_on, names, "step", (*at, key, index, "depends_on"), problems)
                _expect(
                    getattr(each, "attachments", ()), files, "file delivery", (*at, key, index, "attachments"), problems
                )
    for stage in ("data_sources", "transforms", "ai_operations", "plugin_operations"):
        for index, step in enumerate(getattr(workflow, stage)):
            _expect(step.depends_on, names, "step", (stage, index, "depends_on"), problems)


def _expect(written: Iterable[str], known: set[str], what: str, at: Pointer, problems: Problems) -> None:
    for index, name in enumerate(written):
        if name not in known:
            problems.error("IR306", f'no {what} has the name "{name}"', at=(*at, index),
                           hint=did_you_mean(name, sorted(known)))  # fmt: skip
