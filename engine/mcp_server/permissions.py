"""How far a client may go: one folder, no network, no secret, nothing delivered, unless the owner allows more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connectors.policy import Policy
from ir.records import dataclass

_REACHING = frozenset({"file", "http", "https", "s3", "s3a", "gdrive", "dropbox", "gs", "gcs", "az", "abfs", "abfss",
                       "sftp"})  # fmt: skip
"""What leads to a host. Programs, which `stdio` stands for, are not among it: no client starts one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What whoever starts the server lets its clients do; no tool can widen it."""

    folder: Path
    """Holds the workflows and all local files that they may read or write."""
    delivers: bool = False
    """Whether `run` may deliver. Otherwise it gives previews, which leave no trace."""
    hosts: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    private_networks: bool = False

    def policy(self, *, outbox: Path | None = None) -> Policy:
        """What a workflow may touch; of a preview all that it writes goes into its `outbox`."""
        writable = outbox or (self.folder if self.delivers else None)
        closed = Policy.closed(self.folder)
        return replace(
            closed,
            inputs_from=self.folder,
            write_folders=() if writable is None else (writable,),
            schemes=_REACHING if self.hosts else closed.schemes,
            hosts=frozenset(each.lower() for each in self.hosts),
            secret_resolvers=None if self.secrets else closed.secret_resolvers,
            secret_names=self.secrets,
            private_networks=self.private_networks,
        )

    @property
    def said(self) -> str:
        """The permissions for people and for models."""
        parts = [f"local files below {self.folder}" + ("" if self.delivers else ", read only"),
                 f"hosts: {_listed(self.hosts)}", f"secrets: {_listed(self.secrets)}",
                 "runs deliver" if self.delivers else "runs are previews"]  # fmt: skip
        return "; ".join(parts)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
