"""Headers of a mail: encoded where they are not ASCII, folded where they are long, and never two of them for one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.header import Header
from urllib.parse import quote

from connectors.problem import ConnectorProblem
from ir.addresses import MailAddress

_WIDTH, _LONGEST_WORD = 76, 200
_BREAKS = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_FIELD = re.compile(r"[A-Za-z0-9-]+")
_OURS = frozenset({
    "from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "sender", "mime-version", "return-path",
    "received", "auto-submitted", "dkim-signature",
})  # fmt: skip
"""Headers that are made of other things than the config's `headers`."""


def header(name: str, value: str) -> bytes:
    """One header with its line end.

    Raises:
        ConnectorProblem: IR685 for a value with a line break, which would begin another header.
    """
    check_one_line(name, value)
    value = value.strip()
    if value.isascii() and "=?" not in value and len(name) + 2 + len(value) <= _WIDTH:
        return f"{name}: {value}\r\n".encode("ascii")
    return f"{name}: {_encoded(value, name)}\r\n".encode("ascii")


def check_one_line(name: str, value: str) -> None:
    """Refuse a value that holds a line break of any kind."""
    if _BREAKS.search(value):
        raise ConnectorProblem("IR685", f"the {name.lower()} of a message holds a line break",
                               hint="take it out: replace(column, '\\n', ' ')")  # fmt: skip


def further_header(name: str, value: object) -> bytes:
    """A header of the delivery's `headers`, which may be none that is made of something else."""
    if not _FIELD.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
        raise ConnectorProblem(
            "IR685", f'"{name[:60]}" is no header that a delivery may set', key=("config", "headers"),
            hint="from, reply_to, subject and recipients have keys of their own",
        )  # fmt: skip
    return header(name, str(value))


def addresses(name: str, found: Iterable[MailAddress]) -> bytes:
    """A header of addresses, one a line. In utf-8 where an address itself needs it."""
    return f"{name}: {_FOLD.join(map(_shown, found))}\r\n".encode()


def disposition(file_name: str) -> bytes:
    """The header that says an attachment's name, as RFC 2231 writes names beyond ASCII."""
    name = _BREAKS.sub("_", file_name)
    if name.isascii() and name.isprintable():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'Content-Disposition: attachment;\r\n filename="{escaped}"\r\n'.encode("ascii")
    return f"Content-Disposition: attachment;\r\n filename*=utf-8''{quote(name, safe='')}\r\n".encode("ascii")


_FOLD = ",\r\n "


def _shown(address: MailAddress) -> str:
    name = address.name
    if not name:
        return address.text
    if not name.isascii() or "=?" in name:
        shown = Header(name, "utf-8", maxlinelen=_WIDTH - 2, header_name="").encode(linesep="\r\n")
    elif _PLAIN_NAME.fullmatch(name):
        shown = name
    else:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{address.text}>"


def _encoded(value: str, name: str) -> str:
    plain = value.isascii() and "=?" not in value and max(map(len, value.split(" "))) <= _LONGEST_WORD
    found = Header(value, "us-ascii" if plain else "utf-8", maxlinelen=_WIDTH, header_name=name)
    return found.encode(linesep="\r\n")
