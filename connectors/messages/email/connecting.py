"""A connection to a mail server: opened to an address the policy allows, encrypted, and logged in."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from typing import Any

from connectors.attempt import hang_up, stoppable
from connectors.dialling import dialled
from connectors.messages.email.account import MailAccount
from connectors.messages.email.logging_in import logged_in
from connectors.messages.email.replies import lost, reason_of, refused
from connectors.policy import Policy
from connectors.problem import ConnectorProblem

_CONNECT_S = 15.0


class Client(smtplib.SMTP):
    """smtplib's commands over a connection of ours."""

    def __init__(self, account: MailAccount, policy: Policy) -> None:
        self._account = account
        self._policy = policy
        # a name of the machine would be looked up, which may take seconds, and tell it to strangers
        super().__init__(local_hostname=account.hello_name or "[127.0.0.1]", timeout=account.timeout_s)
        self._host = account.host  # what a certificate has to be for

    def getreply(self) -> tuple[int, bytes]:
        with stoppable(self._hang_up):
            return super().getreply()

    def send(self, s: Any) -> None:
        with stoppable(self._hang_up):
            super().send(s)

    def _hang_up(self) -> None:
        """End a dialogue that another thread waits in."""
        if self.sock is not None:
            hang_up(self.sock.fileno())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = dialled(host, port, self._policy, min(timeout, _CONNECT_S))
        found.settimeout(timeout)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._account.hello_name:
            address = str(found.getsockname()[0]).partition("%")[0]
            self.local_hostname = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        if self._account.encryption == "tls":
            return _context(self._account).wrap_socket(found, server_hostname=host)
        return found


def connected(account: MailAccount, policy: Policy) -> Client:
    """A connection that is ready for a message.

    Raises:
        ConnectorProblem: IR682 where the server cannot be reached, IR683 where it does not let us in, IR502 where the
            policy forbids it.
    """
    policy.check_endpoint(account.host)
    client = Client(account, policy)
    try:
        _open(client, account)
    except BaseException:
        client.close()
        raise
    return client


def _open(client: Client, account: MailAccount) -> None:
    server = account.shown
    try:
        reply = client.connect(account.host, account.port)
        if reply[0] != 220:
            raise refused(reply, "does not take connections now", server=server, code="IR682")
        client.ehlo_or_helo_if_needed()
        if account.encryption == "starttls":
            if not client.has_extn("starttls"):
                raise ConnectorProblem("IR683", f"{server} offers no encryption (STARTTLS)", key=("credentials_ref",),
                                       hint="use smtps://, or where nobody listens ?encryption=none")  # fmt: skip
            client.starttls(context=_context(account))
            client.ehlo_or_helo_if_needed()
        if account.user is not None:
            _log_in(client, account)
    except ssl.SSLCertVerificationError as error:
        raise ConnectorProblem(
            "IR683", f"the certificate of {server} is not trusted: {error.verify_message}", key=("credentials_ref",),
            hint="give the certificates to trust as ?ca_file=/path/to/ca.pem",
        ) from error  # fmt: skip
    except ssl.SSLError as error:
        raise ConnectorProblem(
            "IR682", f"{server} and this side agree on no encryption: {error.reason or type(error).__name__}",
            key=("credentials_ref",), hint="smtps:// is for port 465, smtp:// for 587", reason="network_error",
        ) from error  # fmt: skip
    except smtplib.SMTPServerDisconnected as error:
        raise lost(error, server=server, sent=False) from error
    except smtplib.SMTPResponseException as error:
        reply = (error.smtp_code, _bytes(error.smtp_error))
        raise refused(reply, "does not let us in", server=server, code="IR683") from error
    except TimeoutError as error:
        raise lost(error, server=server, sent=False) from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ConnectorProblem("IR682", f"{server} cannot be reached: {reason}", key=("credentials_ref",),
                               reason="network_error") from error  # fmt: skip


def _log_in(client: Client, account: MailAccount) -> None:
    server = account.shown
    if account.encryption == "none":
        raise ConnectorProblem("IR683", f"the password would go to {server} unencrypted", key=("credentials_ref",),
                               hint="use smtps:// or smtp:// without encryption=none, or leave the user out",
                               )  # fmt: skip
    reply = logged_in(client, account.user or "", account.password or "")
    if reply is None:
        raise ConnectorProblem("IR683", f"{server} takes no login with a user and a password", key=("credentials_ref",),
                               hint="leave user and password out, or look at the port")  # fmt: skip
    if reply[0] not in {235, 503}:  # 503: we are in already
        hint = None if reason_of(reply) else "look at the user and the password; many providers want one made for apps"
        raise refused(reply, "refuses the login", server=server, code="IR683", hint=hint)


def _context(account: MailAccount) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=account.ca_file)
    except OSError as error:
        reason = (error.strerror or "it holds no certificate").lower()
        raise ConnectorProblem("IR681", f"the ca_file of the mail account cannot be used: {reason}",
                               key=("credentials_ref",)) from error  # fmt: skip


def _bytes(said: Any) -> bytes:
    return said if isinstance(said, bytes) else str(said).encode()


def farewell(client: Client) -> None:
    """Say goodbye and close, whatever the other side does."""
    with suppress(smtplib.SMTPException, OSError):
        if client.sock is not None:
            client.sock.settimeout(1.0)
        client.quit()
    client.close()
