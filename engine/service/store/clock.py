"""What time it is for all processes of a service: the clock of the database that they share."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select


def now_of(connection: Connection) -> datetime:
    """Now, by the clock of the database; a file is used on one machine, whose clock that is."""
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def written(moment: datetime) -> str:
    """The moment, as the journal writes instants."""
    return moment.isoformat(timespec="microseconds")
