"""The connection of a plugin: what its credentials say, checked against the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.plugins.json_schemas import checker
from connectors.plugins.manifest import Manifest
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

OF_EVERY_CONNECTION = ("api_base", "allow_unencrypted", "access_token")
"""Parts that any connection may have: another server in place of the vendor's, and a token that somebody fetched."""

_OF_TOKEN_ANSWERS = (
    "token_type", "expires_in", "refresh_token", "id_token", "scope", "ext_expires_in", "expires_on", "expires_at",
    "not_before", "resource", "created_at", "issued_at", "issued_token_type", "refresh_token_expires_in",
    "instance_url", "signature", "id",
)  # fmt: skip
"""What stands beside a token in the answer that it came in, which people take over as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginAccount:
    """With what a plugin is opened. Its secrets are looked up then."""

    ref: str | None
    base: Path
    policy: Policy
    parts: Mapping[str, Any] | None = field(default=None, repr=False)
    """The parts themselves, instead of a reference to them: for tests and examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The parts of the credentials; they do not show in a repr."""

    name: str
    """What shares limits: the plugin and whose credentials these are, without anything secret."""
    parts: Mapping[str, Any] = field(repr=False)
    api_base: str | None = None
    is_unencrypted_allowed: bool = False


def connect(manifest: Manifest, account: PluginAccount) -> Connection:
    """The connection of a manifest.

    Raises:
        ConnectorProblem: IR59x for a secret that cannot be had, IR585 for one that is no connection of this plugin,
            IR586 where there is none and the plugin needs one.
    """
    parts = _named(manifest, _parts(manifest, account))
    own = {key: parts.pop(key) for key in OF_EVERY_CONNECTION
           if key in parts and key not in manifest.connection.get("properties", {})}  # fmt: skip
    is_token_given = "access_token" in own and manifest.auth.type == "oauth2"
    if not is_token_given:
        _check(manifest, parts)
    elif manifest.auth.is_optional:  # of others what a token stands for is often there as well
        _check(manifest, {name: each for name, each in parts.items() if name not in _OF_TOKEN_ANSWERS})
    parts = {**_defaults(manifest), **parts}
    if is_token_given:
        parts["access_token"] = own["access_token"]
    api_base = own.get("api_base")
    if api_base is not None:
        host = urlsplit(str(api_base)).hostname
        if not host or urlsplit(str(api_base)).scheme not in {"http", "https"}:
            raise _wrong(manifest, "api_base is no URL of a server", "leave it out")
        account.policy.check_endpoint(host)
    return Connection(
        name=f"{manifest.key}#{hashlib.sha256(repr(sorted(parts.items())).encode()).hexdigest()[:12]}", parts=parts,
        api_base=str(api_base).rstrip("/") if api_base is not None else None,
        is_unencrypted_allowed=own.get("allow_unencrypted") is True,
    )  # fmt: skip


def _named(manifest: Manifest, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts by the manifest's names for them; `x-also` of a part lists further ones."""
    names = {other: name for name, each in manifest.connection.get("properties", {}).items()
             for other in each.get("x-also", ())}  # fmt: skip
    return {names.get(name, name) if names.get(name) not in parts else name: value for name, value in parts.items()}


def _defaults(manifest: Manifest) -> dict[str, Any]:
    """What parts are that the credentials do not name."""
    properties = manifest.connection.get("properties", {})
    return {name: each["default"] for name, each in properties.items() if "default" in each}


def _parts(manifest: Manifest, account: PluginAccount) -> Mapping[str, Any]:
    if account.parts is not None:
        return account.parts
    from connectors.secrets.resolving import resolve

    try:
        secret = resolve(account.ref or manifest.key, policy=account.policy, base=account.base)
    except ConnectorProblem as problem:
        if account.ref is None and problem.code in {"IR590", "IR504"} and not manifest.connection.get("required"):
            return {}
        if account.ref is None and problem.code == "IR590":
            variable = f"WEIRFLOW_{manifest.key.upper().replace('-', '_')}"
            raise ConnectorProblem("IR586", f"there are no credentials for {manifest.title}", key=("credentials_ref",),
                                   hint=f"write credentials_ref, or set {variable}") from problem  # fmt: skip
        raise
    found = secret.parts()
    return found if found is not None else {_bare_part(manifest): secret.text.strip()}


def _bare_part(manifest: Manifest) -> str:
    """What a bare text is: the first required secret part, or the token of OAuth."""
    properties = manifest.connection.get("properties", {})
    required = manifest.connection.get("required", [])
    secret = [name for name in required if properties.get(name, {}).get("writeOnly")]
    if secret:
        return str(secret[0])
    if manifest.auth.needs_token:
        return "access_token"
    return str((required or list(properties) or ["token"])[0])


def _check(manifest: Manifest, parts: Mapping[str, Any]) -> None:
    problems = checker({"properties": {}, **manifest.connection}).problems(dict(parts))
    if problems:
        first = problems[0]
        at = ".".join(str(each) for each in first.pointer)
        # a value may be a secret: only its place is told
        told = first.message if first.code in {"IR201", "IR202"} else f"{at or 'the whole'} is not what it has to be"
        raise _wrong(manifest, told, first.hint)


def _wrong(manifest: Manifest, message: str, hint: str | None) -> ConnectorProblem:
    return ConnectorProblem("IR585", f"credentials of {manifest.title}: {message}", key=("credentials_ref",), hint=hint)
