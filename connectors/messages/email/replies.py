"""What a mail server's reply means: whether another attempt may help."""

from __future__ import annotations

import re
from smtplib import SMTPServerDisconnected

from connectors.problem import ConnectorProblem
from ir.reasons import RetryReason

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_RATE = re.compile(
    r"rate|too many (?:messages|mails|emails|connections)|throttl|slow down|quota exceeded", re.IGNORECASE
)
_MOST_CHARACTERS = 300

Reply = tuple[int, bytes]


def shown(reply: Reply) -> str:
    """A reply in one line."""
    code, said = reply
    text = " ".join(said.decode("utf-8", "replace").split())
    return f"{code} {text}"[:_MOST_CHARACTERS]


def reason_of(reply: Reply) -> RetryReason | None:
    """Which kind of failure a reply is: 4xx passes by itself, 5xx does not."""
    code, said = reply
    if not 400 <= code < 500:
        return None
    text = said.decode("utf-8", "replace")
    # 4.7.28 is what Gmail says of rates, 4.2.1 what it says of one mailbox that gets too much
    found = _ENHANCED.search(text)
    if (found and found.group() in {"4.7.28", "4.2.1"}) or _RATE.search(text):
        return "rate_limit"
    return "temporary_failure"


def refused(reply: Reply, what: str, *, server: str, code: str = "IR684", hint: str | None = None) -> ConnectorProblem:
    """The problem of a reply that is not the hoped one; nothing has been sent by it."""
    return ConnectorProblem(code, f"{server} {what}: {shown(reply)}", reason=reason_of(reply), hint=hint)


def lost(error: SMTPServerDisconnected | OSError, *, server: str, sent: bool) -> ConnectorProblem:
    """The problem of a connection that is gone or silent; `sent` where the message was handed over completely."""
    silent = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    what = "did not answer in time" if silent else "has closed the connection"
    where = " after the whole message was sent: whether it was taken is not known" if sent else ""
    return ConnectorProblem("IR684" if sent else "IR682", f"{server} {what}{where}",
                            reason="timeout" if silent else "network_error", sent=sent)  # fmt: skip
