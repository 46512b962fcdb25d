"""How a script reads a source: the scan that the connector makes, over the file as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from connectors.files import cell_polars
from connectors.files.json import JsonScan
from connectors.files.relation import FileRelation
from connectors.files.source import SourceFile
from connectors.inline import InlineRelation
from engine.graph import SourceRelation
from engine.polars_code.nodes import Attribute, Call, Name, Node
from engine.polars_code.recording import Recorded, recorded_pl
from engine.polars_code.values import NotPrintable, value_text

_READ_AS_THEY_ARE = (None, "gzip", "zstd")
"""Compressions that Polars undoes by itself in text files."""
_SCHEMES = ("http://", "https://", "s3://", "gs://", "az://", "abfss://")


def source_code(relation: SourceRelation, scratch: Path) -> Recorded:
    """The rows of a source, their code reading the files where they stand.

    Raises:
        NotPrintable: the source is read by more than Polars itself.
    """
    if isinstance(relation, InlineRelation):
        return Recorded(_rows(relation.frame), relation.frame.lazy())
    if not isinstance(relation, FileRelation):
        raise NotPrintable("rows that Polars does not read by itself")
    if relation.format == "xlsx":
        raise NotPrintable("a workbook, whose cells are converted while they are read")
    if isinstance(relation.scan, JsonScan) and not relation.scan.native:
        return _json_arrays(relation, relation.scan)
    copies = relation.copies(scratch)
    found: Any = relation.to_polars(scratch)
    if not isinstance(found, Recorded):
        columns = Name(value_text(dict(found.collect_schema())))
        return Recorded(Call(Attribute(Name("pl"), "LazyFrame"), (), {"schema": columns}), found)
    places = {copy.path: _place(copy.path, source) for copy, source in zip(copies, relation.sources, strict=True)}
    return Recorded(with_places(found.node, lambda path: places[path]), found.real)


def _json_arrays(relation: FileRelation, scan: JsonScan) -> Recorded:
    """Arrays of plain values as Polars reads them; the plan itself converts them value by value."""
    is_plain = not scan.lines and scan.encoding == "utf-8" and not scan.null_values and not relation.facts
    if not is_plain or not all(column.is_native for column in scan.columns.values()):
        raise NotPrintable(f"{relation.format} whose values are converted while they are read")
    dtypes = {name: cell_polars.scan_dtype(column.cell) for name, column in scan.columns.items()}
    frames: list[Node] = []
    for source in relation.sources:
        if source.stored.path is None or source.compression:
            raise NotPrintable(f"a packed file at {source.stored.shown}")
        read = Call(Attribute(Name("pl"), "read_json"), (source.stored.shown,), {"schema": dtypes})
        frames.append(Call(Attribute(read, "lazy")))
    node = frames[0] if len(frames) == 1 else Call(Attribute(Name("pl"), "concat"), (frames,))
    rows: Any = Recorded(node, pl.LazyFrame(schema=dtypes))
    return rows.select(  # type: ignore[no-any-return]
        cell_polars.typed(recorded_pl.col(name), column.cell, dtypes[name]).alias(name)
        for name, column in scan.columns.items()
    )


def _rows(frame: pl.DataFrame) -> Node:
    columns = {name: Name(value_text(frame[name].to_list())) for name in frame.columns}
    schema = dict(frame.schema)
    made = Call(Attribute(Name("pl"), "LazyFrame"), (columns,), {"schema": schema})
    if not frame.columns and frame.height:
        raise NotPrintable("rows without a column")
    return made


def _place(path: Path, source: SourceFile) -> Node:
    """The file itself, or what unpacks it with the standard library."""
    shown = source.stored.shown
    if source.stored.path is None and not shown.startswith(_SCHEMES):
        raise NotPrintable(f"a file at {shown}")
    if source.stored.path == path or (source.stored.path is None and not source.compression):
        return Name(value_text(shown))
    if path.name.endswith((".weirflow-rows", ".lines", ".parquet")):
        raise NotPrintable(f"{shown}, whose lines are put in order before they are read")
    if source.compression in _READ_AS_THEY_ARE and source.compression and path.suffix != ".parquet":
        return Name(value_text(shown))
    if source.stored.path is None:
        raise NotPrintable(f"a packed file at {shown}")
    if source.compression == "zip":
        archive = Call(Attribute(Name("zipfile"), "ZipFile"), (shown.partition("!")[0],))
        return Call(Attribute(archive, "read"), (source.member,))
    if source.compression == "bzip2":
        content = Call(Attribute(Call(Name("Path"), (shown,)), "read_bytes"))
        return Call(Attribute(Name("bz2"), "decompress"), (content,))
    raise NotPrintable(f"{shown}, which is not UTF-8 text")


def with_places(node: Any, place: Callable[[Path], Node]) -> Any:
    """The tree with every path in it replaced."""
    if isinstance(node, Path):
        return place(node)
    if isinstance(node, Node) and is_dataclass(node):
        return replace(node, **{each.name: with_places(getattr(node, each.name), place) for each in fields(node)})
    if isinstance(node, list | tuple):
        return type(node)(with_places(each, place) for each in node)
    if isinstance(node, dict):
        return {key: with_places(each, place) for key, each in node.items()}
    return node
