"""`dataclass` as in the standard library, but for when a record's methods are made: as they are asked for.

The standard library writes and compiles six methods of each class as it is imported, which takes 0.9 ms of CPU. Of the
280 classes that a run of ten rows imports it uses a third, and this was a third of what the command line took. Here a
class takes 0.08 ms, and a method 0.1 ms when it is first asked for. Fields, defaults, `replace`, `asdict` and `match`
are the standard library's. Left out is what no class here wants (`order`, `unsafe_hash`, `weakref_slot`, `InitVar`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields, is_dataclass
from reprlib import recursive_repr
from typing import Any, TypeVar, cast, dataclass_transform

Record = TypeVar("Record", bound=type)
_ANEW: Any = type("Anew", (), {"__slots__": (), "__repr__": lambda _: "<made anew>"})()
"""The default of a parameter whose value is made for each record."""


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[Record], Record]:
    """As `dataclasses.dataclass`; a method that the class has itself stays."""

    def made(written: Record) -> Record:
        # `__hash__` is None in every class that has an `__eq__` of its own.
        own = {name for name, it in vars(written).items() if it is not None}
        # Of a class without words the standard library makes some from its signature, which asks for all methods.
        written.__doc__ = written.__doc__ or written.__name__
        # It compares a class with those it inherits from, and asks that all of them are frozen or none.
        inherits = any(is_dataclass(each) for each in written.__mro__[1:])
        record: Any = dataclasses.dataclass(
            init=False, repr=False, eq=False, frozen=frozen and inherits, slots=slots, kw_only=kw_only
        )(written)
        methods = {"__init__": _init, "__repr__": _repr, **({"__eq__": _eq} if eq else {})}
        if eq and frozen:
            methods["__hash__"] = _hash
        for name, make in methods.items():
            if name not in own:
                setattr(record, name, _PutOff(record, name, make))
        if eq and not frozen and "__hash__" not in own:
            record.__hash__ = None
        if frozen and not inherits:
            _freeze(record, own)
        return cast(Record, record)

    return made


class _PutOff:
    """A method that takes its own place in the class when somebody asks for it."""

    __slots__ = ("make", "name", "record")

    def __init__(self, record: type, name: str, make: Callable[[type], Any]) -> None:
        self.record, self.name, self.make = record, name, make

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        method = self.make(self.record)
        method.__name__, method.__module__ = self.name, self.record.__module__
        method.__qualname__ = f"{self.record.__qualname__}.{self.name}"
        setattr(self.record, self.name, method)
        return method if instance is None else method.__get__(instance, owner)


def _freeze(record: Any, own: Iterable[str]) -> None:
    """Let no field be set or deleted; a copy and a pickle, which call no `__init__`, have a way around it."""
    record.__dataclass_params__.frozen = True
    names = frozenset(each.name for each in fields(record))

    def refuse_setting(self: object, name: str, value: object) -> None:
        if type(self) is record or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(record, self).__setattr__(name, value)

    def refuse_deleting(self: object, name: str) -> None:
        if type(self) is record or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(record, self).__delattr__(name)

    methods: dict[str, Any] = {"__setattr__": refuse_setting, "__delattr__": refuse_deleting}
    if "__slots__" in vars(record):
        methods |= {"__getstate__": _state, "__setstate__": _restore}
    for name, method in methods.items():
        if name not in own:
            setattr(record, name, method)


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


def _init(record: Any) -> Any:
    """The call that fills the fields, written out as the standard library would."""
    is_frozen = record.__dataclass_params__.frozen
    scope: dict[str, Any] = {"_set": object.__setattr__, "_anew": _ANEW}
    by_place, by_name = ["self"], list[str]()
    lines: list[str] = []
    for each in fields(record):
        value = each.name
        if each.default is not MISSING:
            scope[f"_default_{each.name}"] = each.default
        elif each.default_factory is not MISSING:
            scope[f"_make_{each.name}"] = each.default_factory
        if each.init:
            (by_name if each.kw_only else by_place).append(_parameter(each))
            if each.default_factory is not MISSING:
                value = f"_make_{each.name}() if {each.name} is _anew else {each.name}"
        elif each.default_factory is not MISSING:
            value = f"_make_{each.name}()"
        elif each.default is not MISSING and "__slots__" in vars(record):
            value = f"_default_{each.name}"
        else:
            continue
        lines.append(f"_set(self, {each.name!r}, {value})" if is_frozen else f"self.{each.name} = {value}")
    if hasattr(record, "__post_init__"):
        lines.append("self.__post_init__()")
    signature = ", ".join([*by_place, "*", *by_name] if by_name else by_place)
    init = _compiled(signature, lines or ["pass"], scope)
    init.__annotations__ = {each.name: each.type for each in fields(record) if each.init} | {"return": None}
    return init


def _parameter(each: Field[Any]) -> str:
    if each.default is not MISSING:
        return f"{each.name}=_default_{each.name}"
    return each.name if each.default_factory is MISSING else f"{each.name}=_anew"


def _repr(record: Any) -> Any:
    shown = [each.name for each in fields(record) if each.repr]

    def words(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({values})"

    return recursive_repr()(words)


def _eq(record: Any) -> Any:
    names = [each.name for each in fields(record) if each.compare]
    lines = [
        "if other.__class__ is self.__class__:",
        f"    return {_tuple_of('self', names)} == {_tuple_of('other', names)}",
        "return NotImplemented",
    ]
    return _compiled("self, other", lines, {})


def _hash(record: Any) -> Any:
    names = [each.name for each in fields(record) if (each.compare if each.hash is None else each.hash)]
    return _compiled("self", [f"return hash({_tuple_of('self', names)})"], {})


def _tuple_of(record: str, names: list[str]) -> str:
    return "(" + "".join(f"{record}.{name}, " for name in names) + ")"


def _compiled(signature: str, lines: list[str], scope: dict[str, Any]) -> Any:
    """The function of these lines; the names in them come from the fields of a class, which Python has read."""
    exec(f"def method({signature}):\n" + "\n".join(f"    {line}" for line in lines), scope)
    return scope.pop("method")
