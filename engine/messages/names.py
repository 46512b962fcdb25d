"""The names that texts of messages may use, and the values behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from connectors.templates.language import FILLED, BodyTemplate
from connectors.templates.values import text_for_people
from engine.names import RunWords
from engine.text_values import LENGTHS
from ir.diagnostics import Pointer, did_you_mean
from ir.records import dataclass
from ir.templates import Reference, Segment, Template, parse_template
from ir.types import Schema

if TYPE_CHECKING:
    from engine.compiler import Compiler

Kind = Literal["per_item", "per_group", "summary"]
COUNTS = ("count", "total_count")
TABLES = ("rendered_table", "html_table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What stands in the texts of one delivery. `columns` are those of the rows it delivers."""

    kind: Kind
    columns: Schema
    delivered: frozenset[str]
    """The names of the frame that is delivered."""
    stats: tuple[str, ...] = ()
    tables: bool = True
    """Whether the tables may be put in: not into subjects and recipients."""
    in_language: bool = False
    """Whether the text is in a language with loops, which go through the rows themselves."""
    later: frozenset[str] = field(default_factory=frozenset)
    """Roots whose values the delivery itself brings when it is sent."""

    def bare(self, compiler: Compiler) -> list[str]:
        """Every root that stands here."""
        own = [*COUNTS, *self.stats, *(TABLES if self.tables else ()), "rows", *self.later]
        own += ["item", *self.columns] if self.kind == "per_item" else []
        own += ["group", "group_key", "group_name"] if self.kind == "per_group" else []
        return [*own, *compiler.words.roots(), *compiler.frames]

    def check(self, template: BodyTemplate | Template, at: Pointer, compiler: Compiler) -> bool:
        """Whether each of its references names something; errors stand at their places inside the text.

        The values of other frames are noted, to be computed before anything is sent.
        """
        found = [self._check(each, at, compiler) for each in template.references]
        if not isinstance(template, Template):
            found += [self._check_inner(each, around, at, compiler) for each, around in template.inner]
        return all(found)

    def _check_inner(self, reference: Reference, around: Sequence[tuple[str, ...]], at: Pointer,
                     compiler: Compiler) -> bool:  # fmt: skip
        """A name in a section: of a row where the section goes through rows, else from outside."""
        of_rows = any(self._means_rows(each) for each in around)
        if (of_rows and reference.root in self.columns) or any(each[0] in self.columns for each in around):
            return True
        if not of_rows or reference.root in self.bare(compiler):
            return self._check(reference, at, compiler)
        compiler.problems.error("IR401", f'the rows have no column "{reference.root}"', at=at, within=reference.span,
                                hint=did_you_mean(reference.root, [*self.columns.names, *self.bare(compiler)]),
                                notes=[f"columns here: {self.columns.brief()}"])  # fmt: skip
        return False

    def _means_rows(self, path: tuple[str, ...]) -> bool:
        """Whether a section of that name goes through the rows of the message."""
        return path in {("rows",), ("group", "items"), *((each,) for each in self.delivered)}

    def said(self, roots: Mapping[str, Any]) -> dict[str, str]:
        """{reference: text} of the words that titles may use beside those of the run."""
        words = [*COUNTS, *self.stats, *(("group_key", "group_name") if self.kind == "per_group" else ())]
        found = {name: text_for_people(roots.get(name)) for name in words}
        found |= {f"{each}.count": found["count"] for each in self.delivered}
        return found | ({"group.key": found["group_key"]} if self.kind == "per_group" else {})

    def _check(self, reference: Reference, at: Pointer, compiler: Compiler) -> bool:
        root, rest = reference.root, reference.path[1:]
        problems = compiler.problems

        def refuse(code: str, message: str, hint: str | None, notes: Sequence[str] = ()) -> bool:
            problems.error(code, message, at=at, within=reference.span, hint=hint, notes=notes)
            return False

        def column(name: object, of: str) -> bool:
            if str(name) in self.columns:
                return True
            return refuse("IR401", f'{of} has no column "{name}"', did_you_mean(str(name), self.columns.names),
                          [f"columns here: {self.columns.brief()}"])  # fmt: skip

        per_item = self.kind == "per_item"
        if per_item and root in self.columns:
            if root in {*compiler.words.roots(), *COUNTS, *self.stats, *TABLES, "rows", "item"}:
                problems.warning(
                    "IR656", f'"{root}" is this row\'s column here, not the word of the same name', at=at,
                    within=reference.span,
                    hint=f"write item.{root} for the column and run.{root} for the run's own" if root in
                    compiler.words.roots()["run"] else f"write item.{root}, or rename the column",
                )  # fmt: skip
            return True
        if root == "item" and per_item:
            return not rest or column(rest[0], "the row")
        places: Sequence[Segment] = rest[1:] if root == "group" and rest[:1] == ("items",) else rest
        is_rows = root == "rows" or (root == "group" and rest[:1] == ("items",)) or root in self.delivered
        if is_rows and len(places) == 2 and isinstance(places[0], int) and self._reaches(root):
            return column(places[1], "the row")
        if root in {"rows", *COUNTS, *self.stats, *self.later} or (root in TABLES and self.tables):
            return True
        if root in TABLES:
            return refuse("IR303", f"{reference} is a table, and stands only in a body", None)
        if root in {"group", "group_key", "group_name"}:
            if self.kind != "per_group":
                return refuse("IR303", f'"{root}" stands for nothing here',
                              "it stands in the texts of per_group_delivery")  # fmt: skip
            if root == "group" and rest and rest[0] not in {"key", "items"}:
                return refuse("IR303", f'a group has no "{rest[0]}"', "write group.key or group.items")
            return True
        if root in self.delivered and self._is_own(rest, per_item=per_item):
            return rest[0] in LENGTHS or column(rest[0], f'"{root}"') if rest else True
        if root in compiler.frames:
            compiler.texts.read_reference(reference, at, compiler)
            return True
        roots = compiler.words.roots()
        if root == "inputs" and rest and isinstance(rest[0], str):
            inputs = compiler.words.inputs
            return rest[0] in inputs or refuse("IR302", f'there is no input "{rest[0]}"', did_you_mean(rest[0], inputs)
                                               or "declare it under runtime_inputs")  # fmt: skip
        if root == "run" and rest:
            return rest[0] in roots["run"] or refuse("IR303", f'{reference}: there is no "{rest[0]}" in it',
                                                     did_you_mean(str(rest[0]), roots["run"]))  # fmt: skip
        if root in roots:
            return True
        return refuse("IR303", f'"{root}" stands for nothing here', self._hint(root, compiler), self._notes(root))

    def _reaches(self, root: str) -> bool:
        """Whether the rows themselves stand under the name, or single values of the frame, which the plan computes."""
        return root in {"rows", "group"} or (root in self.delivered and self.in_language)

    @staticmethod
    def _is_own(rest: Sequence[object], *, per_item: bool) -> bool:
        """Whether it reads the delivered rows themselves, not a single value of the frame."""
        return not rest or (len(rest) == 1 and (rest[0] in LENGTHS or (per_item and isinstance(rest[0], str))))

    def _hint(self, root: str, compiler: Compiler) -> str | None:
        if root in self.columns:
            written = f"group.items[0].{root}" if self.kind == "per_group" else "html_table"
            return f'"{root}" is a column, and the message is about many rows: write {{{{{written}}}}}'
        if close := did_you_mean(root, self.bare(compiler)):
            return close
        return f"what stands here: {', '.join(list(dict.fromkeys(self.bare(compiler)))[:12])} …"

    def _notes(self, root: str) -> list[str]:
        return [f"columns here: {self.columns.brief()}"] if self.kind == "per_item" else []


class FrameValues(dict[str, Any]):
    """Values of frames by column or row, as far as texts name them."""

    def __missing__(self, key: object) -> Any:
        if isinstance(key, str):
            raise KeyError(key)
        return self[str(key)]


def run_roots(words: RunWords) -> dict[str, Any]:
    """Words of the run, inputs, and the values of frames that the document's texts name."""
    roots: dict[str, Any] = {**_nested(words.values), **words.roots()}
    roots[FILLED] = words.values
    return roots


def _nested(values: Mapping[str, str]) -> dict[str, Any]:
    """{"kpis.revenue": text} as {"kpis": {"revenue": text}}."""
    found = FrameValues()
    for written, text in values.items():
        [reference] = parse_template(f"{{{{{written}}}}}").references
        inside: dict[str, Any] = found
        for each in reference.path[:-1]:
            inside = inside.setdefault(str(each), FrameValues())
        inside[str(reference.path[-1])] = text
    return found
