"""A mail server of the tests' own, in a thread: it keeps every mail, and fails as it is told to."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Stage = Literal["CONNECT", "MAIL", "RCPT", "DATA", "TAKEN"]


@dataclass(slots=True, kw_only=True)
class MailFault:
    """What happens at a stage instead of the usual: a reply, or silence (`stall`), or a lost connection (`close`).

    CONNECT is the greeting; DATA is when the lines of a mail have arrived, and it is not kept; TAKEN is the same, and
    it is kept. `wait_s` only delays what is usual. A reply of 421 closes the connection as well.
    """

    stage: Stage
    reply: str = ""
    stall: bool = False
    close: bool = False
    wait_s: float = 0.0
    recipient: str = ""
    """Only those that this expression finds, at RCPT."""
    action: Callable[[], object] | None = None
    times: int = 1
    skip: int = 0
    """So many that match pass first."""

    def strikes(self, stage: Stage, recipient: str = "") -> bool:
        if stage != self.stage or not self.times or not re.search(self.recipient, recipient):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """One mail as it arrived: its envelope, and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    connection: int
    options: tuple[str, ...] = ()

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed by the standard library."""
        return message_from_bytes(self.raw, policy=policy.default)  # type: ignore[return-value]

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain body."""
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def attachments(self) -> dict[str, bytes]:
        """The attached files by name."""
        return {str(each.get_filename()): each.get_payload(decode=True) for each in self.message.iter_attachments()}  # type: ignore[misc]

    def _body(self, kind: Literal["plain", "html"]) -> str:
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


@dataclass(kw_only=True)
class MailServer:
    """Listens on a port of 127.0.0.1 while it is `running()`. With `users` only they may send, after a login."""

    users: dict[str, str] = field(default_factory=dict)
    certificate: ssl.SSLContext | None = None
    encryption: Literal["tls", "starttls", "none"] = "none"
    max_bytes: int = 33_554_432
    utf8: bool = True
    keeps: bool = True
    """Whether the mails are kept; else only counted."""
    mails: list[ReceivedMail] = field(default_factory=list)
    faults: list[MailFault] = field(default_factory=list)
    count: int = 0
    connections: int = 0
    port: int = 0
    idents: list[str] = field(default_factory=list)
    """What clients called themselves."""

    @property
    def url(self) -> str:
        """The account to put into a secret; of a server with users their first."""
        scheme = "smtps" if self.encryption == "tls" else "smtp"
        user = next((f"{name}:{password}@" for name, password in self.users.items()), "")
        return f"{scheme}://{user}127.0.0.1:{self.port}?from=reports@example.com"

    def fail(self, stage: Stage, reply: str = "", **fault: Any) -> MailFault:
        """Let a stage fail: see MailFault."""
        made = MailFault(stage=stage, reply=reply, **fault)
        self.faults.append(made)
        return made

    @contextmanager
    def running(self) -> Iterator[Self]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(self._start(loop), loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _start(self, loop: asyncio.AbstractEventLoop) -> asyncio.Server:
        server = await loop.create_server(
            lambda: _Connection(self, loop), "127.0.0.1", self.port,
            ssl=self.certificate if self.encryption == "tls" else None,
        )  # fmt: skip
        self.port = server.sockets[0].getsockname()[1]
        return server

    def strike(self, stage: Stage, recipient: str = "") -> MailFault | None:
        return next((each for each in self.faults if each.strikes(stage, recipient)), None)

    def keep(self, envelope: Envelope, connection: int) -> None:
        self.count += 1
        if self.keeps:
            assert isinstance(envelope.content, bytes)
            self.mails.append(
                ReceivedMail(sender=str(envelope.mail_from), recipients=tuple(envelope.rcpt_tos), raw=envelope.content,
                             connection=connection, options=tuple(envelope.mail_options))
            )  # fmt: skip

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        fits = isinstance(data, LoginPassword) and self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=fits, handled=not fits and False)


class _Connection(SMTP):
    def __init__(self, server: MailServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        server.connections += 1
        self._number = server.connections
        super().__init__(
            self, hostname="mail.example.com", ident="test", loop=loop, enable_SMTPUTF8=server.utf8,
            data_size_limit=server.max_bytes, auth_required=bool(server.users), authenticator=server.login,
            tls_context=server.certificate if server.encryption == "starttls" else None,
            require_starttls=server.encryption == "starttls",
            auth_require_tls=server.encryption != "tls",
        )  # fmt: skip

    async def push(self, status: Any) -> None:
        if str(status).startswith("220 mail.example.com"):
            fault = self._server.strike("CONNECT")
            if fault is not None and (other := await self._fail(fault, "")):
                status = other
        await super().push(status)
        if str(status).startswith("421") and self.transport is not None:
            self.transport.close()

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str,
                          responses: list[str]) -> list[str]:  # fmt: skip
        self._server.idents.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:  # fmt: skip
        fault = self._server.strike("MAIL")
        if fault is not None and (reply := await self._fail(fault, "250 OK")) != "250 OK":
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:  # fmt: skip
        fault = self._server.strike("RCPT", address)
        if fault is not None and (reply := await self._fail(fault, "250 OK")) != "250 OK":
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self._server.strike("DATA")
        if fault is not None and (reply := await self._fail(fault, "250 OK")) != "250 OK":
            return reply
        self._server.keep(envelope, self._number)
        fault = self._server.strike("TAKEN")
        usual = f"250 OK queued as {self._server.count}"
        return usual if fault is None else await self._fail(fault, usual)

    async def _fail(self, fault: MailFault, usual: str) -> str:
        if fault.action is not None:
            fault.action()
        if fault.wait_s:
            await asyncio.sleep(fault.wait_s)
        if fault.close:
            assert self.transport is not None
            self.transport.abort()  # type: ignore[attr-defined]
        if fault.close or fault.stall:
            await asyncio.sleep(3600)
        return fault.reply or usual


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
