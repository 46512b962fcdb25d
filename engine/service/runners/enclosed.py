"""How a process of runs begins: bound to whoever started it, then locked in, and only then with all that runs need.

It ends with whoever started it, in whatever way that ends: stdin is at its end then, and Linux kills it besides.
"""

from __future__ import annotations

import json
import signal
import sys

from connectors.storage.port import keep_a_port
from engine.service.runners.lines import Lines
from engine.service.runners.restraint import die_with, prefer_to_be_killed
from engine.service.sandbox.locking import lock_in


def main() -> None:
    die_with(int(sys.argv[1]))
    prefer_to_be_killed()
    signal.signal(signal.SIGTERM, lambda *_: None)  # a service that stops tells it by its lines
    signal.signal(signal.SIGINT, lambda *_: None)
    lines = Lines.taken()
    beginning = json.loads(lines.commands.readline())
    if beginning["enclosure"] is not None:
        keep_a_port()
        lock_in(beginning["enclosure"])
    from engine.service.runners.child import work  # starts threads, which have to be locked in, too
    from engine.service.settings import ServiceSettings

    work(lines, ServiceSettings.read(beginning["settings"]))


if __name__ == "__main__":
    main()
