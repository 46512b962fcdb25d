"""The first `data`: what data_merge makes of the sources, else the primary source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.sources import readable_sources
from ir.diagnostics import did_you_mean
from transforms.frame import Frame
from transforms.merging import merge_sources

if TYPE_CHECKING:
    from engine.compiler import Compiler


def merged(compiler: Compiler) -> Frame | None:
    """The first `data`: what data_merge makes of the sources, else the primary source."""
    sources = readable_sources(compiler.workflow, compiler.frames, compiler.declared)
    merge = compiler.workflow.data_merge
    if merge is None:
        primary = [name for name, source in sources if source.role == "primary"] or [name for name, _ in sources]
        compiler.read.update(primary[:1])
        return compiler.frames[primary[0]] if primary else None
    building = compiler.building(("data_merge",), "data_merge")
    names = [name for name, _ in sources]
    if merge.sources:
        names = []
        for index, each in enumerate(merge.sources):
            name = _merge_source(compiler, each.source_index, each.alias, index)
            if name is None:
                return None
            names.append(name)
    compiler.read.update(names)
    frames = [compiler.frames[name] for name in names]
    if len(frames) == 1:
        return frames[0]
    known = [frame for frame in frames if frame is not None]
    if len(known) < len(frames):
        return None
    operation = merge_sources(merge, known, building)
    if operation is None:
        return None
    return compiler.add(
        compiler.graph.free_name("merged", compiler.declared),
        operation,
        ("data_merge",),
        "data_merge",
        word=merge.strategy,
    )


def _merge_source(compiler: Compiler, source_index: int | None, alias: str | None, index: int) -> str | None:
    by_index = {at[1]: name for name, at in compiler.declared.items() if len(at) == 2}
    if source_index is not None:
        if source_index not in by_index:
            compiler.problems.error(
                "IR301",
                f"there is no source {source_index}: the last is {len(by_index) - 1}",
                at=("data_merge", "sources", index, "source_index"),
            )
            return None
        return by_index[source_index]
    if alias not in compiler.frames:
        compiler.problems.error(
            "IR301",
            f'there is no source "{alias}"',
            at=("data_merge", "sources", index, "alias"),
            hint=did_you_mean(alias or "", compiler.declared),
        )
        return None
    return alias


def primary_source(compiler: Compiler) -> str | None:
    """The source that `data` begins with, where that is one."""
    sources = readable_sources(compiler.workflow, compiler.frames, compiler.declared)
    primary = [name for name, source in sources if source.role == "primary"] or [name for name, _ in sources]
    return primary[0] if primary and compiler.workflow.data_merge is None else None
