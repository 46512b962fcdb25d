"""What a secret says about Azure Blob Storage: an account and its key, a signed address, or nobody."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import parse_qsl

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials, read_parts
from connectors.storage.tokens import check_server
from ir.records import dataclass
from ir.redaction import hide

STORE = "Azure Blob Storage"
_PARTS: Mapping[str, tuple[str, ...]] = {
    "connection_string": (),
    "account_name": ("account",),
    "account_key": ("key",),
    "sas_token": ("sas", "shared_access_signature"),
    "anonymous": ("anon",),
    "api_base": ("endpoint_url", "account_url", "blob_endpoint"),
}
_OF_STRING = {
    "accountname": "account_name",
    "accountkey": "account_key",
    "sharedaccesssignature": "sas_token",
    "blobendpoint": "api_base",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureCredentials:
    """Who asks which account; without key and signature it is nobody in particular."""

    account: str
    api_base: str
    key: bytes | None = field(default=None, repr=False)
    signature: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The parameters of a shared access signature, which go with every request."""


def read_credentials(found: Credentials, policy: Policy) -> AzureCredentials:
    """The credentials of a secret: a JSON object of parts, or a connection string.

    Raises:
        ConnectorProblem: IR585 for parts that do not make credentials, IR586 for none at all, IR502 where the policy
            forbids a server they name.
    """
    if found is None:
        raise ConnectorProblem("IR586", f"there are no credentials for {STORE}", key=("credentials_ref",),
                               hint="write credentials_ref")  # fmt: skip
    given = read_parts({"connection_string": found} if isinstance(found, str) else found, _PARTS, store=STORE)
    parts = {key: str(value).strip() for key, value in given.items() if value not in ("", False)}
    if "connection_string" in parts:
        parts = {**_of_string(parts.pop("connection_string")), **parts}
    account = parts.get("account_name", "")
    if not account:
        raise _wrong("account_name is missing", "give account_name with account_key, or a connection_string")
    base = parts.get("api_base", f"https://{account}.blob.core.windows.net").rstrip("/")
    check_server(base, "api_base", policy, store=STORE)
    key = _key(parts["account_key"]) if "account_key" in parts else None
    signature = dict(parse_qsl(parts.get("sas_token", "").lstrip("?")))
    if "sas_token" in parts and "sig" not in signature:
        raise _wrong("sas_token holds no signature", "copy it whole, with the part that begins with sig=")
    if key is None and not signature and parts.get("anonymous", "").lower() != "true":
        raise _wrong("there is no key and no signature", "give account_key or sas_token, or write anonymous: true")
    hide(tuple(each for each in (signature.get("sig"), parts.get("account_key")) if each))
    return AzureCredentials(account=account, api_base=base, key=key, signature=signature)


def _of_string(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    scheme, suffix = "https", "core.windows.net"
    for each in text.strip().strip(";").split(";"):
        name, equals, value = each.partition("=")
        if not equals:
            raise _wrong("the text is no connection string", "copy it whole: AccountName=…;AccountKey=…")
        match name.strip().lower():
            case "defaultendpointsprotocol":
                scheme = value
            case "endpointsuffix":
                suffix = value
            case other if other in _OF_STRING:
                found[_OF_STRING[other]] = value
    if "account_name" in found:
        found.setdefault("api_base", f"{scheme}://{found['account_name']}.blob.{suffix}")
    return found


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong("account_key is no key", "copy it whole, the signs = at its end included") from error


def _wrong(what: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR585", f"credentials of {STORE}: {what}", key=("credentials_ref",), hint=hint)
