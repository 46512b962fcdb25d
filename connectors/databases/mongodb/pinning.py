"""Connections of pymongo to addresses that were checked, also to the members that a replica set tells of.

pymongo lets nobody give it a connection, but for its pools: ours say in which thread one is made under which policy,
and the function that makes it asks. Where another version makes its connections in another way none is used.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from connectors.dialling import dialled
from connectors.policy import Policy
from connectors.problem import ConnectorProblem

_LOCAL = "localhost"
_now = threading.local()


class Refused(OSError):
    """What the policy says, as pymongo takes it: an address that does not answer."""


def pool_of(policy: Policy, refusals: list[ConnectorProblem]) -> Any:
    """The class of pools whose connections go where the policy lets them; what it refuses is noted in `refusals`."""
    from pymongo.synchronous.pool import Pool

    _prepare()

    class CheckedPool(Pool):
        def connect(self, *given: Any, **more: Any) -> Any:
            _now.policy, _now.refusals, _now.dialled = policy, refusals, 0
            try:
                made = super().connect(*given, **more)
            finally:
                _now.policy = None
            if not _now.dialled:
                made.close_conn(None)
                raise Refused("this version of pymongo connects by itself")
            return made

    return CheckedPool


@cache
def _prepare() -> None:
    """Let the function that makes connections ask for a policy first."""
    from pymongo import pool_shared

    makes = pool_shared._create_connection

    def create(address: tuple[str, int], options: Any) -> Any:
        policy: Policy | None = getattr(_now, "policy", None)
        if policy is None:
            return makes(address, options)
        _now.dialled += 1
        try:
            return _dialled(address, options, policy)
        except ConnectorProblem as problem:
            _now.refusals.append(problem)
            raise Refused(problem.message) from None

    pool_shared._create_connection = create  # type: ignore[assignment]


def _dialled(address: tuple[str, int], options: Any, policy: Policy) -> Any:
    import socket

    host, port = address
    if host.endswith(".sock"):
        policy.check_host(_LOCAL)
        policy.check_address(_LOCAL, "127.0.0.1")
        found = socket.socket(socket.AF_UNIX)
        found.connect(host)
        return found
    found = dialled(host, port, policy, options.connect_timeout)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return found
