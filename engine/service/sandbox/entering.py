"""How a process is locked in before its Python starts, so that nothing of it is outside: no thread that a .pth file, a
`sitecustomize` or a library starts.

A Python of the standard library alone locks itself in and becomes the one that is wanted: the kernel's lock stays.
"""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

from engine.service.runners.restraint import die_with
from engine.service.sandbox.locking import lock_in

NOT_LOCKED = 76
"""The exit code of a process that could not lock itself in; why stands in its last line on stderr."""
_BEGINNING = "import sys; sys.path.append(sys.argv[1]); from engine.service.sandbox.entering import enter; enter()"
_LENGTH = 8


def entrance(*program: str) -> list[str]:
    """The command for a process that is locked in, and then is what Python makes of these arguments. It ends with the
    process that starts it."""
    root = os.path.abspath(__file__)
    for _ in range(4):
        root = os.path.dirname(root)
    return [sys.executable, "-S", "-s", "-P", "-c", _BEGINNING, root, str(os.getpid()), *program]


def written(enclosure: object) -> str:
    """What goes into its stdin first."""
    text = json.dumps(enclosure)
    return f"{len(text):0{_LENGTH}}{text}"


def enter() -> NoReturn:
    """Lock this process in, and become the program."""
    parent, program = sys.argv[2], sys.argv[3:]
    die_with(int(parent))
    enclosure = json.loads(_taken(int(_taken(_LENGTH))))
    try:
        lock_in(enclosure)
        os.execv(sys.executable, [sys.executable, *program])
    except OSError as error:
        print(f"a process could not be locked in: {error.strerror or error}", file=sys.stderr, flush=True)
    os._exit(NOT_LOCKED)


def _taken(length: int) -> bytes:
    """So many bytes of stdin, and none of what comes after them."""
    found = b""
    while len(found) < length:
        part = os.read(0, length - len(found))
        if not part:
            os._exit(1)  # nobody waits for it
        found += part
    return found
