"""The login of a mail server. smtplib's own knows no passwords beyond ASCII, and tries one way after the other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib

from connectors.messages.email.replies import Reply

_ASKS = 334


def logged_in(client: smtplib.SMTP, user: str, password: str) -> Reply | None:
    """The reply to a user and a password over a connection that is encrypted; None where the server takes neither."""
    ways = client.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in ways:
        return client.docmd("AUTH PLAIN", _written(f"\0{user}\0{password}".encode()))
    if "LOGIN" in ways:
        reply = client.docmd("AUTH LOGIN", _written(user.encode()))
        return client.docmd(_written(password.encode())) if reply[0] == _ASKS else reply
    if "CRAM-MD5" in ways:
        reply = client.docmd("AUTH CRAM-MD5")
        if reply[0] != _ASKS:
            return reply
        mac = hmac.new(password.encode(), base64.b64decode(reply[1]), hashlib.md5).hexdigest()
        return client.docmd(_written(f"{user} {mac}".encode()))
    return None


def _written(text: bytes) -> str:
    return base64.b64encode(text).decode("ascii")
