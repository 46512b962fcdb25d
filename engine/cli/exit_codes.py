"""What the exit code of every command says, for cron, CI and containers."""

from __future__ import annotations

DONE = 0
FAILED = 1
BAD_FILE_OR_USAGE = 2
INCOMPLETE = 3
INTERRUPTED = 130
TERMINATED = 143
READER_GONE = 141
"""What a shell reports of a program that a closed pipe ended, as `| head` does."""
