"""What the names of a SELECT stand for: the columns of its tables, under the names the joined frame has for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from ir import expressions as e
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from transforms.expressions import ExpressionProblem


@dataclass(frozen=True, slots=True)
class TableNames:
    """One table: what its columns are qualified with, and {their name: their name in the joined frame}."""

    alias: str | None
    columns: Mapping[str, str]


@dataclass(slots=True)
class Names:
    """The tables in from, and the select list's names that other clauses may use."""

    tables: tuple[TableNames, ...] = ()
    outside: frozenset[str] = frozenset()
    """Roots that are no columns here: inputs, other frames."""
    aliases: dict[str, e.Expression] = field(default_factory=dict)

    def beside(self, other: Names, renamed: Mapping[str, str]) -> Names:
        """Both sides of a join; `renamed` {column of the right side: its name in the joined frame}."""
        right = tuple(
            replace(each, columns={name: renamed[frame] for name, frame in each.columns.items() if frame in renamed})
            for each in other.tables
        )
        return Names((*self.tables, *right), self.outside)

    def find(self, path: tuple[str, ...]) -> tuple[str, ...] | ExpressionProblem | None:
        """The path with the joined frame's name in front; None for what is no column here."""
        for table in self.tables:
            if len(path) > 1 and table.alias == path[0]:
                if path[1] in table.columns:
                    return (table.columns[path[1]], *path[2:])
                if self._holders(path[0]):
                    break
                return _unknown(f'"{path[0]}" has no column "{path[1]}"', path[1], table.columns)
        holders = self._holders(path[0])
        if len({table.columns[path[0]] for table in holders}) > 1:
            named = [f"{table.alias or '(query)'}.{path[0]}" for table in holders]
            return ExpressionProblem(code="IR403", message=f'"{path[0]}" stands for two columns here',
                                     hint=f"write {' or '.join(named)}")  # fmt: skip
        if holders:
            return (holders[0].columns[path[0]], *path[1:])
        if len(path) > 1 and path[0] in self.outside:
            return None
        if path[0] in self.aliases:
            return None
        return self.unknown(path[0])

    def unknown(self, name: str) -> ExpressionProblem:
        """That there is no such column, and which one may be meant."""
        return _unknown(f'there is no column "{name}" here', name, self.every())

    def every(self) -> list[str]:
        """The columns of all tables."""
        return [name for table in self.tables for name in table.columns]

    def _holders(self, name: str) -> list[TableNames]:
        return [table for table in self.tables if name in table.columns]


def _unknown(message: str, name: str, columns: Iterable[str]) -> ExpressionProblem:
    known = list(dict.fromkeys(columns))
    hint = did_you_mean(name, known) or (f"the columns here are {', '.join(known[:12])}" if known else None)
    return ExpressionProblem(code="IR401", message=message, hint=hint)
