"""The types that were inferred for a workflow's sources, written into its file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path

from connectors.files.relation import FileRelation
from connectors.policy import Policy
from engine.compiler import Compiler
from engine.graph import SourceRelation
from engine.names import RunWords, read_inputs
from engine.sources import bind_sources
from ir.diagnostics import Diagnostic, Pointer, Problems
from ir.document import Document
from ir.editing import CannotEdit, with_members
from ir.loading import load
from ir.model.file_source import FileSource, InlineSource
from ir.model.source import Source
from ir.model.sources import DatabaseSource, WebhookSource
from ir.model.workflow import Workflow
from ir.records import dataclass
from ir.types import DataType, parse_type
from ir.workflow import read_workflow

_TELL_THEIR_TYPES = ("parquet", "arrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedSchemas:
    """A workflow file with the types of its sources written down; nothing is on disk before `write`."""

    file: Path
    text: str
    """The whole file as it would be."""
    columns: dict[str, dict[str, str]]
    """{source: {column: type}} of what is new."""
    left: dict[str, str]
    """{source, or source.column: why it is not pinned}."""
    warnings: tuple[Diagnostic, ...] = ()
    _raw: bytes = field(repr=False, default=b"")

    def __bool__(self) -> bool:
        return bool(self.columns)

    def __str__(self) -> str:
        lines = [
            f"{name}: {', '.join(f'{column} {kind}' for column, kind in columns.items())}"
            for name, columns in self.columns.items()
        ]
        lines += [f"{name}: not pinned: {reason}" for name, reason in self.left.items()]
        return "\n".join(lines) or "every type is pinned"

    def write(self) -> None:
        """Put the new text in the file's place, whole or not at all; without anything new the file is not touched.

        Raises:
            OSError: the file has changed since it was read, or cannot be written.
        """
        if not self:
            return
        # a link stays one: what it names is replaced
        place = Path(os.path.realpath(self.file))
        if place.read_bytes() != self._raw:
            raise OSError(f"{self.file} has changed since it was read")
        mark = b"\xef\xbb\xbf" if self._raw.startswith(b"\xef\xbb\xbf") else b""
        handle, beside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(mark + self.text.encode())
            os.chmod(beside, place.stat().st_mode & 0o7777)
            os.replace(beside, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise


def pin_schema(
    workflow: Path | str, *, inputs: Mapping[str, object] | None = None, policy: Policy | None = None
) -> PinnedSchemas:
    """The file of `workflow` with the inferred type of every source's column in its `schema`.

    Only samples of the sources are read, and only the sources need to be sound: what stands behind them is not
    compiled. Types that are declared already stay as they are.

    Raises:
        WorkflowError: the file is no workflow, or a source cannot be read.
    """
    file = Path(workflow)
    document = load(file)
    raw = file.read_bytes()
    problems = Problems(document)
    bound = _bound(document, file, inputs or {}, policy or Policy.open(), problems)
    problems.raise_errors()
    columns: dict[str, dict[str, str]] = {}
    left: dict[str, str] = {}
    for index, (name, source, relation) in enumerate(bound):
        if isinstance(source, DatabaseSource) and source.kind != "mongodb":
            continue  # its tables tell their types
        if relation is None or not isinstance(source, FileSource | InlineSource | DatabaseSource):
            if isinstance(source, WebhookSource):
                left[name] = "its payload_schema tells its types"
            elif not source.is_destination:
                left[name] = f"this version does not read {getattr(source, 'type', 'such')} sources yet"
            continue
        inferred, unspeakable = _inferred(source, relation)
        left.update({f"{name}.{column}": reason for column, reason in unspeakable.items()})
        if not inferred:
            continue
        try:
            changed = _with_schema(document, index, inferred)
            again = _bound(changed, file, inputs or {}, policy or Policy.open(), Problems(changed))
            found = again[index][2]
            if found is None or found.schema != relation.schema:
                raise CannotEdit("written down, its types would not be read the same")
        except CannotEdit as refusal:
            left[name] = str(refusal)
        else:
            document, columns[name] = changed, inferred
    return PinnedSchemas(file=file, text=document.text, columns=columns, left=left,
                         warnings=tuple(problems.warnings), _raw=raw)  # fmt: skip


def _bound(
    document: Document, file: Path, inputs: Mapping[str, object], policy: Policy, problems: Problems
) -> list[tuple[str, Source, SourceRelation | None]]:
    """Each source with its name and what its connector found."""
    workflow: Workflow | None = read_workflow(document, problems)
    if workflow is None:
        problems.raise_errors()
        return []
    compiler = Compiler(document=document, workflow=workflow, problems=problems, base=file.absolute().parent,
                        policy=policy, now=datetime.now(UTC), given_inputs=inputs)  # fmt: skip
    words = RunWords(
        workflow=compiler.name, inputs=read_inputs(workflow, inputs, problems, missing_allowed=False),
        now=compiler.now, timezone=workflow.settings.timezone,
    )  # fmt: skip
    found = bind_sources(compiler, words)
    return [
        (name, source, relation) for source, (name, _, relation, _) in zip(workflow.data_sources, found, strict=True)
    ]


def _inferred(
    source: FileSource | InlineSource | DatabaseSource, relation: SourceRelation
) -> tuple[dict[str, str], dict[str, str]]:
    """The columns whose types nothing but the data tells: {column: type}, and {column: why it has no spelling}."""
    config = source.config
    declared = (config.columns_schema if config else None) or {}
    if isinstance(relation, FileRelation) and relation.format in _TELL_THEIR_TYPES:
        return {}, {}
    inferred: dict[str, str] = {}
    unspeakable: dict[str, str] = {}
    for column, kind in relation.schema.items():
        if column in declared or column == getattr(config, "file_column", None):
            continue
        if _reads_back(kind):
            inferred[column] = str(kind)
        else:
            unspeakable[column] = f"no schema can say {kind}"
    return inferred, unspeakable


def _reads_back(kind: DataType) -> bool:
    try:
        return parse_type(str(kind)) == kind
    except ValueError:
        return False


def _with_schema(document: Document, index: int, columns: Mapping[str, str]) -> Document:
    at: Pointer = ("data_sources", index)
    written = document.value["data_sources"][index]
    if "config" not in written:
        return with_members(document, at, {"config": {"schema": columns}})
    config = written["config"]
    if config is None or "schema" not in config:
        return with_members(document, (*at, "config"), {"schema": columns})
    return with_members(document, (*at, "config", "schema"), columns)
