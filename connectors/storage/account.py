"""Whose store it is: the reference to its credentials, and the stores opened with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.kinds import kind_of, no_file_system, plugin_of
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.storage.store import Store

Credentials = Mapping[str, object] | str | None
"""What a secret says: the parts of the credentials, or one text; None where there is no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Nothing of it is secret; credentials are looked up when a store is opened, and opened once."""

    policy: Policy
    base: Path
    ref: str | None = None
    key: tuple[str | int, ...] = ("credentials_ref",)
    """Where the source or delivery names it."""
    warnings: list[ConnectorProblem] = field(default_factory=list, compare=False, hash=False)
    """What is to be said of where the credentials are kept, once they were looked up."""
    _stores: dict[str, Store] = field(default_factory=dict, repr=False, compare=False, hash=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False, hash=False)

    def store(self, scheme: str) -> Store:
        """The store of a scheme.

        Raises:
            ConnectorProblem: IR506 when what it needs is not installed, IR585 for credentials that are none, or
                what resolving the reference says.
        """
        with self._lock:
            if scheme not in self._stores:
                self._stores[scheme] = self._open(scheme)
            return self._stores[scheme]

    def forget(self, scheme: str) -> None:
        """Look the credentials up again when the store is wanted next."""
        with self._lock:
            self._stores.pop(scheme, None)

    def _open(self, scheme: str) -> Store:
        from importlib import import_module

        kind = kind_of(scheme)
        if not kind.is_installed:
            raise no_file_system(scheme)
        module, _, name = kind.opens.partition(":")
        opens: type[Store] = getattr(import_module(module), name)
        return opens(kind=kind, scheme=scheme, credentials=self._credentials(scheme), policy=self.policy)

    def _credentials(self, scheme: str) -> Credentials:
        from connectors.secrets.resolving import resolve

        reference = self.ref or plugin_of(scheme)
        if reference is None:
            return None
        try:
            secret = resolve(reference, policy=self.policy, base=self.base)
        except ConnectorProblem as problem:
            if self.ref is None and problem.code == "IR590":
                return None
            raise
        self.warnings[:] = secret.warnings
        return secret.parts() or secret.text


def read_parts(
    credentials: Mapping[str, object], known: Mapping[str, tuple[str, ...]], *, store: str
) -> dict[str, object]:
    """The parts of the credentials by our names for them; `known` {name: other names it goes by}.

    Raises:
        ConnectorProblem: IR585 for a part nobody knows, or one that is given twice.
    """
    from ir.diagnostics import did_you_mean

    names = {other: name for name, others in known.items() for other in (name, *others)}
    found: dict[str, object] = {}
    for key, value in credentials.items():
        name = names.get(str(key).lower())
        if name is None:
            raise ConnectorProblem("IR585", f'credentials of {store} have no part "{key}"', key=("credentials_ref",),
                                   hint=did_you_mean(str(key), known) or f"known are {', '.join(known)}")  # fmt: skip
        if value is not None:
            found[name] = value
    return found
