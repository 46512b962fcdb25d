"""Which source a saved cursor is of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ir.records import dataclass
from ir.value_text import text_of

if TYPE_CHECKING:
    from engine.names import RunWords

_INPUT = re.compile(r"\{\{\s*inputs\.([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`key` is the source in the journal: its name, and the inputs on which depends what it reads. `origin` is what it
    reads, as the workflow says it."""

    name: str
    key: str
    origin: str

    @classmethod
    def of(cls, name: str, kind: str, written: Any, words: RunWords) -> Identity:
        """The identity of a source that reads a table, a query or a location. A query is known by its text's hash."""
        text = written if isinstance(written, str) else json.dumps(written, sort_keys=True, default=str)
        inputs = [each for each in dict.fromkeys(_INPUT.findall(text)) if each in words.inputs]
        given = ", ".join(f"{each}={_shown(words.inputs[each][1])}" for each in inputs)
        told = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16] if kind == "query" else text
        return cls(name=name, key=f"{name} ({given})" if given else name, origin=f"{kind} {told}")

    @classmethod
    def of_action(cls, name: str, action: str, fixed: Mapping[str, Any], config: Mapping[str, Any], words: RunWords
                  ) -> Identity:  # fmt: skip
        """The identity of a source that an action of a plugin reads. What it reads are the `fixed` of its parameters,
        such as a table; the others of its `config` say which rows, as a query does."""
        known = cls.of(name, "action", config, words)
        told = "".join(f" {key}={_written(each)}" for key, each in sorted(fixed.items()))
        return cls(name=name, key=known.key, origin=f"action {action}{told}")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _shown(value: Any) -> str:
    return "null" if value is None else text_of(value)
