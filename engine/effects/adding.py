"""An effect's place in the graph of a workflow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.effects.relation import REJECTED, EffectRelation
from engine.graph import Relation
from ir.diagnostics import Pointer
from transforms.frame import Frame, Order

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from engine.effects.effect import Effect


def add_effect(compiler: Compiler, effect: Effect, *, output_variable: str | None = None,
               replaces: str | None = None, is_single: bool = False) -> Frame:  # fmt: skip
    """The frame of the rows that an effect gives.

    `output_variable` names it. With `replaces` the frame of that name means these rows from here on, and so does every
    other name that effects have given to the rows it took, and `data` where it means them.
    """
    given = compiler.given_results.get(effect.at)
    if given is not None:
        from engine.testing.given_effects import GivenEffect

        effect = GivenEffect(real=effect, given=given)
    if compiler.replaying is not None and effect.rows is not None:
        from engine.replaying.entry import enter

        effect = replace(effect, rows=enter(compiler, effect.rows, effect.id, effect.at))  # type: ignore[type-var]
    reads = [each.name for each in ((effect.rows,) if effect.rows is not None else ()) + effect.values]
    compiler.read.update(name for name, frame in compiler.frames.items() if frame is not None and frame.name in reads)
    formats = effect.rows.formats if effect.rows is not None else {}
    frame = Frame(name=compiler.graph.free_name(effect.id, compiler.declared), schema=effect.schema,
                  order=Order(arrival=True), single=is_single or (effect.rows is not None and effect.rows.single),
                  formats={name: each for name, each in formats.items() if name in effect.schema})  # fmt: skip
    source = EffectRelation(effect=effect.id, schema=effect.schema, description=effect.summary, single=frame.single,
                            rows_of=effect.rows.name if effect.rows is not None and replaces is not None else None,
                            reads=tuple(dict.fromkeys(reads)))  # fmt: skip
    compiler.graph.add(Relation(frame=frame, at=effect.at, source=source, step=effect.id, word=effect.kind))
    compiler.effects.append(effect)
    if output_variable is not None:
        compiler.frames[output_variable] = frame
        compiler.declared[output_variable] = effect.at
    if replaces is not None:
        compiler.read.add(output_variable or replaces)  # who reads the rows reads what was added to them
        for name in {replaces, "data", *compiler.effect_frames}:
            if name == replaces or compiler.frames.get(name) is effect.rows:
                compiler.frames[name] = frame
    if output_variable is not None:
        compiler.effect_frames.add(output_variable)
    return frame


def add_rejects(compiler: Compiler, effect: Effect, name: str, at: Pointer) -> None:
    """The frame of the rows that failed, where the operation names one at this place."""
    assert effect.rejected is not None
    frame = Frame(name=compiler.graph.free_name(name, compiler.declared), schema=effect.rejected,
                  order=Order(arrival=True))  # fmt: skip
    source = EffectRelation(effect=effect.id, part=REJECTED, schema=effect.rejected,
                            description=f"rows that {effect.id} rejects",
                            reads=(effect.rows.name,) if effect.rows is not None else ())  # fmt: skip
    compiler.frames[name] = compiler.graph.add(Relation(frame=frame, at=at, source=source, word="rejects"))
    compiler.declared[name] = at


def effect_name(compiler: Compiler, wanted: str) -> str:
    """`wanted`, or with a number behind it where an effect has that name already."""
    taken = {each.id for each in compiler.effects}
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
