"""The kinds `email` and, where an account of SMTP stands for it, `gmail`."""

from __future__ import annotations

from pathlib import Path

from connectors.messages.email.account import MailAccount
from connectors.messages.email.finding import found_account
from connectors.messages.sender import ConfigProblem, Sender, SendingAccount
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.addresses import NoAddress, read_address
from ir.diagnostics import did_you_mean
from ir.records import dataclass

_CONFIG = ("from", "from_name", "reply_to", "headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailKind:
    """Mail by SMTP. `names` are the bare names under which an account is looked for."""

    names: tuple[str, ...]

    is_idempotent = False
    needs_recipient = True
    is_mail = True
    needs_address = False
    takes = frozenset({"cc", "bcc", "attachments"})

    def check(self, account: SendingAccount) -> list[ConfigProblem]:
        known = f"known are {', '.join(_CONFIG)}"
        return [ConfigProblem(f'an e-mail has no "{key}": {did_you_mean(key, _CONFIG) or known}', (key,), True)
                for key in account.config if key not in _CONFIG]  # fmt: skip

    def check_recipient(self, recipient: str) -> str | None:
        try:
            read_address(recipient)
        except NoAddress as problem:
            return str(problem)
        return None

    def connection(self, account: SendingAccount) -> str:
        try:
            return self.account(account).identity
        except ConnectorProblem:
            return f"smtp:{account.credentials_ref or self.names[0]}"

    def open(self, account: SendingAccount) -> Sender:
        from connectors.messages.email.sending import MailSender

        return MailSender(self.account(account), account.policy)

    def account(self, account: SendingAccount) -> MailAccount:
        return self.account_of(account.credentials_ref, policy=account.policy, base=account.base)

    def account_of(self, reference: str | None, *, policy: Policy, base: Path) -> MailAccount:
        """The account of a reference, or the one that is configured.

        Raises:
            ConnectorProblem: IR680 where none is configured, IR681 where it is none, and what its secret says.
        """
        return found_account(reference, self.names, policy=policy, base=base)


EMAIL = EmailKind(names=("email",))
