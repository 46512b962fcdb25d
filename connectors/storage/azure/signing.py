"""Requests to Azure Blob Storage, each signed with the account's key or with a signature that was given."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING

from connectors.policy import Policy
from connectors.storage.azure.credentials import AzureCredentials
from connectors.storage.tokens import Nobody
from connectors.storage.web import Answer, Web

if TYPE_CHECKING:
    import aiohttp

_VERSION = "2021-12-02"
_SIGNED = ("content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
           "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range")  # fmt: skip
"""The headers that are signed by their values, in this order; those of Azure's own follow with their names."""


class SignedWeb(Web):
    """The service of one account."""

    def __init__(self, own: AzureCredentials, *, is_busy: Callable[[Answer], bool], policy: Policy) -> None:
        super().__init__(Nobody(), is_busy=is_busy, policy=policy)
        self._own = own

    async def signed(self, session: aiohttp.ClientSession, method: str, url: str, params: Mapping[str, str],
                     body: bytes | None, headers: dict[str, str]) -> dict[str, str]:  # fmt: skip
        sent = {"x-ms-version": _VERSION, "x-ms-date": formatdate(usegmt=True), **headers}
        if body is not None:
            sent.setdefault("Content-Type", "application/octet-stream")
        if self._own.key is not None:
            text = text_to_sign(method, url, params, {**sent, "Content-Length": str(len(body)) if body else ""},
                                account=self._own.account)  # fmt: skip
            digest = hmac.new(self._own.key, text.encode(), hashlib.sha256).digest()
            sent["Authorization"] = f"SharedKey {self._own.account}:{base64.b64encode(digest).decode()}"
        return sent


def text_to_sign(method: str, url: str, params: Mapping[str, str], headers: Mapping[str, str], *, account: str) -> str:
    """What the service signs as well, to see whether the key is right."""
    by_name = {name.lower(): value for name, value in headers.items()}
    own = "".join(f"{name}:{value}\n" for name, value in sorted(by_name.items()) if name.startswith("x-ms-"))
    from yarl import URL

    resource = f"/{account}{URL(url).raw_path}"  # as it is sent: with fewer signs escaped than we write
    resource += "".join(f"\n{name}:{value}" for name, value in sorted(params.items()))
    return "\n".join([method, *(by_name.get(name, "") for name in _SIGNED)]) + f"\n{own}{resource}"
