"""A secret's value, which does not show itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from connectors.problem import ConnectorProblem
from connectors.secrets.confidential import confidential_texts
from ir.redaction import hide


class Secret:
    """What a reference stands for. Its `text` is as it was found; repr, str and format show the reference only.

    Whatever is secret in it is hidden from then on in all that the process tells. It is neither pickled nor copied
    into anything that is, and `warnings` are what its finder has to say, such as that others may read its file.
    """

    __slots__ = ("reference", "text", "warnings")

    def __init__(self, reference: str, text: str, *, warnings: tuple[ConnectorProblem, ...] = ()) -> None:
        self.reference = reference
        self.text = text
        self.warnings = warnings
        hide(confidential_texts(text))

    def parts(self) -> Mapping[str, Any] | None:
        """The value as an object, where it is written as a JSON object; else None."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def __repr__(self) -> str:
        return f"<secret {self.reference}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self!r} is not written down anywhere")
