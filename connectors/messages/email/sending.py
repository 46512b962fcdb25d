"""Mail after mail through one connection, which is opened again where the server closes it."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Sequence
from dataclasses import replace

from connectors.messages.email.account import MailAccount
from connectors.messages.email.composing import Mail, composed, read_all
from connectors.messages.email.connecting import Client, connected, farewell
from connectors.messages.email.encoded_files import EncodedFile, EncodedFiles
from connectors.messages.email.replies import Reply, lost, reason_of, refused, shown
from connectors.messages.message import Message, Sent
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.addresses import MailAddress

_CLOSING = 421
_TOO_MANY = 452
_FINAL_PATIENCE = 5
"""So many times longer the answer to a whole message is waited for: who gives up early does not know what became of
it, and servers look for viruses before they answer."""
_BLOCK_BYTES = 256 * 1024


class _Closed(Exception):
    """The server closed the connection before anything of this message was taken."""

    def __init__(self, problem: ConnectorProblem) -> None:
        self.problem = problem


class MailSender:
    """The sender of one account."""

    def __init__(self, account: MailAccount, policy: Policy) -> None:
        self._account = account
        self._policy = policy
        self._files = EncodedFiles()
        self._client: Client | None = connected(account, policy)
        self._handed_over = 0
        """Messages that went through the connection that is open."""

    def send(self, message: Message) -> Sent:
        mail = composed(message, sender=self._sender(message), reply_to=self._reply_to(message), files=self._files)
        waiting, is_taken = mail.recipients, False
        refusals: dict[str, str] = {}
        while waiting:
            try:
                later, replies = self._hand_over_once_more(mail, waiting)
            except ConnectorProblem as problem:
                if not is_taken:
                    raise
                refusals |= dict.fromkeys((each.text for each in waiting), problem.message)
                break
            is_taken = True
            refusals |= {address: shown(reply) for address, reply in replies.items()}
            waiting = later
        return Sent(reference=mail.message_id, refused=refusals)

    def close(self) -> None:
        self._files.close()
        if self._client is not None:
            farewell(self._client)
            self._client = None

    def _hand_over_once_more(self, mail: Mail, to: Sequence[MailAddress],
                             ) -> tuple[tuple[MailAddress, ...], dict[str, Reply]]:  # fmt: skip
        """Servers close a connection that was idle or has had its share of messages: a new one takes this message."""
        if self._client is not None and self._handed_over:
            try:
                return self._hand_over(self._client, mail, to)
            except _Closed:
                self._drop()
        if self._client is None:
            self._client = connected(self._account, self._policy)
        try:
            return self._hand_over(self._client, mail, to)
        except _Closed as closed:
            self._drop()
            raise closed.problem from None

    def _hand_over(self, client: Client, mail: Mail, to: Sequence[MailAddress],
                   ) -> tuple[tuple[MailAddress, ...], dict[str, Reply]]:  # fmt: skip
        """Who is to have it in a further transaction, and who was refused, with the server's reply."""
        options = self._options(client, mail)
        later: list[MailAddress] = []
        taken: list[MailAddress] = []
        refusals: dict[str, Reply] = {}
        try:
            self._expect(client, client.mail(mail.sender.text, options), f"refuses the sender {mail.sender.text}")
            for each in to:
                reply = client.rcpt(each.text)
                if reply[0] in {250, 251}:
                    taken.append(each)
                elif reply[0] == _TOO_MANY and taken:
                    later.append(each)
                elif reply[0] == _CLOSING:
                    raise _Closed(refused(reply, "has closed the connection", server=self._account.shown))
                else:
                    refusals[each.text] = reply
            if not taken:
                client.rset()
                raise self._nobody(refusals)
            self._expect(client, client.docmd("data"), "does not take a message", hoped=354)
        except smtplib.SMTPServerDisconnected as error:
            raise _Closed(lost(error, server=self._account.shown, sent=False)) from error
        self._transmit(client, mail)
        self._handed_over += 1
        return tuple(later), refusals

    def _transmit(self, client: Client, mail: Mail) -> None:
        """The lines of the mail and the dot behind them; what is lost before the dot was not sent."""
        assert client.sock is not None
        *first, last = mail.pieces
        assert isinstance(last, bytes)
        try:
            for piece in first:
                if isinstance(piece, EncodedFile):
                    _stream(client.sock, piece)
                else:
                    client.sock.sendall(_doubled(piece))
        except OSError as error:
            self._drop()
            raise lost(error, server=self._account.shown, sent=False) from error
        is_sent = self._account.encryption != "none"  # who encrypts may have passed all of it on before it failed
        try:
            client.sock.sendall(_doubled(last) + b".\r\n")
            is_sent = True
            client.sock.settimeout(_FINAL_PATIENCE * self._account.timeout_s)
            reply = client.getreply()
            client.sock.settimeout(self._account.timeout_s)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            raise lost(error, server=self._account.shown, sent=is_sent) from error
        if reply[0] != 250:
            if reply[0] == _CLOSING:
                self._drop()
            raise refused(reply, "does not take the message", server=self._account.shown)

    def _expect(self, client: Client, reply: Reply, what: str, hoped: int = 250) -> None:
        if reply[0] == hoped:
            return
        if reply[0] == _CLOSING:
            raise _Closed(refused(reply, "has closed the connection", server=self._account.shown))
        client.rset()
        raise refused(reply, what, server=self._account.shown)

    def _options(self, client: Client, mail: Mail) -> list[str]:
        """What is told of the mail beforehand.

        Raises:
            ConnectorProblem: IR686 where it is too large, IR684 where the server knows no addresses beyond ASCII.
        """
        limit = self._account.max_bytes
        offered = client.esmtp_features.get("size", "").strip()
        whose = "the account's max_bytes"
        if offered.isdigit() and 0 < int(offered) < limit:
            limit, whose = int(offered), self._account.shown
        if mail.size > limit:
            raise ConnectorProblem(
                "IR686", f"the message has {mail.size:,} bytes, and {whose} allows {limit:,}", key=("attachments",),
                hint="compress the attachment, attach fewer rows, or deliver the file to a store and mail its link",
            )  # fmt: skip
        options = [f"SIZE={mail.size}"] if client.has_extn("size") else []
        if mail.needs_utf8:
            if not client.has_extn("smtputf8"):
                raise ConnectorProblem("IR684", f"{self._account.shown} takes no addresses beyond ASCII before the @",
                                       hint="write to an address of ASCII letters")  # fmt: skip
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        return options

    def _nobody(self, refusals: dict[str, Reply]) -> ConnectorProblem:
        """Nobody was taken: it may pass where at least one of them may."""
        reasons = {address: reason_of(reply) for address, reply in refusals.items()}
        address = next((each for each, reason in reasons.items() if reason), next(iter(refusals)))
        return refused(refusals[address], f"does not take mail for {address}", server=self._account.shown)

    def _sender(self, message: Message) -> MailAddress:
        written = message.config.get("from")
        if written:
            return read_all([str(written)], "from")[0]
        found = self._account.sender
        if found is None and self._account.user is not None and "@" in self._account.user:
            found = read_all([self._account.user], "from")[0]
        if found is None:
            raise ConnectorProblem("IR681", "nothing says from whom mail is sent", key=("config",),
                                   hint="write ?from=reports@example.com in the account, or from in the config",
                                   )  # fmt: skip
        return found if not message.config.get("from_name") else replace(found, name=str(message.config["from_name"]))

    def _reply_to(self, message: Message) -> list[MailAddress]:
        written = message.config.get("reply_to")
        if written:
            return read_all([written] if isinstance(written, str) else list(written), "reply_to")
        return [self._account.reply_to] if self._account.reply_to else []

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        self._handed_over = 0


def _doubled(lines: bytes) -> bytes:
    """The lines with a second dot before one at their start, as a dot alone would end the mail."""
    return lines.replace(b"\r\n.", b"\r\n..")


def _stream(connection: socket.socket, encoded: EncodedFile) -> None:
    assert encoded.file is not None
    encoded.file.seek(0)
    while block := encoded.file.read(_BLOCK_BYTES):
        connection.sendall(block)
