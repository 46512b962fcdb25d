"""A process locks itself in, with all that the Python needs that it will be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from engine.service.sandbox.landlock import Access, lock


def lock_in(enclosure: Mapping[str, Any]) -> None:
    """Give up all but what the enclosure names.

    Raises:
        OSError: the kernel would not.
    """
    closed = enclosure["closed"]
    # of /proc the kernel may forget what it has allowed, as long as nobody holds it
    os.set_inheritable(os.open("/proc/self", os.O_PATH), True)
    rules: list[tuple[str, Access]] = [("/proc/self", "write")]
    for path, access in enclosure["rules"]:
        rules += [(path, "write")] if access == "write" else _but_for(closed, path, access)
    rules += [(each, "run") for each in (os.path.realpath(sys.executable), *_loaders())]
    lock(rules, ports=enclosure["ports"])


def _but_for(closed: Sequence[str], path: str, access: Access) -> Iterator[tuple[str, Access]]:
    """The path; where closed places lie in it, all that does not lie in these, one by one. What is named although it
    lies in a closed place is meant."""
    real = os.path.realpath(path)
    inside = [each for each in map(os.path.realpath, closed) if _is_within(each, real)]
    if not inside:
        yield real, access
        return
    if real in inside:
        return
    yield real, "list"
    with suppress(OSError):
        for each in os.listdir(real):
            yield from _but_for(inside, os.path.join(real, each), access)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _loaders() -> Iterator[str]:
    """What the kernel starts programs by: the dynamic linker, as this one has it."""
    with suppress(OSError), open("/proc/self/maps") as maps:
        for line in maps:
            path = line.rstrip("\n").partition("/")[2]
            if os.path.basename(path).startswith("ld-"):
                yield f"/{path}"
