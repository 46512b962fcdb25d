"""The fields of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def fields_of(record: DataclassInstance) -> dict[str, Any]:
    """The fields as they stand. `dataclasses.asdict` looks into every value and copies it: of a small run that was a
    tenth of the CPU."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
