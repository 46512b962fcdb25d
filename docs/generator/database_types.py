"""docs/database-types.md: what each type of each database arrives as. One table; the tests try every row of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docs.generator import mysql_types, postgres_types, sqlite_types
from docs.generator.cells import BAD, Cell
from docs.generator.markdown import table, value_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of database: what is to be known before its table, and the table."""

    title: str
    about: str
    cells: Sequence[Cell]


KINDS = (
    Kind(title="PostgreSQL", about=postgres_types.ABOUT, cells=postgres_types.CELLS),
    Kind(title="MySQL and MariaDB", about=mysql_types.ABOUT, cells=mysql_types.CELLS),
    Kind(title="SQLite", about=sqlite_types.ABOUT, cells=sqlite_types.CELLS),
)
_INTRODUCTION = """\
# The types of databases

A column of a table or query has the type that the database's catalog says, never one guessed from rows (columns of
SQLite without a type excepted). The tables say what each type arrives as, with a value as it is written in SQL and as
it stands in a frame; each row of them is a test, on both engines.

A value that our type cannot hold, such as the date 0000-00-00, makes its row a bad row, as in files: it goes to the
dead letters with the column and its text; `config.on_bad_row` ("null", error, quarantine) and `config.max_bad` say what
else ([Bad rows](bad-rows.md)). The database itself looks for such values, in the statement that reads the rows.

There is no type for bytes: they arrive as text, two hexadecimal digits a byte. Null is null everywhere.
"""


def database_types_page() -> str:
    lines = [_INTRODUCTION]
    for kind in KINDS:
        rows = [
            [f"`{cell.native}`" if cell.native else "no type", f"`{cell.type}`", f"`{cell.written}`",
             _shown(cell.value), cell.note]
            for cell in kind.cells
        ]  # fmt: skip
        lines += [f"## {kind.title}", "", kind.about, "",
                  table(["column", "arrives as", "a value in SQL", "in the frame", "to know"], rows), ""]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def _shown(value: Any) -> str:
    return "a bad row" if value is BAD else value_text(value)
