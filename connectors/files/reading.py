"""Opening a file source: which files, which format, which columns of which types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from connectors.bad_rows import BadRowRule
from connectors.files.cells import Cell
from connectors.files.formats import COMMON_READ_OPTIONS, FORMATS, FileFormat, format_of, load_slot, split_name
from connectors.files.inference import infer_cell
from connectors.files.relation import FileRelation, Scan
from connectors.files.source import ReadRequest, SourceFile
from connectors.files.unpacking import zip_members
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.stored import Stored, find_files
from ir import types as t
from ir.diagnostics import did_you_mean
from ir.types import Schema, parse_type

# How much text grows when unpacked, for the estimate only: gzip does not say.
_USUAL_RATIO = {"gzip": 5, "zstd": 5, "bzip2": 7, "zip": 5, None: 1}


Newer = Callable[[Sequence[Stored]], list[Stored]]
"""Which of a glob's files are new."""


def open_files(*, location: str, config: object, base: Path, policy: Policy, name: str,
               account: Account | None = None, newer: Newer | None = None) -> FileRelation:  # fmt: skip
    """The rows of the files at `location`, their types pinned from the files' own or a bounded sample.

    A location in a store is opened with the credentials of `account`. With `newer` only those of the files that are
    new; where none is, no rows of the types that the last file has.

    Raises:
        ConnectorProblem: IR50x for places, IR52x for contents, each with the key it is about.
    """
    options = _options(config)
    declared = {column: parse_type(text) for column, text in (options.get("schema") or {}).items()}
    stored = find_files(location, base=base, policy=policy, account=account)
    new = stored if newer is None else newer(stored)
    if not stored:
        return _nothing(location, options, declared, name)
    if not new:
        known = _opened(stored[-1:], options, declared, policy, name)
        return replace(known, files=(), sources=(), facts=(), bytes=0, scan=None,
                       description=f"no new file matches {location}")  # fmt: skip
    return _opened(new, options, declared, policy, name)


def _opened(stored: Sequence[Stored], options: dict[str, Any], declared: dict[str, t.DataType], policy: Policy,
            name: str) -> FileRelation:  # fmt: skip
    format_ = _format(stored, options, policy)
    _check_options(format_, options)
    files = tuple(_packed(each, format_) for each in stored)
    facts = _facts(files, options)
    for fact, _, _ in facts:
        if fact == options.get("file_column") and fact in declared:
            raise ConnectorProblem("IR520", f'"{fact}" is the file_column and stands in the schema',
                                   key=("config", "file_column"), hint="give one of them another name")  # fmt: skip
    partitions = {fact for fact, _, _ in facts}
    request = ReadRequest(
        name=name, format=format_.name, files=files, options=options, policy=policy,
        declared={column: kind for column, kind in declared.items() if column not in partitions},
    )  # fmt: skip
    scan = cast(Scan, load_slot(cast(str, format_.reader))(request))
    columns = dict(scan.schema.items())
    for fact, kind, _ in facts:
        if fact in columns:
            raise ConnectorProblem(
                "IR526",
                f'{files[0].shown} already has a column "{fact}"',
                key=("config", "file_column" if fact == options.get("file_column") else "partitioned"),
                hint="give the added column another name",
            )
        columns[fact] = kind
    return FileRelation(
        schema=Schema(columns), files=tuple(each.shown for each in files), bytes=sum(each.bytes for each in files),
        description=_describe(format_.name, files), format=format_.name, scan=scan, sources=files, facts=facts,
        declared=frozenset(declared), warnings=tuple(getattr(scan, "warnings", ())), name=name,
        bad_row_rule=BadRowRule.of(options.get("on_bad_row"), options.get("max_bad")),
    )  # fmt: skip


def _options(config: object) -> dict[str, Any]:
    """The keys that are set, under the words of the document."""
    given = dict(config) if isinstance(config, Mapping) else dict(vars(config))
    if "columns_schema" in given:
        given["schema"] = given.pop("columns_schema")
    return {key: value for key, value in given.items() if value is not None}


def _format(stored: Sequence[Stored], options: Mapping[str, Any], policy: Policy) -> FileFormat:
    """The declared format, else the one all files' endings name."""
    readable = [each.name for each in FORMATS.values() if each.reader]
    if word := options.get("format"):
        found = FORMATS.get(str(word).lower())
        if found is None or found.reader is None:
            raise ConnectorProblem(
                "IR520",
                f'"{word}" is no format that can be read',
                key=("config", "format"),
                hint=did_you_mean(str(word), readable) or f"write one of {', '.join(readable)}",
            )
        return found
    formats: dict[str, FileFormat] = {}
    for each in stored:
        inner = _inner_name(each)
        found = format_of(inner)
        if found is None or found.reader is None:
            raise ConnectorProblem(
                "IR520",
                f"the ending of {each.shown} names no format that can be read",
                key=("location",),
                hint=f"write config: {{format: …}}, one of {', '.join(readable)}",
            )
        formats.setdefault(found.name, found)
    if len(formats) > 1:
        raise ConnectorProblem("IR520", f"the files are of several formats: {', '.join(formats)}", key=("location",),
                               hint="narrow the glob, or make one source of each format")  # fmt: skip
    return next(iter(formats.values()))


def _inner_name(stored: Stored) -> str:
    if stored.member:
        return split_name(stored.member)[0]
    stem, compression = split_name(stored.name)
    if compression == "zip":
        member = _member(stored)
        return member[0]
    return stem


def _member(stored: Stored) -> tuple[str, int]:
    """The one file inside a zip, or the named one."""
    members = zip_members(SourceFile(stored=stored, compression="zip"))
    names = [each for each, _ in members]
    if stored.member is not None:
        for each in members:
            if each[0] == stored.member:
                return each
        raise ConnectorProblem(
            "IR505",
            f'{stored.shown} holds no file "{stored.member}"',
            key=("location",),
            hint=did_you_mean(stored.member, names),
            notes=[f"it holds {', '.join(names[:12])}"],
        )
    if len(members) != 1:
        held = f"holds {len(members)} files: {', '.join(names[:12])}" if members else "holds no file"
        hint = f"name one: {stored.shown}!{names[0]}" if names else None
        raise ConnectorProblem("IR505", f"{stored.shown} {held}", key=("location",), hint=hint)
    return members[0]


def _packed(stored: Stored, format_: FileFormat) -> SourceFile:
    _, compression = ("", "zip") if stored.member else split_name(stored.name)
    if compression == "zip":
        member, size = _member(stored)
        return SourceFile(stored=stored, compression="zip", member=member, bytes=size)
    ratio = _USUAL_RATIO[compression] if format_.name not in {"parquet", "arrow"} else 1
    return SourceFile(stored=stored, compression=compression, bytes=(stored.size or 0) * ratio)


def _check_options(format_: FileFormat, options: Mapping[str, Any]) -> None:
    known = COMMON_READ_OPTIONS | format_.read_options
    for key in options:
        if key not in known:
            takers = [each.name for each in FORMATS.values() if each.reader and key in each.read_options]
            hint = f"{key} is for {', '.join(takers)}" if takers else did_you_mean(key, known)
            raise ConnectorProblem(
                "IR530", f"{format_.name} files have no option {key}", key=("config", key), hint=hint
            )


def _facts(files: Sequence[SourceFile], options: Mapping[str, Any]) -> tuple[
    tuple[str, t.DataType, tuple[str | int | None, ...]], ...
]:  # fmt: skip
    """Columns that the path of a file tells: `name=value` folders, and the path itself."""
    facts: list[tuple[str, t.DataType, tuple[str | int | None, ...]]] = []
    if options.get("partitioned"):
        folders = [dict(re.findall(r"([^/=]+)=([^/]*)/", each.shown)) for each in files]
        if not folders[0]:
            raise ConnectorProblem("IR520", f"{files[0].shown} lies in no folder named column=value",
                                   key=("config", "partitioned"), hint="leave partitioned out")  # fmt: skip
        for key in folders[0]:
            texts = [None if each.get(key) in (None, "__HIVE_DEFAULT_PARTITION__") else unquote(each[key])
                     for each in folders]  # fmt: skip
            facts.append(_partition(key, texts, options))
    if column := options.get("file_column"):
        facts.append((str(column), t.String(), tuple(each.shown for each in files)))
    return tuple(facts)


def _partition(key: str, texts: Sequence[str | None], options: Mapping[str, Any]) -> tuple[
    str, t.DataType, tuple[str | int | None, ...]
]:  # fmt: skip
    present = [each for each in texts if each is not None]
    declared = (options.get("schema") or {}).get(key)
    kind = parse_type(declared) if declared else infer_cell(present).kind
    if not isinstance(kind, t.Integer | t.Date | t.String) or not all(Cell(kind=kind).fits(each) for each in present):
        kind = t.String()
    values = tuple(int(each) if each is not None and kind == t.Integer() else each for each in texts)
    return key, kind, values


def _describe(format_name: str, files: Sequence[SourceFile]) -> str:
    size = sum(each.bytes for each in files)
    shown = files[0].shown if len(files) == 1 else f"{len(files)} files, {files[0].shown} … {files[-1].shown}"
    packed = f", {files[0].compression}" if files[0].compression else ""
    return f"{format_name}{packed}: {shown} ({_size(size)})"


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _nothing(location: str, options: Mapping[str, Any], declared: dict[str, t.DataType], name: str) -> FileRelation:
    if not options.get("allow_empty"):
        raise ConnectorProblem("IR505", f"no file matches {location}", key=("location",),
                               hint="check the glob, or write allow_empty: true")  # fmt: skip
    if not declared:
        raise ConnectorProblem("IR520", f"no file matches {location}, so that nothing tells the columns of {name}",
                               key=("config", "allow_empty"), hint="declare them: schema: {column: type}")  # fmt: skip
    columns = dict(declared)
    if column := options.get("file_column"):
        columns[str(column)] = t.String()
    return FileRelation(schema=Schema(columns), files=(), bytes=0, description=f"no file matches {location}",
                        scan=None, sources=())  # fmt: skip
