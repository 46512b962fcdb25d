"""Where in the document a connector's problem stands."""

from __future__ import annotations

from typing import Any

from connectors.problem import ConnectorProblem
from ir.diagnostics import Pointer, Problems, Severity
from ir.document import Document

_ABOUT_KEYS = frozenset({"IR521", "IR530"})
"""Codes whose problem is the key itself, not its value."""

_CONNECTIONS: tuple[tuple[str, ...], ...] = ((), ("database_config", "connection"), ("destination",))
"""Where in a source or a delivery its credentials_ref may stand."""


def report(problem: ConnectorProblem, problems: Problems, *, at: Pointer, severity: Severity = "error") -> None:
    """Add the problem of the source or delivery at `at`.

    The key it names may be absent, such as an encoding nobody wrote: what tells the file stands in for it.
    """
    document = problems.locator
    written = _value(document.value, at) if isinstance(document, Document) else None
    named = ("location", "filename_template", "destination", "format")
    stand_in = next(((key,) for key in named if isinstance(written, dict) and key in written), ())
    inside = next((each for each in _CONNECTIONS if _has(_value(written, each), "credentials_ref")), ())
    key = problem.key
    if key == ("credentials_ref",) and inside:
        key = (*inside, *key)
    elif key and not _has(written, key[0]):
        key = stand_in
    if severity == "warning":
        problems.warning(problem.code, problem.message, at=(*at, *key), hint=problem.hint)
        return
    problems.error(problem.code, problem.message, at=(*at, *key), hint=problem.hint, notes=problem.notes,
                   on_key=problem.code in _ABOUT_KEYS, within=problem.within if key == problem.key else None,
                   )  # fmt: skip


def _value(value: Any, at: Pointer) -> Any:
    for part in at:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return None
    return value


def _has(written: Any, key: str | int) -> bool:
    return isinstance(written, dict) and written.get(str(key)) is not None
