"""A connection to a mailbox: opened to an address the policy allows, encrypted, and logged in."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from connectors.attempt import hang_up, stoppable
from connectors.dialling import dialled
from connectors.plugins.imap.account import Mailbox
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.redaction import redact

_MOST_BYTES = 200 * 1024**2
"""Of one line or one mail that a server sends."""


class Client(imaplib.IMAP4):
    """imaplib's commands over a connection of ours."""

    def __init__(self, mailbox: Mailbox, policy: Policy) -> None:
        self._mailbox = mailbox
        self._policy = policy
        super().__init__(mailbox.host, mailbox.port, timeout=mailbox.timeout_s)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        found = dialled(self._mailbox.host, self._mailbox.port, self._policy, min(timeout or 15.0, 15.0))
        found.settimeout(timeout)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._mailbox.encryption == "tls":
            return _context(self._mailbox).wrap_socket(found, server_hostname=self._mailbox.host)
        return found

    def read(self, size: int) -> bytes:
        if size > _MOST_BYTES:
            raise self.abort(f"a mail of {size} bytes is more than is read")
        with stoppable(self._hang_up):
            return super().read(size)

    def readline(self) -> bytes:
        with stoppable(self._hang_up):
            return super().readline()

    def _hang_up(self) -> None:
        """End a dialogue that another thread waits in."""
        if self.sock is not None:
            hang_up(self.sock.fileno())


@contextmanager
def connected(mailbox: Mailbox, policy: Policy) -> Iterator[Client]:
    """A connection that is logged in, until the block ends.

    Raises:
        ConnectorProblem: IR682 where the server cannot be reached or ends the dialogue, IR683 where it does not let us
            in, IR502 where the policy forbids it; IR691 for what it refuses in the block.
    """
    policy.check_endpoint(mailbox.host)
    client: Client | None = None
    try:
        client = Client(mailbox, policy)
        _log_in(client, mailbox)
        yield client
    except ssl.SSLError as error:
        raise ConnectorProblem(
            "IR682", f"{mailbox.shown} and this side agree on no encryption: {error.reason or type(error).__name__}",
            key=("credentials_ref",), hint="imaps:// is for port 993, imap:// for 143; ca_file names who is trusted",
        ) from None  # fmt: skip
    except imaplib.IMAP4.abort as error:
        raise _lost(mailbox, str(error)) from None
    except imaplib.IMAP4.error as error:
        raise ConnectorProblem("IR691", f"{mailbox.shown} refuses what it is asked: {said(error)}") from None
    except TimeoutError:
        raise _lost(mailbox, "it does not answer", reason="timeout") from None
    except OSError as error:
        raise _lost(mailbox, (error.strerror or type(error).__name__).lower()) from None
    finally:
        if client is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()


def _log_in(client: Client, mailbox: Mailbox) -> None:
    if mailbox.encryption == "starttls":
        if "STARTTLS" not in client.capabilities:
            raise ConnectorProblem("IR683", f"{mailbox.shown} offers no encryption (STARTTLS)",
                                   key=("credentials_ref",), hint="use imaps://")  # fmt: skip
        client.starttls(_context(mailbox))
    if mailbox.encryption == "none":
        from connectors.messages.email.account import is_loopback

        if not is_loopback(mailbox.host):
            raise ConnectorProblem("IR683", f"the password would go to {mailbox.shown} unencrypted",
                                   key=("credentials_ref",), hint="use imaps://")  # fmt: skip
    try:
        if mailbox.access_token is not None:
            words = f"user={mailbox.user}\1auth=Bearer {mailbox.access_token}\1\1"
            client.authenticate("XOAUTH2", lambda _: words.encode())
        elif "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _: f"\0{mailbox.user}\0{mailbox.password}".encode())
        else:
            client.login(mailbox.user, mailbox.password or "")
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise ConnectorProblem("IR683", f"{mailbox.shown} refuses the login: {said(error)}", key=("credentials_ref",),
                               hint="look at the user and the password; many providers want one made for apps",
                               ) from None  # fmt: skip


def _lost(mailbox: Mailbox, why: str, *, reason: Any = "network_error") -> ConnectorProblem:
    return ConnectorProblem("IR682", f"{mailbox.shown} cannot be reached, or is gone: {redact(why)[:200]}",
                            key=("credentials_ref",), reason=reason)  # fmt: skip


def said(error: Exception) -> str:
    """What a server said, in a line."""
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
    return redact(" ".join(text.split()))[:200] or "it does not say why"


def _context(mailbox: Mailbox) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=mailbox.ca_file)
    except OSError as error:
        raise ConnectorProblem("IR585", f"the ca_file of the mailbox cannot be used: {(error.strerror or '').lower()}",
                               key=("credentials_ref",)) from None  # fmt: skip
