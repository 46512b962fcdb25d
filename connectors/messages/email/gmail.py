"""The kind `gmail`: by Google's own interface where the secret is a token of it, and by SMTP where it is an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from email.utils import formataddr
from typing import Any

from connectors.http.blocking import waited_for
from connectors.messages.email.kind import EmailKind
from connectors.messages.message import Message
from connectors.messages.plugin.kind import PluginKind
from connectors.messages.plugin.sending import PluginSender
from connectors.messages.sender import Sender, SendingAccount
from connectors.plugins.registry import find_plugin
from connectors.problem import ConnectorProblem
from connectors.secrets.resolving import resolve
from connectors.secrets.secret import Secret
from ir.records import dataclass

_OF_TOKENS = frozenset({"access_token", "refresh_token", "private_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GmailKind(EmailKind):
    """Mail of a Google account."""

    def connection(self, account: SendingAccount) -> str:
        try:
            reference = self.token(account)
        except ConnectorProblem:
            reference = None
        return EmailKind.connection(self, account) if reference is None else f"gmail:{reference}"

    def open(self, account: SendingAccount) -> Sender:
        reference = self.token(account)
        if reference is None:
            return EmailKind.open(self, account)
        kind = PluginKind(action=find_plugin("gmail").action("send_email"))
        return GmailSender(kind, replace(account, credentials_ref=reference))

    def token(self, account: SendingAccount) -> str | None:
        """The reference of the secret, where that is a token of Google's."""
        if account.credentials_ref is not None:
            secret = resolve(account.credentials_ref, policy=account.policy, base=account.base)
            return account.credentials_ref if is_token(secret) else None
        for name in self.names[:-1]:
            try:
                secret = resolve(name, policy=account.policy, base=account.base)
            except ConnectorProblem as problem:
                if problem.code != "IR590":
                    raise
                continue
            return name if is_token(secret) else None
        return None


class GmailSender(PluginSender):
    """Mails with the config that mails have."""

    def look(self) -> None:
        """Ask Google for something small.

        Raises:
            ConnectorProblem: what stands in the way of mails.
        """
        waited_for(self._session.call(find_plugin("gmail").action("list_labels"), {}))

    def parameters(self, message: Message, to: tuple[str, ...]) -> dict[str, Any]:
        return PluginSender.parameters(self, replace(message, config=_config(message.config)), to)


def is_token(secret: Secret) -> bool:
    """Whether a secret is a token, or what tokens are fetched with; else it is an account of SMTP."""
    parts = secret.parts()
    if parts is None:
        return "://" not in secret.text and not secret.text.lstrip().startswith("{")
    return bool(_OF_TOKENS & set(parts))


def _config(config: Mapping[str, Any]) -> dict[str, Any]:
    """`from` and `from_name` in one, as the action takes them.

    Raises:
        ConnectorProblem: IR655 for headers of one's own, and for a name without an address.
    """
    found = dict(config)
    if found.pop("headers", None):
        raise ConnectorProblem("IR655", "a mail by Gmail's interface has no headers of its own", key=("config",),
                               hint="send it by SMTP with an app password")  # fmt: skip
    name = found.pop("from_name", None)
    if name is not None:
        if not found.get("from"):
            raise ConnectorProblem("IR655", "from_name needs the address in from", key=("config",),
                                   hint="write from: one of the addresses that the account may send from")  # fmt: skip
        found["from"] = formataddr((str(name), str(found["from"])))
    return found


GMAIL = GmailKind(names=("gmail", "google-mail", "email"))
