"""Polars objects that remember how they were made."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from types import GeneratorType, ModuleType
from typing import Any

import polars as pl

from connectors.files.network import Options
from engine.polars_code.nodes import Attribute, Binary, Call, Item, Name, Node, Unary
from engine.polars_code.values import NotPrintable

_ROOMS = ("transforms", "connectors")
_PLAIN = (pl.DataType, pl.Schema, pl.Series, pl.DataFrame)
_active: ContextVar[bool] = ContextVar("recording Polars", default=False)
_lock = Lock()


class Recorded:
    """Something of Polars beside the code that makes it: calls go to both."""

    __slots__ = ("node", "real")

    def __init__(self, node: Node, real: Any) -> None:
        self.node = node
        self.real = real

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """So that isinstance answers as for the object itself."""
        return type(self.real)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise NotPrintable("a function of Polars that is called in no common way")
        found = getattr(self.real, name)
        return _kept(found, Attribute(self.node, name)) if callable(found) or _is_polars(found) else found

    def __call__(self, *args: Any, **named: Any) -> Any:
        args = tuple(_listed(each) for each in args)
        named = {name: _listed(each) for name, each in named.items()}
        defaults = _defaults(self.real)
        written = {name: _node(each) for name, each in named.items()
                   if not _is(each, defaults.get(name, ...)) and not isinstance(each, Options)}  # fmt: skip
        node = Call(self.node, tuple(_node(each) for each in args), written)
        found = self.real(*(_real(each) for each in args), **{k: _real(v) for k, v in named.items()})
        return _kept(found, node)

    def __getitem__(self, key: Any) -> Any:
        return _kept(self.real[_real(key)], Item(self.node, _node(key)))

    def __bool__(self) -> bool:
        return bool(self.real)

    def __hash__(self) -> int:
        return id(self)

    def __invert__(self) -> Any:
        return Recorded(Unary("~", self.node), ~self.real)

    def __neg__(self) -> Any:
        return Recorded(Unary("-", self.node), -self.real)


_OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "and": "&",
    "or": "|", "xor": "^", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip


def _add_operators() -> None:
    def binary(word: str, sign: str) -> Any:
        def forward(self: Recorded, other: Any) -> Any:
            real = getattr(self.real, f"__{word}__")(_real(other))
            return _kept(real, Binary(sign, self.node, _node(other)))

        return forward

    def reflected(word: str, sign: str) -> Any:
        def backward(self: Recorded, other: Any) -> Any:
            real = getattr(self.real, f"__r{word}__")(_real(other))
            return _kept(real, Binary(sign, _node(other), self.node))

        return backward

    for word, sign in _OPERATORS.items():
        setattr(Recorded, f"__{word}__", binary(word, sign))
        if word not in {"eq", "ne", "lt", "le", "gt", "ge"}:
            setattr(Recorded, f"__r{word}__", reflected(word, sign))


_add_operators()


class _RecordingPolars:
    """Stands for the module `polars` where a lowering looks it up; outside of a recording it is the module."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(pl, name)
        is_function = callable(found) and not isinstance(found, type)
        if not _active.get() or not (is_function or isinstance(found, ModuleType)):
            return found
        return Recorded(Attribute(Name("pl"), name), found)


recorded_pl: Any = _RecordingPolars()
"""What the lowerings see as `pl` while a recording is on."""


@contextmanager
def recording() -> Iterator[None]:
    """Within it the lowerings of this thread make Recorded objects; those of other threads work as ever."""
    with _lock:
        modules = [
            module for name, module in list(sys.modules.items())
            if name.partition(".")[0] in _ROOMS and getattr(module, "pl", None) is pl
        ]  # fmt: skip
        token = _active.set(True)
        try:
            for module in modules:
                module.pl = recorded_pl  # type: ignore[attr-defined]
            yield
        finally:
            for module in modules:
                module.pl = pl  # type: ignore[attr-defined]
            _active.reset(token)


def _defaults(function: Any) -> dict[str, Any]:
    """What a call need not say."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {name: each.default for name, each in parameters.items()}


def _is(value: Any, default: Any) -> bool:
    return type(value) is type(default) and isinstance(value, str | int | float | type(None)) and value == default


def _kept(found: Any, node: Node) -> Any:
    return Recorded(node, found) if callable(found) or _is_polars(found) else found


def _is_polars(found: Any) -> bool:
    return type(found).__module__.startswith("polars") and not isinstance(found, _PLAIN)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, GeneratorType) else value


def _real(value: Any) -> Any:
    if type(value) is Recorded:
        return value.real
    if isinstance(value, list | tuple | set):
        return type(value)(_real(each) for each in value)
    if isinstance(value, dict):
        return {key: _real(each) for key, each in value.items()}
    return value


def _node(value: Any) -> Any:
    """The value with the code of what was recorded inside it."""
    if type(value) is Recorded:
        return value.node
    if isinstance(value, list | tuple | set):
        return type(value)(_node(each) for each in value)
    if isinstance(value, dict):
        return {key: _node(each) for key, each in value.items()}
    return value
