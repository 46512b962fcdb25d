"""The order in which the steps of a workflow are compiled: transforms, AI operations, plugin operations.

A step that reads what a later one makes waits for it, so that a transform may stand on the result of a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from engine.effects.registry import adding
from engine.preparation import apply_filter
from engine.transform_steps import add_transform
from ir.records import dataclass
from ir.references import frame_reference, roots_in, texts_in
from ir.templates import TemplateSyntax, parse_template

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from ir.diagnostics import Pointer

_OPERATIONS = ("ai_operations", "plugin_operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A step to compile. It waits for what makes the `names` it reads, and for the steps it names in depends_on."""

    section: str
    at: Pointer
    name: str | None
    makes: frozenset[str]
    reads: frozenset[str]
    changes: str | None
    """The frame whose rows it changes in place."""
    takes: str
    """The frame whose rows it takes."""
    add: Callable[[], None]

    @property
    def label(self) -> str:
        return self.name or min(self.makes, default=self.section)

    @property
    def provides(self) -> frozenset[str]:
        return self.makes | ({self.name} if self.name else frozenset())


def compile_steps(compiler: Compiler) -> None:
    """Compile the transforms, AI operations, post_ai_filters and plugin operations."""
    waiting = list(_steps(compiler))
    while waiting:
        step = _next(waiting)
        if step is None:  # they wait for each other: what they make stays open
            _tell_of_circle(compiler, waiting)
            for each in waiting:
                compiler.frames.update((name, None) for name in each.makes if name not in compiler.frames)
            step = waiting[0]
        waiting.remove(step)
        step.add()


def _tell_of_circle(compiler: Compiler, waiting: list[_Step]) -> None:
    """Tell of steps that wait for each other by what their texts name, where nothing else was told of a circle."""
    if compiler.problems.errors:
        return
    path = [waiting[0]]
    while (behind := next((each for each in waiting if path[-1].reads & each.provides), None)) is not None:
        if behind in path:
            drawn = " -> ".join(each.label for each in [*path[path.index(behind) :], behind])
            compiler.problems.error("IR307", f"steps that wait for each other: {drawn}", at=behind.at,
                                    hint="let one of them name something else")  # fmt: skip
            return
        path.append(behind)


def _next(waiting: list[_Step]) -> _Step | None:
    """The first step that waits for none of the others; None where they wait for each other."""
    for place, step in enumerate(waiting):
        others = [each for each in waiting if each is not step]
        if any(step.reads & each.provides for each in others):
            continue
        if step.section == "post_ai_filters" and any(each.section == "ai_operations" for each in others):
            continue
        # what stands before it and waits, and changes the rows that it takes, comes before it
        if any(each.changes == step.takes and each.section == step.section and not _waits(each, step, waiting)
               for each in waiting[:place]):  # fmt: skip
            continue
        return step
    return None


def _waits(one: _Step, other: _Step, waiting: list[_Step]) -> bool:
    """Whether a step waits for the other one, be it through steps between them."""
    found, seen = [one], [one]
    while found:
        step = found.pop()
        if step.reads & other.provides:
            return True
        behind = [each for each in waiting if each not in seen and step.reads & each.provides]
        found += behind
        seen += behind
    return False


def _steps(compiler: Compiler) -> Iterator[_Step]:
    workflow = compiler.workflow
    operations = [each for section in _OPERATIONS for each in getattr(workflow, section)]
    later: set[str] = {name for each in operations for name in (each.output_variable, each.id) if name}
    for index, transform in enumerate(workflow.transforms):
        reads = {*_source(transform.input_source), *transform.depends_on} | (_named(transform.config) & later)
        made = {transform.output_variable} if transform.output_variable else set[str]()
        yield _Step(
            section="transforms", at=("transforms", index), name=transform.id, makes=frozenset(made),
            reads=frozenset(_waited_for(reads, later, compiler, index)),
            changes=None if made else "data", takes=_taken(transform.input_source),
            add=lambda index=index, transform=transform: add_transform(compiler, index, transform),  # type: ignore[misc]
        )  # fmt: skip
    yield from _operations(compiler, "ai_operations", sorted(
        range(len(workflow.ai_operations)), key=lambda index: workflow.ai_operations[index].stage or 0
    ))  # fmt: skip
    if workflow.post_ai_filters is not None:
        group = workflow.post_ai_filters
        yield _Step(section="post_ai_filters", at=("post_ai_filters",), name=None, makes=frozenset(),
                    reads=frozenset(), changes="data", takes="data",
                    add=lambda: apply_filter(compiler, group, "post_ai_filters"))  # fmt: skip
    yield from _operations(compiler, "plugin_operations", range(len(workflow.plugin_operations)))


def _operations(compiler: Compiler, section: str, indexes: Any) -> Iterator[_Step]:
    """The steps of a section that take effect, in the order of `indexes`."""
    for index in indexes:
        add = adding(section)  # whose modules most workflows do without
        operation = getattr(compiler.workflow, section)[index]
        made = frozenset(each for each in (operation.output_variable, operation.rejects) if each)
        written = compiler.document.value[section][index]
        changed = _taken(operation.input_source)
        yield _Step(
            section=section, at=(section, index), name=operation.id, makes=made,
            reads=frozenset({*operation.depends_on, *_source(operation.input_source), *roots_in(written)})
            - made - {operation.id},
            # an answer about all rows leaves them as they are
            changes=changed if getattr(operation, "is_per_item", True) else None, takes=changed,
            add=lambda add=add, index=index: add(compiler, index),  # type: ignore[misc]
        )  # fmt: skip


def _waited_for(reads: set[str], later: set[str], compiler: Compiler, index: int) -> set[str]:
    """Of the names that a transform reads those that effects make, and frames of transforms that wait for them."""
    found = reads & later
    for other in compiler.workflow.transforms[:index]:
        if other.output_variable in reads or (other.id and other.id in reads):
            found.add(other.output_variable or other.id or "")
    return found


def _source(reference: str | None) -> set[str]:
    name = _root(reference) if reference else None
    return {name} if name else set()


def _taken(reference: str | None) -> str:
    return (_root(reference) if reference else None) or "data"


def _root(reference: str) -> str | None:
    """The frame that an input_source begins with."""
    name = frame_reference(reference)
    if name is not None:
        return name
    try:
        references = parse_template(reference).references
    except TemplateSyntax:
        return None
    return references[0].root if references else None


def _named(written: Any) -> frozenset[str]:
    """The names that stand in a transform's config: as roots of references, or as texts of their own."""
    alone = (frame_reference(text) for text in texts_in(written))
    return roots_in(written) | {name for name in alone if name}
