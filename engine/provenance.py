"""Where a report comes from: the workflow, its sources and when it was made, in a few lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from connectors.files.mended import MendedRelation
from connectors.files.relation import FileRelation
from connectors.files.report import Provenance
from connectors.files.source import SourceFile
from connectors.inline import InlineRelation
from engine.explanation import document_sha256
from engine.names import RunWords
from engine.report_parts import DOCUMENTS

if TYPE_CHECKING:
    from engine.output import Output
    from engine.plan import Plan

HASHED_BYTES = 256_000_000
"""Files up to this size are told by their SHA-256, larger ones by how large they are."""
_SHOWN_FILES = 12


def provenance_of(plan: Plan, outputs: Sequence[Output], words: RunWords) -> Provenance | None:
    """The lines under a document; None where no document is made or the workflow wants none."""
    rendering = plan.compiled.workflow.rendering
    from engine.file_delivering import FileDelivering

    wanted = rendering.provenance if rendering is not None else True
    if wanted is False or not any(
        isinstance(each, FileDelivering) and each.file.format.name in DOCUMENTS for each in outputs
    ):
        return None
    # importlib.metadata costs 20 ms, and only documents name the version
    from importlib.metadata import version

    local = words.run()
    made = f"made {local['date']} {local['time'][:2]}:{local['time'][2:4]} {words.timezone}"
    lines = [
        f"workflow {plan.name}, sha256 {document_sha256(plan.compiled.document)}",
        *_sources(plan, outputs),
        f"{made} by weirflow {version('weirflow')}",
    ]
    if wanted == "with_run_id":
        lines.append(f"run {words.run_id}")
    return Provenance(lines=tuple(lines))


def _sources(plan: Plan, outputs: Sequence[Output]) -> Iterator[str]:
    graph = plan.compiled.graph
    names = [name for each in outputs for name in each.relations]
    for name in graph.needed([*names, *plan.compiled.texts.frames, *plan.compiled.file_names.frames]):
        source: Any = graph[name].source
        if isinstance(source, MendedRelation):
            source = source.original
        if isinstance(source, InlineRelation):
            rows = "1 row" if source.frame.height == 1 else f"{source.frame.height:,} rows"
            yield f"source {name}: {rows} in the workflow"
        elif isinstance(source, FileRelation):
            for file in source.sources[:_SHOWN_FILES]:
                yield f"source {name}: {_file(file)}"
            if len(source.sources) > _SHOWN_FILES:
                yield f"source {name}: and {len(source.sources) - _SHOWN_FILES:,} more files"


def _file(file: SourceFile) -> str:
    """The file by its name alone, since its folder may tell more than a reader should know."""
    stored = file.stored
    shown = stored.name + (f"!{stored.member}" if stored.member else "")
    path = stored.path
    if path is None or not path.is_file():
        return shown if stored.size is None else f"{shown}, {stored.size:,} bytes"
    size = path.stat().st_size
    if size > HASHED_BYTES:
        return f"{shown}, {size:,} bytes"
    with path.open("rb") as opened:
        return f"{shown}, sha256 {hashlib.file_digest(opened, 'sha256').hexdigest()}"
