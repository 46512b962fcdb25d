"""Connections to databases, kept while a run needs them: one bounded pool for each tenant, database and credentials.

A pool is closed with the run that used it, at the end of the process, or when many others were used after it.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from connectors.attempt import was_stopped
from connectors.databases.address import Address

if TYPE_CHECKING:
    from sqlalchemy.pool import QueuePool

CONNECT_TIMEOUT_S = 10
_POOLS = 32
_KEPT = 2
_MOST = 20
_WAIT_S = 60
_RECYCLE_S = 1800

_pools: OrderedDict[tuple[str, str, str], QueuePool] = OrderedDict()
_guard = threading.Lock()


def pooled(driver: str, address: Address, connect: Callable[[], Any], *, tenant: str = "") -> QueuePool:
    """The pool of connections that `connect` makes; the same one for the same driver, tenant and credentials."""
    from sqlalchemy.pool import QueuePool

    key = (driver, tenant, address.identity)
    with _guard:
        found = _pools.get(key)
        if found is None:
            found = QueuePool(connect, pool_size=_KEPT, max_overflow=_MOST - _KEPT, timeout=_WAIT_S,
                              recycle=_RECYCLE_S)  # fmt: skip
            _pools[key] = found
        _pools.move_to_end(key)
        left = [_pools.popitem(last=False)[1] for _ in range(len(_pools) - _POOLS)]
    for each in left:
        each.dispose()
    return found


@contextmanager
def lent(pool: QueuePool, ping: Callable[[Any], object]) -> Iterator[Any]:
    """A connection of the pool that answered just now; one that was stopped in the middle of its work is closed."""
    connection = pool.connect()
    try:
        try:
            ping(connection.driver_connection)
        except Exception:
            # the server may have ended what was idle: only a fresh connection tells
            connection.invalidate()
            connection.close()
            connection = pool.connect()
            ping(connection.driver_connection)
        yield connection.driver_connection
        if was_stopped():
            connection.invalidate()
    except BaseException:
        connection.invalidate()
        raise
    finally:
        with suppress(Exception):
            connection.close()


def close_pools(*, tenant: str | None = None) -> None:
    """Close the connections that nobody has in hand, of one tenant or of all."""
    with _guard:
        keys = [key for key in _pools if tenant is None or key[1] == tenant]
        left = [_pools.pop(key) for key in keys]
    for each in left:
        with suppress(Exception):
            each.dispose()


@contextmanager
def pools_of_a_run() -> Iterator[None]:
    """Close the pools behind a run; what others have in hand they give up themselves."""
    try:
        yield
    finally:
        close_pools()


atexit.register(close_pools)
