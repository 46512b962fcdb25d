"""A process that is to stop ends, whatever hangs in it."""

from __future__ import annotations

import subprocess
import sys

HANGING = """
import threading, time
from engine.service.ending import end_within
threading.Thread(target=time.sleep, args=(60,), name="a store that does not answer").start()
end_within(0.1)
"""


def test_a_thread_that_hangs_does_not_keep_the_process_and_is_named() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "the service did not end within 0 seconds and is ended; it waited for:" in ended.stderr
    assert "a store that does not answer: " in ended.stderr
