"""The places of a document that deliver something, each with the rows that are `data` there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ir.diagnostics import Pointer
from ir.model.deliveries import DeliveryRules
from ir.records import dataclass
from transforms.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryScope:
    """Delivery rules at one place: the document's own, or those of a branch.

    `data` is None where its columns are not known (after an error, or until a first pass tells them). Deliveries of a
    branch that has no rows do nothing.
    """

    rules: DeliveryRules
    at: Pointer
    written: Mapping[str, Any]
    """The rules as the document has them."""
    data: Frame | None
    branch: str | None = None
    """What the branch is called in plans and reports; None for the document's own rules."""
    placed: Mapping[str, Pointer] = field(default_factory=dict)
    """Where deliveries stand that are not written under their key, by that key: one at most."""

    def places(self, key: str) -> Iterator[Pointer]:
        """Where the deliveries under `key` stand, which may be one or a list."""
        if key in self.placed:
            yield self.placed[key]
            return
        at: Pointer = (*self.at, key)
        given = self.written.get(key)
        if isinstance(given, list):
            yield from ((*at, index) for index in range(len(given)))
        else:
            yield at
