"""Deliveries that meet in a table of PostgreSQL: the one that a deadlock ended goes on when the others have ended.

Writers of the same keys in another order wait for each other's rows, and the server ends one of them. Where that one
begins again at once, it meets the same rows again for as long as the other takes.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from connectors.databases.postgres.table_statements import text

if TYPE_CHECKING:
    from connectors.databases.postgres.writer import PostgresWriter

TURN_PATIENCE_S = 60.0
_PAUSE_S = 0.05


def take_turn(writer: PostgresWriter, *, alone: bool) -> None:
    """Wait until no other delivery of ours forbids that this one writes, which it then does to the transaction's end.

    Any number may write together; one that is to be alone waits for all of them, and they wait for it. Nobody waits
    longer than TURN_PATIENCE_S: what the server itself locks still holds then. Going back to a savepoint from before
    gives the turn up.
    """
    place = f"weirflow.{text(writer.write.table.expression())}"
    number = int.from_bytes(hashlib.sha256(place.encode()).digest()[:8], signed=True)
    taking = f"SELECT pg_try_advisory_xact_lock{'' if alone else '_shared'}({number})"
    until = time.monotonic() + TURN_PATIENCE_S
    while (found := writer.session.row(taking)) is not None and not found[0] and time.monotonic() < until:
        time.sleep(_PAUSE_S)
