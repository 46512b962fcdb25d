"""Records do what dataclasses of the standard library do; only their methods are made later."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    kinds: ClassVar[tuple[str, ...]] = ("city",)
    name: str
    size: float | None = None
    secret: str = field(default="hidden", repr=False, compare=False)
    tags: list[str] = field(default_factory=list)
    length: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", len(self.name))


@dataclass(slots=True)
class Count:
    name: str
    seen: int = 0
    log: list[str] = field(default_factory=list, init=False, repr=False)


@dataclass(frozen=True, slots=True)
class Kind:
    def __str__(self) -> str:
        return "kind"


@dataclass(frozen=True, slots=True)
class Sized(Kind):
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.name})"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


@dataclass(frozen=True, eq=False)
class Open:
    name: str


class Opened(Open):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.door = "open"


@dataclass(slots=True, eq=False)
class Lock:
    name: str = "lock"


def standard(record: type, **options: bool) -> Any:
    """The same class, made by the standard library."""
    parts = {name: getattr(record, name) for name in ("__post_init__", "__str__") if name in vars(record)}
    specified = [(each.name, each.type, copy.copy(each)) for each in dataclasses.fields(record)]
    return dataclasses.make_dataclass(record.__name__, specified, namespace=parts, **options)


SAME: list[tuple[Any, Any, list[tuple[tuple[Any, ...], dict[str, Any]]]]] = [
    (Place, standard(Place, frozen=True, slots=True, kw_only=True), [
        ((), {"name": "Oslo"}), ((), {"name": "Oslo", "secret": "x"}), ((), {"name": "Rome", "size": 2.5}),
        ((), {"name": "Rome", "tags": ["warm"]}), ((), {}), (("Oslo",), {}), ((), {"name": "Oslo", "length": 3}),
    ]),
    (Count, standard(Count, slots=True), [(("a",), {}), (("a", 2), {}), ((), {"name": "a"}), ((), {"seen": 1})]),
    (Sized, standard(Sized, frozen=True, slots=True), [((), {}), ((2,), {}), ((), {"size": 2}), ((1, 2), {})]),
    (Open, standard(Open, frozen=True, eq=False), [(("a",), {}), (("a",), {})]),
    (Lock, standard(Lock, slots=True, eq=False), [((), {}), (("a",), {})]),
]  # fmt: skip


def outcome(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    try:
        return call(*arguments, **named)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(("record", "expected", "calls"), SAME, ids=lambda it: getattr(it, "__name__", ""))
def test_records_are_made_shown_compared_and_hashed_as_dataclasses_are(
    record: Any, expected: Any, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]
) -> None:
    ours = [outcome(record, *places, **names) for places, names in calls]
    theirs = [outcome(expected, *places, **names) for places, names in calls]
    # `standard` makes its class in no other.
    assert [repr(each).replace("standard.<locals>.", "") for each in ours] == [repr(each) for each in theirs]
    assert [[a == b for a in ours] for b in ours] == [[a == b for a in theirs] for b in theirs]
    has_its_own_place = record.__hash__ is object.__hash__
    assert (expected.__hash__ is object.__hash__) == has_its_own_place
    if not has_its_own_place:
        assert [outcome(hash, each) for each in ours if not isinstance(each, type)] == [
            outcome(hash, each) for each in theirs if not isinstance(each, type)
        ]
    assert record.__match_args__ == expected.__match_args__
    assert str(inspect.signature(record)) == str(inspect.signature(expected)).replace("<factory>", "<made anew>")


def test_each_record_gets_a_list_of_its_own() -> None:
    one, other = Place(name="Oslo"), Place(name="Oslo")
    one.tags.append("cold")
    assert other.tags == []


def test_a_frozen_record_lets_nothing_be_set_or_deleted() -> None:
    place = Place(name="Oslo")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        place.name = "Rome"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del place.name  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Sized().size = 3  # type: ignore[misc]


def test_a_class_that_inherits_from_a_frozen_record_may_have_more_of_its_own() -> None:
    opened = Opened("a")
    opened.door = "shut"
    assert opened.door == "shut"
    with pytest.raises(FrozenInstanceError):
        opened.name = "b"  # type: ignore[misc]


def test_records_are_copied_pickled_replaced_and_taken_apart() -> None:
    place = Place(name="Oslo", tags=["cold"])
    assert copy.copy(place) == copy.deepcopy(place) == pickle.loads(pickle.dumps(place)) == place
    assert dataclasses.replace(Count("a", 2), seen=3) == Count("a", 3)
    assert dataclasses.asdict(Count("a", 2)) == {"name": "a", "seen": 2, "log": []}
    assert not hasattr(place, "__dict__")


def test_the_methods_that_a_class_has_itself_stay() -> None:
    account = Account(name="mail", password="secret")
    assert repr(account) == "Account(mail)"
    assert account == 3
    assert hash(account) == 7
    assert f"{Sized(2)}" == "kind"


def test_a_dataclass_of_the_standard_library_may_inherit_from_a_record() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Wide(Sized):
        width: int = 2

    assert repr(Wide(5)).endswith("Wide(size=5, width=2)")
    with pytest.raises(TypeError, match="cannot inherit non-frozen dataclass from a frozen one"):

        @dataclasses.dataclass
        class Loose(Sized):
            pass
