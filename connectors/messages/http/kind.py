"""The kind `http`, also called `webhook-out`."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from connectors.messages.http.settings import problems_of
from connectors.messages.sender import ConfigProblem, Sender, SendingAccount
from connectors.problem import ConnectorProblem


class PostKind:
    """JSON posted to an address. Every post carries a key by which its receiver tells one that it has seen."""

    is_idempotent = True
    needs_recipient = False
    is_mail = False
    needs_address = True
    takes: frozenset[str] = frozenset()

    def check(self, account: SendingAccount) -> list[ConfigProblem]:
        return list(problems_of(account.config, has_credentials=account.credentials_ref is not None))

    def check_recipient(self, recipient: str) -> str | None:
        parts = urlsplit(recipient)
        if parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc:
            return None
        return "is no address that begins with https://"

    def connection(self, account: SendingAccount) -> str:
        url = urlsplit(str(account.config.get("url") or ""))
        where = f"{url.scheme}://{url.netloc.rpartition('@')[2]}" if url.netloc and "{{" not in url.netloc else "http:"
        secret = hashlib.sha256(repr((account.credentials_ref, account.config.get("auth"))).encode()).hexdigest()[:12]
        return f"{where}#{secret}"

    def open(self, account: SendingAccount) -> Sender:
        try:
            from connectors.messages.http.sending import PostSender
        except ModuleNotFoundError as error:
            if error.name != "aiohttp":
                raise
            raise ConnectorProblem("IR594", "posts need the package aiohttp", key=("plugin_key",),
                                   hint="pip install 'weirflow[http]'") from error  # fmt: skip
        return PostSender(account)


POSTS = PostKind()
