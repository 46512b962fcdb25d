"""The columns of a source: the same in every file, declared or inferred, pinned in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.files.cells import Cell
from connectors.files.date_format import DateFormat
from connectors.files.inference import infer_cell
from connectors.files.source import ReadRequest
from connectors.problem import ConnectorProblem
from ir import types as t


def same_columns(request: ReadRequest, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All columns in the order first seen.

    Raises:
        ConnectorProblem: IR528 when files differ and the source does not say `union_by_name`; IR526 for names
            that differ only in case.
    """
    first_shown, first = next(iter(names.items()))
    columns = dict.fromkeys(first)
    expected = set(first)
    for shown, each in names.items():
        if set(each) != expected and not request.flag("union_by_name", default=False):
            missing, further = [n for n in first if n not in each], [n for n in each if n not in expected]
            notes = [f"missing there: {', '.join(missing[:12])}"] if missing else []
            notes += [f"only there: {', '.join(further[:12])}"] if further else []
            raise ConnectorProblem("IR528", f"{shown} has other columns than {first_shown}", notes=notes,
                                   hint="union_by_name: true takes all columns, missing ones as null",
                                   key=("location",))  # fmt: skip
        columns |= dict.fromkeys(each)
    same_names(request, tuple(columns))
    return tuple(columns)


def same_names(request: ReadRequest, names: Iterable[str]) -> None:
    """Refuse names that differ only in case, and the empty one.

    Raises:
        ConnectorProblem: IR526 naming them.
    """
    folded: dict[str, str] = {}
    for each in names:
        if not each:
            raise ConnectorProblem(
                "IR526",
                f"{request.files[0].shown} has a column without a name",
                key=("location",),
                hint="give it a name where the file is made",
            )
        if "\x00" in each:
            raise ConnectorProblem("IR526", f"{request.files[0].shown} has a NUL in its column name {each!r}",
                                   key=("location",), hint="is its encoding utf-16?")  # fmt: skip
        other = folded.setdefault(each.casefold(), each)
        if other != each:
            raise ConnectorProblem(
                "IR526", f'columns "{other}" and "{each}" of {request.files[0].shown} differ only in case',
                key=("location",), hint="rename one of them in the file",
            )  # fmt: skip


def pin_cells(
    request: ReadRequest, texts: Mapping[str, Sequence[str]], date_format: DateFormat | None
) -> dict[str, Cell]:
    """How each column is read: as declared, else as its sampled texts tell.

    Raises:
        ConnectorProblem: IR520 for a declared type that a text cell cannot hold.
    """
    return {
        name: declared_cell(name, request.declared[name], sample, date_format)
        if name in request.declared
        else infer_cell(sample, date_format=date_format)
        for name, sample in texts.items()
    }


def declared_cell(name: str, kind: t.DataType, sample: Sequence[str], date_format: DateFormat | None) -> Cell:
    if isinstance(kind, t.ListOf | t.Struct | t.File | t.Null):
        raise ConnectorProblem("IR520", f"a text cell holds no {kind}", key=("config", "schema", name),
                               hint="declare json, or read a json, ndjson or parquet file")  # fmt: skip
    padded = any(each != each.strip(" \t") for each in sample)
    return Cell(kind=kind, padded=padded, date_format=fitting_format(kind, date_format))


def fitting_format(kind: t.DataType, date_format: DateFormat | None) -> DateFormat | None:
    """The source's date format where a column of this type is written in it: a datetime only if it says the time."""
    if date_format is None or isinstance(kind, t.Date):
        return date_format
    return date_format if kind == t.Datetime() and date_format.has_time else None
