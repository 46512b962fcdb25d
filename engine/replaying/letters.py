"""The dead letters of a run, and the rows that were repaired from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connectors.files.reading import open_files
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.diagnostics import Diagnostic, WorkflowError
from ir.model.file_source import FileConfig
from ir.records import dataclass

LETTER, REASON, RULE, ROW = "_letter", "_reason", "_rule", "_row"
MARKS = (LETTER, REASON, RULE, ROW)
"""What stands beside the columns of a row: which letter it is, why it is one, by which rule, and its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One rejected row. `number` counts from 1 in the run; `values` is None where the row as a whole is broken."""

    number: int
    source: str
    step: str | None
    row: int | None
    column: str | None
    rule: str
    reason: str
    values: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """The letter as `weirflow letters --format json` prints it."""
        return asdict(self)

    @property
    def entry(self) -> str:
        """Where it comes back into the workflow: at the step that rejected it, else in place of its source."""
        return self.step or self.source


def letters_of(folder: Path) -> list[Letter]:
    """The dead letters in a run's folder, in their order; none where it has none."""
    import polars as pl

    file = folder / "dead_letters.parquet"
    if not file.exists():
        return []
    rows = pl.read_parquet(file).iter_rows(named=True)
    return [
        Letter(number=number, source=row["source"], step=row["step"], row=row["row"], column=row["column"],
               rule=row["rule"], reason=row["reason"], values=_values(row["original"]))
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip


def _values(original: str | None) -> Mapping[str, Any] | None:
    try:
        found = json.loads(original or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def repaired(letters: Sequence[Letter], file: Path) -> list[Letter]:
    """The letters as a workbook, a CSV or an NDJSON file has them by now: what was taken out of it is left out.

    Raises:
        WorkflowError: IR721 where the file cannot be read or its rows are not those of this run.
    """
    known = {each.number: each for each in letters}
    found: list[Letter] = []
    for row in _rows_of(file):
        number = _number(row.get(LETTER))
        if number is None or number not in known:
            shown = f'"{row.get(LETTER)}"' if row.get(LETTER) is not None else "none"
            raise refused(f"a row of {file} has {shown} in the column {LETTER}, which is no dead letter of the run",
                          "leave that column as it is: it tells which row was repaired")  # fmt: skip
        letter = known[number]
        values = {name: value for name, value in row.items() if name not in MARKS and not _is_foreign(name, letter)}
        found.append(_with_values(letter, values))
    twice = [each.number for each in found]
    for number in twice:
        if twice.count(number) > 1:
            raise refused(f"the dead letter {number} stands twice in {file}", "leave one of the two")
    return found


def _with_values(letter: Letter, values: Mapping[str, Any]) -> Letter:
    return Letter(number=letter.number, source=letter.source, step=letter.step, row=letter.row, column=letter.column,
                  rule=letter.rule, reason=letter.reason, values=values)  # fmt: skip


def _is_foreign(name: str, letter: Letter) -> bool:
    """Whether a column belongs to the rows of other letters in the same file."""
    return letter.values is not None and name not in letter.values


def _number(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _rows_of(file: Path) -> list[dict[str, Any]]:
    ending = file.suffix.lower()
    try:
        if ending in {".ndjson", ".jsonl"}:
            lines = file.read_text(encoding="utf-8").splitlines()
            return [_of_line(json.loads(line), number) for number, line in enumerate(lines, start=1) if line.strip()]
        if ending == ".xlsx":
            from connectors.files.xlsx_package import sheets

            return [row for sheet in sheets(file.read_bytes()) for row in _table(file, {"sheet": sheet.name})]
        return _table(file, {})
    except ConnectorProblem as problem:
        raise refused(problem.message, problem.hint) from problem
    except (OSError, ValueError) as error:
        raise refused(f"{file} cannot be read: {error}", None) from error


def _of_line(record: Any, number: int) -> dict[str, Any]:
    """A line of dead_letters.ndjson, whose row is the text `original`, or of a file with the row's own columns."""
    if not isinstance(record, dict):
        raise ValueError(f"line {number} is no object")
    if "original" not in record or LETTER in record:
        return record
    return {LETTER: number, **json.loads(record["original"] or "{}")}


def _table(file: Path, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a sheet or CSV file, all as texts: types are those of the source that they go back to."""
    import tempfile

    base = Path.cwd()

    def opened(schema: Mapping[str, str] | None) -> Any:
        config = FileConfig.model_validate({**options, **({"schema": dict(schema)} if schema else {})})
        return open_files(location=str(file.absolute()), config=config, base=base, policy=Policy.open(), name="letters")

    with tempfile.TemporaryDirectory(prefix="weirflow-") as scratch:
        texts = opened(dict.fromkeys(opened(None).schema, "string"))
        rows: list[dict[str, Any]] = texts.to_polars(Path(scratch)).collect().to_dicts()
        return rows


def refused(message: str, hint: str | None) -> WorkflowError:
    """Why letters are not replayed."""
    return WorkflowError([Diagnostic(code="IR721", message=message, hint=hint)])
