"""Random chains of operations, each step made for the columns that the steps before it leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from ir import types as t
from tests.conformance.conditions import groups
from transforms.registry import TRANSFORMS

SCHEMA = t.Schema(
    {
        "k": t.String(),
        "n": t.Integer(),
        "x": t.Number(),
        "d": t.Date(),
        "b": t.Boolean(),
        "m": t.Decimal(12, 2),
        "t": t.Datetime(),
        "z": t.Datetime(zoned=True),
        "c": t.Time(),
        "l": t.ListOf(t.String()),
        "w": t.Struct((("city", t.String()), ("n", t.Integer()))),
    }
)
"""The columns of the two sources that chains begin with, under names of their own."""

HOSTILE = ("", " ", "a b", "a.b", '"', "'", "select", "from", "data", "*", "😀", "e\u0301", "x" * 300, "1", "-- x",
           "; drop table t",
           "{{a}}", "$1", "?", "\\", "a\nb", "left", "right", "NULL", "count(*)", "__arrivals", "{}", ":now", "%s",
           "ß", "[0]",
           "(", "`x`", "a,b", "literal", "len", "^x$", "index", "group", "rowid", "Ⅳ", "\u202e")  # fmt: skip
"""Names that are SQL, Polars patterns, templates or nothing at all."""


class Columns:
    """What a step may name: the columns of its input by what can be done with them."""

    def __init__(self, draw: st.DrawFn, schema: t.Schema, other: t.Schema, facts: t.Schema) -> None:
        self.draw, self.schema, self.other, self.facts = draw, schema, other, facts

    def of(self, *kinds: type[t.DataType], without: bool = False) -> list[str]:
        return [name for name, kind in self.schema.items() if (isinstance(kind, kinds) is not without)]

    def one(self, names: Sequence[str]) -> str | None:
        return self.draw(st.sampled_from(names)) if names else None

    def some(self, names: Sequence[str], least: int = 1, most: int = 3) -> list[str] | None:
        if len(names) < least:
            return None
        return self.draw(st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)) if names else []

    @property
    def sortable(self) -> list[str]:
        return self.of(t.ListOf, t.Struct, without=True)

    def sort_by(self) -> list[Any] | None:
        keys = self.some(self.sortable)
        if keys is None:
            return None
        return [{"field": key, "direction": self.draw(st.sampled_from(["asc", "desc"])),
                 "nulls": self.draw(st.sampled_from(["last", "first"]))} for key in keys]  # fmt: skip

    def new_name(self) -> str:
        made = self.draw(st.sampled_from([*HOSTILE[2:], "p", "q", "r", "new", "total"]))
        while made.lower() in {name.lower() for name in self.schema}:
            made += "2"
        return made

    def beside_facts(self, forms: Sequence[str]) -> list[str]:
        """Those whose fact there is; every frame of facts has rows."""
        return [form for form in forms if form.split("facts.")[1].split(" ")[0].strip("()") in self.facts]

    def value(self, *, aggregate: bool = False, window: bool = False, ordered: bool = True) -> str | None:
        """An expression over the columns."""
        forms = [*(_AGGREGATES if aggregate else ()), *(_WINDOWS if window else ())] or _VALUES
        if self.facts.names and self.draw(st.integers(0, 5)) == 5:
            forms = self.beside_facts(_AGGREGATES_AND_FACTS if aggregate or window else _VALUES_AND_FACTS)
        text: str = self.draw(st.sampled_from(forms))
        for mark, kinds in _MARKS.items():
            if mark in text:
                column = self.one(self.of(*kinds))
                if column is None:
                    return "count(*)" if aggregate or window else "1"
                text = text.replace(mark, quoted(column))
        if (
            aggregate
            and self.draw(st.integers(0, 4)) == 4
            and "(" in text
            and not text.startswith(("x /", "sum(§n) /"))
        ):
            condition = self.one(self.of(t.Boolean))
            if condition is not None and text.endswith(")"):
                text += f" filter (where {quoted(condition)})"
        return text


_MARKS = {"§n": (t.Integer,), "§x": (t.Number,), "§m": (t.Decimal,), "§s": (t.String,), "§b": (t.Boolean,),
          "§d": (t.Date,),
          "§t": (t.Datetime,), "§l": (t.ListOf,), "§any": (t.Integer, t.String, t.Date, t.Datetime, t.Decimal,
                                                           t.Boolean, t.Time),
          }  # fmt: skip
_VALUES = [
    "§n + 1",
    "§x * 2",
    "coalesce(§n, 0)",
    "case when §b then §n else §x end",
    "§n // 2",
    "§n % 3",
    "§n / 2",
    "upper(§s)",
    "length(§s)",
    "§d + interval '1' month",
    "§x is null",
    "round(§x)",
    "§m * 2",
    "§s || '!'",
    "year(§t)",
    "not §b",
    "§any",
    "cast(§n as string)",
    "§any is null",
    "'constant'",
    "null",
    "list_length(§l)",
    "date_trunc('month', §d)",
]
_AGGREGATES = [
    "count(*)",
    "count(§any)",
    "count(distinct §any)",
    "sum(§n)",
    "sum(§m)",
    "sum(§x)",
    "sum(§b)",
    "avg(§n)",
    "min(§any)",
    "max(§any)",
    "bool_or(§b)",
    "bool_and(§b)",
    "string_agg(§s, '|' order by §any, §s)",
    "median(§n)",
    "min(§x)",
    "sum(§n) + count(*)",
    "list(§n order by §n)",
    "max(§d)",
    "count(distinct §s)",
    "avg(§b)",
    "quantile(§n, 0.5)",
    "first(§any order by §any)",
    "last(§s order by §any, §s)",
    "sum(distinct §n)",
    "any_value(1)",
]
_WINDOWS = [
    "row_number()",
    "rank()",
    "dense_rank()",
    "lag(§any, 1)",
    "lag(§n, 1, 0)",
    "lead(§s, 2, 'none')",
    "lead(§s, 2)",
    "first(§x)",
    "last(§any)",
    "sum(§n)",
    "avg(§n)",
    "count(*)",
    "max(§m)",
    "§n - min(§n)",
    "ntile(3)",
    "min(§any)",
    "sum(§m)",
    "count(§any)",
    "bool_or(§b)",
]
_VALUES_AND_FACTS = [
    "facts.rows",
    "§n + facts.rows",
    "facts.text || '!'",
    "coalesce(§s, facts.text)",
    "case when §b then facts.rows end",
    "§d > facts.day",
    "facts.day + interval '1' month",
]
_AGGREGATES_AND_FACTS = [
    "count(*) - facts.rows",
    "sum(§n) / facts.rows",
    "sum(§n + facts.rows)",
    "max(§d) = facts.day",
    "max(§s) || facts.text",
]
_FILTERS_BY_FACTS = ["§n < facts.rows", "§s >= facts.text", "§d is distinct from facts.day", "facts.rows > 3"]
"""With values of the only row of another frame."""


def facts_of(other: t.Schema) -> dict[str, Any]:
    """A step that leaves one row of facts about the other source."""
    aggregates = {"rows": "count(*)"}
    for name, kind in other.items():
        if isinstance(kind, t.String | t.Date):
            aggregates["text" if isinstance(kind, t.String) else "day"] = f"max({quoted(name)})"
    return {"type": "reduce", "config": {"aggregates": aggregates}, "input_source": "other", "output_variable": "facts"}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


Config = dict[str, Any] | None


def _map(of: Columns) -> Config:
    names, draw = list(of.schema), of.draw
    what = draw(st.sampled_from(["columns", "columns", "select", "drop", "rename", "cast"]))
    if what == "columns":
        targets = [draw(st.sampled_from([of.new_name(), *names])) for _ in range(draw(st.integers(1, 3)))]
        return {"columns": {name: of.value() for name in targets}}
    if what == "rename":
        chosen = of.some(names)
        return None if chosen is None else {"rename": {name: of.new_name() for name in chosen[:1]}}
    if what == "cast":
        casts = {t.Integer: "string", t.Date: "datetime", t.Boolean: "integer", t.Decimal: "number", t.Datetime: "date"}
        name = of.one(of.of(*casts))
        return None if name is None else {"cast": {name: next(to for kind, to in casts.items()
                                                              if isinstance(of.schema[name], kind))}}  # fmt: skip
    found = of.some(names, most=6)
    return None if found is None or (what == "drop" and len(found) == len(names)) else {what: found}


def _filter(of: Columns) -> Config:
    if of.draw(st.booleans()):
        forms = ["§n > 0", "§b", "not §b", "§s = 'a'", "§x <= 2.5 or §n is null", "§d > date '2000-01-01'",
                 "§s in ('a', 'b')",
                 "§n between -2 and 2", "§s like '%b%'", "§any is not null", "§m < 1.50"]  # fmt: skip
        if of.facts.names and of.draw(st.integers(0, 3)) == 3:
            forms = of.beside_facts(_FILTERS_BY_FACTS)
        text = of.draw(st.sampled_from(forms))
        for mark, kinds in _MARKS.items():
            column = of.one(of.of(*kinds)) if mark in text else None
            text = text if mark not in text else text.replace(mark, quoted(column)) if column is not None else "1 = 1"
        return {"where": text}
    return of.draw(groups(dict(of.schema.items()), depth=0))


def _deduplicate(of: Columns) -> Config:
    found: dict[str, Any] = {"keep": of.draw(st.sampled_from(["first", "last", "none"]))}
    if of.draw(st.integers(0, 3)):
        found["keys"] = of.some(of.sortable)
        if of.draw(st.booleans()) and found["keep"] != "none":
            found["order_by"] = of.sort_by()
    return None if None in found.values() else found


def _aggregates(of: Columns) -> dict[str, Any]:
    return {of.new_name(): of.value(aggregate=True) for _ in range(of.draw(st.integers(1, 3)))}


def _aggregate(of: Columns) -> Config:
    keys: Any = of.some(of.sortable)
    if keys is None:
        return None
    found: dict[str, Any] = {"group_by": keys}
    if of.draw(st.integers(0, 4)):
        found["aggregates"] = _aggregates(of)
        found["totals"] = of.draw(st.sampled_from(["none", "none", "grand", "rollup"]))
    return found


def _window(of: Columns) -> Config:
    found: dict[str, Any] = {
        "columns": {of.new_name(): of.value(window=True) for _ in range(of.draw(st.integers(1, 2)))}
    }
    if of.draw(st.booleans()):
        found["partition_by"] = of.some(of.sortable)
    if of.draw(st.integers(0, 3)):
        found["order_by"] = of.sort_by()
    if of.draw(st.integers(0, 3)) == 3:
        start, end = of.draw(st.lists(st.sampled_from([None, -2, -1, 0, 1, 2]), min_size=2, max_size=2))
        return None if None in found.values() else {**found, "frame": {"rows": [start, end]}}
    return None if None in found.values() else found


def _join(of: Columns) -> Config:
    how = of.draw(st.sampled_from(["inner", "left", "right", "full", "semi", "anti", "cross"]))
    found: dict[str, Any] = {"source": "other", "how": how}
    if how == "cross":
        return found
    pairs = [(left, right) for left, one in of.schema.items() for right, another in of.other.items()
             if type(one) is type(another) and not isinstance(one, t.ListOf | t.Struct)]  # fmt: skip
    if not pairs:
        return None
    on = of.draw(
        st.lists(st.sampled_from(pairs), min_size=1, max_size=2, unique_by=(lambda pair: pair[0], lambda pair: pair[1]))
    )
    found["on"] = dict(on)
    if of.draw(st.integers(0, 3)) == 3:
        left, right = of.draw(st.sampled_from(pairs))
        found["where"] = f"{quoted(left)} {of.draw(st.sampled_from(['<=', '<>', '>']))} other.{quoted(right)}"
    if how not in {"semi", "anti"}:
        found["multiple"] = of.draw(st.sampled_from(["all", "all", "first", "last"]))
        if of.draw(st.booleans()):
            found["columns"] = [{of.new_name(): of.draw(st.sampled_from(list(of.other)))}]
    return found


def _enrich(of: Columns) -> Config:
    found = _join(of)
    if found is None or found["how"] not in {"inner", "left"}:
        return None
    return {**found, "suffix": of.draw(st.sampled_from(["_o", " other", "2"]))}


def _pivot(of: Columns) -> Config:
    index, columns = of.some(of.sortable, most=2), of.one(of.of(t.String, t.Integer, t.Boolean, t.Date))
    values = of.one(of.of(t.Integer, t.Number, t.Decimal))
    if index is None or columns is None or values is None or columns in index:
        return None
    known: dict[type[t.DataType], list[Any]] = {t.String: ["a", "b", "é", None], t.Integer: [0, 1, -3, None],
                                                t.Boolean: [True, False, None],
                                                t.Date: ["2024-02-29", "1970-01-01"]}  # fmt: skip
    of_kind = known[type(of.schema[columns])]
    found = {"index": index, "columns": columns, "values": values,
             "function": of.draw(st.sampled_from(["sum", "count", "min", "max", "mean", "first"])),
             "column_values": of.draw(st.lists(st.sampled_from(of_kind), min_size=1, max_size=4,
                                               unique_by=repr))}  # fmt: skip
    if of.draw(st.integers(0, 3)) == 3:
        found["fill"] = 0
    return found


def _unpivot(of: Columns) -> Config:
    kind = of.draw(st.sampled_from([t.Integer, t.String, t.Date, t.Number, t.Boolean, t.Decimal]))
    columns = of.some(of.of(kind))
    if columns is None:
        return None
    index = of.some([name for name in of.schema if name not in columns], least=0) or []
    return {"index": index, "columns": columns, "name_to": of.new_name(), "value_to": of.new_name() + " v"}


def _with(key: str, make: Callable[[Columns], Any]) -> Callable[[Columns], Config]:
    def config(of: Columns) -> Config:
        found = make(of)
        return None if found is None else {key: found}

    return config


def _sort(of: Columns) -> Config:
    by = of.sort_by()
    return (
        None
        if by is None
        else {"by": by} | ({"limit": of.draw(st.integers(0, 5))} if of.draw(st.integers(0, 3)) == 3 else {})
    )


def _format(of: Columns) -> Config:
    name = of.one(of.of(t.Number, t.Decimal, t.Integer))
    return None if name is None else {"columns": {name: {"style": "number", "decimals": 1}}}


def _flatten(of: Columns) -> Config:
    name = of.one(of.of(t.Struct))
    return None if name is None else {"field": name, "prefix": of.draw(st.sampled_from(["w_", "a b ", '"']))}


def _explode(of: Columns) -> Config:
    name = of.one(of.of(t.ListOf))
    return None if name is None else {"field": name, "keep_empty": of.draw(st.booleans())}


STEPS: Mapping[str, Callable[[Columns], Config]] = {
    "map": _map,
    "filter": _filter,
    "reduce": _with("aggregates", _aggregates),
    "sort": _sort,
    "deduplicate": _deduplicate,
    "enrich": _enrich,
    "join": _join,
    "union": lambda of: {"sources": ["other"]} | ({"source_column": of.new_name()} if of.draw(st.booleans()) else {}),
    "aggregate": _aggregate,
    "window": _window,
    "pivot": _pivot,
    "unpivot": _unpivot,
    "explode": _explode,
    "flatten": _flatten,
    "format": _format,
    "limit": lambda of: {"rows": of.draw(st.integers(0, 6)), "offset": of.draw(st.integers(0, 3))},
    "sample": lambda of: {"rows": of.draw(st.integers(0, 5)), "seed": of.draw(st.integers(0, 3))},
}  # fmt: skip
"""For each type of transform, a config over the columns at hand; None where they do not allow one."""

NOT_BY_CHAINS = set(TRANSFORMS) - set(STEPS)
