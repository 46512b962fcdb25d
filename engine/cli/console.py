"""Where words and data go, and whether they may be coloured."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ir.redaction import redact, redacted

if TYPE_CHECKING:
    from rich.console import Console

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

UNBOUNDED_WIDTH = 10_000
"""A log or a file has no right edge: nothing is wrapped or cut there."""


def words() -> Console:
    """The console on stderr; rich turns colour off by itself under NO_COLOR and where no terminal is."""
    return _console(stderr=True)


def say(text: str) -> None:
    """Words on stderr that need no colour; nothing is wrapped."""
    if is_plain():
        click.echo(text.expandtabs(), err=True)
    else:
        words().print(text, soft_wrap=True)


def is_plain() -> bool:
    """Whether stderr is a pipe or a log and nobody asks for colour: then rich, a twentieth of the start, is spared."""
    return not sys.stderr.isatty() and not os.environ.keys() & {"FORCE_COLOR", "TTY_COMPATIBLE"}


def results() -> Console:
    """The console on stdout, for a result that is a table or a tree."""
    return _console(stderr=False)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else UNBOUNDED_WIDTH, highlight=False, markup=False,
                   emoji=False)  # fmt: skip


def printable(text: str) -> str:
    """Text of a workflow or of its data, with what could steer a terminal written as an escape, and no secret."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", redact(text))


def json_text(value: Any) -> str:
    """One JSON document, indented, its keys in the order they were given; no secret shows in it."""
    return json.dumps(redacted(value), indent=2, ensure_ascii=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json_text(value))


def print_or_write(text: str, *, file: Path | None) -> None:
    """`text` on stdout, or in `file`, which appears whole or not at all; no secret shows in it."""
    if file is None:
        click.echo(text)
        return
    try:
        handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {(error.strerror or str(error)).lower()}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text if text.endswith("\n") else text + "\n")
        # mkstemp makes files for their owner only; a written plan is an ordinary file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(beside, 0o666 & ~mask)
        os.replace(beside, file)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise click.UsageError(f"{file} cannot be written: {(error.strerror or str(error)).lower()}") from error
    click.echo(f"wrote {file}", err=True)
