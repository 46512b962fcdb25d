"""Landlock, by which a Linux process gives up for good what it need not touch; so do all that it starts.

See https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Collection, Iterable
from typing import Literal

LEAST = 2
"""The first version under which files may be moved from one folder to another: Linux 5.19."""
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_FOR_VERSION = 1
_BENEATH_PATH, _TO_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_RIGHTS = {2: 14, 3: 15, 5: 16}
"""How many rights there are from a version on: each is a bit."""
_LISTEN, _CONNECT = 1 << 0, 1 << 1
"""Of the network: to take connections, and to make them. Where a run may make some is the business of the policy, which
knows addresses and names."""
NETWORK = 4
"""The first version that knows of TCP ports: Linux 6.7."""
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1

Access = Literal["list", "read", "run", "write"]
_GIVEN: dict[Access, int] = {
    "list": _READ_DIR,
    "read": _READ_FILE | _READ_DIR,
    "run": _READ_FILE | _READ_DIR | _EXECUTE,
    "write": _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE
             | _MOVE,
}  # fmt: skip
"""Links, devices and sockets are made nowhere."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def version() -> int:
    """Which Landlock the kernel has; 0 where it has none, or where it is switched off."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return max(_called(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_FOR_VERSION)), 0)
    except OSError:
        return 0


def is_forbidden() -> bool:
    """Whether the kernel may have Landlock, and a filter of system calls around this process keeps it from us."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        _called(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_FOR_VERSION))
    except OSError as problem:
        return problem.errno == errno.EPERM  # the kernel itself says ENOSYS or EOPNOTSUPP
    return False


def lock(rules: Iterable[tuple[str, Access]], *, ports: Collection[int] | None = None) -> None:
    """Give up all files but what the rules name and what lies beneath, listening, new privileges, and signals and
    sockets of processes outside; with `ports` all TCP connections but to these. What is not there is passed over, and
    so is what an older kernel does not know.

    It holds for the thread that calls, and for what it starts from then on.

    Raises:
        OSError: the kernel would not.
    """
    found = version()
    if found < LEAST:
        raise OSError(errno.EOPNOTSUPP, "the kernel has no Landlock")
    if len(os.listdir("/proc/self/task")) > 1:
        raise OSError(errno.EBUSY, "threads were started before the process was locked")
    handled = (1 << max(bits for since, bits in _RIGHTS.items() if since <= found)) - 1
    network = _LISTEN if ports is None else _LISTEN | _CONNECT
    wanted = _Ruleset(handled, network if found >= NETWORK else 0, _ABSTRACT_SOCKETS | _SIGNALS if found >= 6 else 0)
    size = 24 if found >= 6 else 16 if found >= NETWORK else 8
    ruleset = _called(_CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path, access in rules:
            _allow(ruleset, path, _GIVEN[access] & handled)
        for port in ports or () if found >= NETWORK else ():
            _add(ruleset, _TO_PORT, _Port(_CONNECT, port))
        assert _LIBC is not None
        if _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise _last_error()
        _called(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _OF_FILES
        if rights:
            _add(ruleset, _BENEATH_PATH, _Beneath(rights, opened))
    finally:
        os.close(opened)


def _add(ruleset: int, kind: int, rule: ctypes.Structure) -> None:
    _called(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(kind), ctypes.byref(rule), ctypes.c_uint32(0))


_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def _called(number: int, *arguments: object) -> int:
    assert _LIBC is not None
    answer = int(_LIBC.syscall(ctypes.c_long(number), *arguments))
    if answer < 0:
        raise _last_error()
    return answer


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
