"""How a process of runs begins: bound to whoever started it, and then with all that runs need.

It ends with whoever started it, in whatever way that ends: stdin is at its end then, and Linux kills it besides.
"""

from __future__ import annotations

import signal
import sys

from connectors.storage.port import take_port
from engine.service.runners.lines import Lines
from engine.service.runners.restraint import die_with, prefer_to_be_killed


def main(parent: str, port: str = "") -> None:
    """One that is locked in is given a port, too, as it may bind none."""
    die_with(int(parent))
    prefer_to_be_killed()
    signal.signal(signal.SIGTERM, lambda *_: None)  # a service that stops tells it by its lines
    signal.signal(signal.SIGINT, lambda *_: None)
    lines = Lines.taken()
    settings = lines.commands.readline()
    if port:
        take_port(int(port))
    from engine.service.runners.child import work  # what it imports takes a second or two
    from engine.service.settings import ServiceSettings

    work(lines, ServiceSettings.read(settings))


if __name__ == "__main__":
    main(*sys.argv[1:])
