"""Loading what runs need before there is one."""

from __future__ import annotations

from importlib import import_module

_NEEDED = ("duckdb", "polars", "pyarrow", "engine.journal.deliveries", "engine.journal.runs", "engine.journal.steps",
           "engine.plan", "engine.replaying.replay", "engine.resume", "engine.run", "engine.duckdb_session",
           "engine.running.attempt", "connectors.files.csv", "connectors.files.csv_writer")  # fmt: skip


def warm_up() -> None:
    """Import the modules of nearly every run, which costs a second or two, so that a small run takes none."""
    for name in _NEEDED:
        import_module(name)
