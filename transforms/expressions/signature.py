"""One row of the function table: a signature people can read, and the two lowerings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ir import types as t
from ir.records import dataclass
from transforms.expressions.tree import Apply, Node, Value
from transforms.expressions.window import Clock, Window

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp

Kind = Literal["scalar", "aggregate", "window"]
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Lowered(Generic[E]):
    """A function's call with its arguments already lowered; `call[0]` is the first."""

    apply: Apply
    args: Sequence[E]
    clock: Clock
    window: Window | None = None
    where: E | None = None
    order_by: tuple[tuple[E, bool, bool], ...] = ()
    """(expression, descending, nulls first) of an aggregate's own order."""

    def __getitem__(self, index: int) -> E:
        return self.args[index]

    def __len__(self) -> int:
        return len(self.args)

    @property
    def type(self) -> t.DataType:
        return self.apply.type

    def type_of(self, index: int) -> t.DataType:
        return self.apply.args[index].type

    def constant(self, index: int) -> Any:
        """The value of an argument the signature says is constant."""
        found = self.apply.args[index]
        assert isinstance(found, Value)
        return found.value


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    optional: bool
    many: bool
    constant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the language. `doc` says what null and empty do.

    A signature reads `name(x: text, y?: constant integer, z: T...) -> T`. The kinds of parameter are text,
    textual (anything that has a text), integer, numeric (kept as it is), number (converted), boolean, date (or
    datetime), moment (date, datetime or time), list, any, and T: all T of one call become one type.
    """

    signature: str
    doc: str
    polars: Callable[[Lowered[pl.Expr]], pl.Expr]
    sql: Callable[[Lowered[exp.Expression]], exp.Expression]
    kind: Kind = "scalar"
    result: Callable[[Sequence[Node]], t.DataType] | None = None
    """The type of the result for these arguments, where the signature cannot say it."""
    aliases: tuple[str, ...] = ()
    needs_order: bool = False
    accepts_distinct: bool = False
    accepts_order: bool = False
    bounds: tuple[int, int] | None = None
    """What an integer result always lies within, so that arithmetic on it needs no overflow check."""
    check: Callable[[Function, tuple[Node, ...]], str | None] | None = None
    """What is wrong with the values of the constants, once the types fit."""
    can_fail: bool = False
    """True where a value of the right type may still be refused when it runs."""
    hidden: bool = False
    """True for what is written as an operator or keyword, not called by name."""
    name: str = field(init=False)
    parameters: tuple[Parameter, ...] = field(init=False)
    gives: str = field(init=False)

    def __post_init__(self) -> None:
        head, _, gives = self.signature.partition(" -> ")
        name, _, inside = head.partition("(")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "gives", gives)
        parts = [part for part in inside.rstrip(")").split(", ") if part]
        object.__setattr__(self, "parameters", tuple(_parameter(part) for part in parts))

    @property
    def least(self) -> int:
        return sum(not each.optional for each in self.parameters)

    @property
    def most(self) -> int | None:
        """How many arguments may stand; None for any number."""
        return None if self.parameters and self.parameters[-1].many else len(self.parameters)


def _parameter(text: str) -> Parameter:
    name, _, kind = text.partition(": ")
    many, constant = kind.endswith("..."), kind.startswith("constant ")
    kind = kind.removesuffix("...").removeprefix("constant ")
    return Parameter(name.removesuffix("?"), kind, name.endswith("?"), many, constant)
