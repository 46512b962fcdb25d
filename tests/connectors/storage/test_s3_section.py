"""A part of a file that is sent, and sent again."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from connectors.storage.s3.section import Section


def test_a_read_that_is_still_going_on_does_not_move_an_attempt_that_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"0123456789")
    section = Section(path, 2, 6)
    reading, go_on = threading.Event(), threading.Event()
    file: Any = section._file

    class Slow:
        def seek(self, place: int) -> None:
            file.seek(place)

        def read(self, size: int) -> bytes:
            reading.set()
            go_on.wait(10)
            found: bytes = file.read(size)
            return found

        def close(self) -> None:
            file.close()

    section._file = Slow()  # type: ignore[assignment]
    broken_off = threading.Thread(target=section.read, args=(4,))
    broken_off.start()
    reading.wait(10)
    again = threading.Thread(target=section.seek, args=(0,))
    again.start()
    go_on.set()
    broken_off.join(10)
    again.join(10)
    assert section.read() == b"234567"
    section.close()
