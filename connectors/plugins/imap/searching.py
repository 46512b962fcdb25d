"""What a search asks for, in the words of IMAP (RFC 9051, 6.4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.problem import ConnectorProblem

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXTS = {"from": "FROM", "to": "TO", "cc": "CC", "subject": "SUBJECT", "text": "TEXT"}
_DAYS = {"since": "SINCE", "before": "BEFORE"}


def criteria(params: Mapping[str, Any]) -> list[str]:
    """The keys of a search; a mail has to meet all of them."""
    found: list[str] = []
    for name, word in _TEXTS.items():
        if params.get(name):
            found += [word, quoted(params[name], name)]
    for name, word in _DAYS.items():
        if params.get(name):
            found += [word, _day(params[name], name)]
    if params.get("unread_only"):
        found.append("UNSEEN")
    if params.get("flagged_only"):
        found.append("FLAGGED")
    if params.get("after_uid") is not None:
        found += ["UID", f"{int(params['after_uid']) + 1}:*"]
    return found or ["ALL"]


def quoted(text: str, name: str) -> str:
    """A text as IMAP quotes it.

    Raises:
        ConnectorProblem: IR693 for one with a line break, which would begin another command.
    """
    if any(each in text for each in "\r\n\0"):
        raise ConnectorProblem("IR693", f"{name} holds a line break", key=("config", name))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folder_name(text: str, name: str = "folder") -> str:
    """A folder's name as it is sent: IMAP's own UTF-7 (RFC 3501, 5.1.3), quoted."""
    return quoted(_utf7(text), name)


def _utf7(text: str) -> str:
    import base64

    found: list[str] = []
    waiting = ""
    for each in [*text, ""]:
        if each and not " " <= each <= "~":
            waiting += each
            continue
        if waiting:
            packed = base64.b64encode(waiting.encode("utf-16-be")).rstrip(b"=").decode().replace("/", ",")
            found.append(f"&{packed}-")
            waiting = ""
        found.append("&-" if each == "&" else each)
    return "".join(found)


def shown_name(sent: bytes) -> str:
    """A folder's name as people write it."""
    import base64
    import re

    def letters(match: re.Match[str]) -> str:
        packed = match[1].replace(",", "/")
        if not packed:
            return "&"
        return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-16-be", "replace")

    return re.sub(r"&([^-]*)-", letters, sent.decode("ascii", "replace"))


def _day(text: str, name: str) -> str:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        raise ConnectorProblem("IR693", f'{name} is "{text}", which is no date', key=("config", name),
                               hint="write 2026-01-31") from None  # fmt: skip
    return f"{found.day}-{_MONTHS[found.month - 1]}-{found.year}"
