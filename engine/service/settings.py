"""How a service is set up: by its command line, and by [service] in config.toml."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import Literal

from connectors.policy import Policy
from ir.records import dataclass

_REACHING = frozenset({"file", "http", "https", "s3", "s3a", "gdrive", "dropbox", "gs", "gcs", "az", "abfs", "abfss",
                       "sftp"})  # fmt: skip
_PROGRAMS = "stdio"
Sandbox = Literal["auto", "required", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What whoever starts the service decides; no workflow can widen it."""

    folder: Path
    """Holds the workflow files, and a folder for each workflow that is put by the API."""
    host: str = "127.0.0.1"
    port: int = 8321
    slots: int = 2
    """So many runs at once in this process' care; 0 for one that carries none out."""
    max_memory_bytes: int | None = None
    """Of one run; None leaves it to the machine."""
    max_seconds: float | None = None
    """Of one run."""
    hosts: frozenset[str] | None = None
    """The hosts that runs may reach; None for every public one."""
    private_hosts: frozenset[str] = frozenset()
    """Hosts, addresses and networks that runs may reach although they are private."""
    secrets: frozenset[str] = frozenset()
    """Secrets that every workflow may use, besides those that begin with its own name."""
    webhook_bytes: int = 5_000_000
    """Of the body of one event."""
    webhook_rate: int | None = None
    """Requests a second of one webhook that one process lets come to more than a refusal; None for all."""
    webhook_address_rate: int | None = None
    """The same for all webhooks together and one address."""
    forwarded: frozenset[str] | None = None
    """Proxies, by their addresses and networks, whose X-Forwarded-For and X-Forwarded-Proto are believed; None for what
    FORWARDED_ALLOW_IPS says, or this machine."""
    webhook_waiting: int = 250_000
    """So many events of one workflow wait for their runs; further ones are turned away until runs have taken some."""
    upload_bytes: int = 100_000_000
    """Of one file that is put for a workflow."""
    uploads_bytes: int = 1_000_000_000
    """Of all files in the folder of one workflow that was put; what its runs deliver there is not kept back."""
    programs: bool = False
    """Whether the MCP servers that config.toml starts as programs may be used."""
    sandbox: Sandbox = "auto"
    """Whether the kernel locks the processes of runs in: where it can, always, or never."""
    read_paths: tuple[str, ...] = ()
    """Files and folders that the processes of runs may read besides, such as a driver's."""
    write_paths: tuple[str, ...] = ()
    """The same for such as they may write, too."""
    own_processes: bool = False
    """Whether the runs of each workflow have processes of their own, which are locked in the folder of that one."""
    drain_s: float = 30.0
    """How long a graceful stop waits for the runs under way."""
    lease_s: float = 15.0
    """A worker that was not heard of for so long has lost its runs to the others."""
    max_runs: Mapping[str, int] = field(default_factory=dict)
    """Of workflows by their names: so many runs of it at once, in all processes together."""
    starts_per_minute: int | None = None
    """So many runs begin within any minute, in all processes together."""

    keep_days: int | None = 30
    """So long runs stay in the journal that ended well; None for good, as for the others."""
    keep_failed_days: int | None = 90
    """The same for runs that can still be resumed or replayed, or left open what became of a delivery."""
    keep_event_days: int | None = 30
    """So long an event that was taken is known when it comes again."""

    def policy(self, base: Path, *, workflow: str | None = None, others: Collection[str] = (),
               kept_files: Collection[Path] = ()) -> Policy:  # fmt: skip
        """What a run of a workflow in this folder may touch. `others` are workflows with longer names, `kept_files`
        the files of workflows."""
        return replace(
            Policy.closed(base), schemes=_REACHING | ({_PROGRAMS} if self.programs else set()), hosts=self.hosts,
            private_hosts=self.private_hosts, secret_resolvers=None, secret_names=self.secrets, secret_owner=workflow,
            other_owners=tuple(others), hidden=own_places(), hides_dotted=True, kept_files=tuple(kept_files),
            kept_endings=(".yaml", ".yml"), inputs_from=base,
            max_memory_bytes=self.max_memory_bytes, max_seconds=self.max_seconds,
        )  # fmt: skip

    def as_json(self) -> str:
        """The text that `read` reads."""
        return json.dumps(
            asdict(self), default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)
        )

    @classmethod
    def read(cls, text: str) -> ServiceSettings:
        found = json.loads(text)
        sets = {
            name: frozenset(found[name])
            for name in ("hosts", "private_hosts", "secrets", "forwarded")
            if found[name] is not None
        }
        lists = {name: tuple(found[name]) for name in ("read_paths", "write_paths")}
        return cls(**{**found, **sets, **lists, "folder": Path(found["folder"])})


def own_places() -> tuple[Path, ...]:
    """The files and folders of the service itself: its home, and where the journal is a file, that and its queue."""
    from connectors.home import home
    from engine.journal.place import journal_url

    url = journal_url()
    places = [home()]
    if url.drivername == "sqlite":
        journal = Path(str(url.database))
        queue = journal.with_name("dispatch.db")
        places += [Path(f"{each}{end}") for each in (journal, queue) for end in ("", "-wal", "-shm", "-journal")]
    return tuple(each.resolve() for each in places)
