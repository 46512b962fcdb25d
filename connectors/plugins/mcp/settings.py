"""How a server of the protocol is reached: `[mcp.NAME]` of config.toml, never a word of a workflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.configuration import named_section
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

PREFIX = "mcp:"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """One server: a program that is started, or a URL. What is secret in it does not show in a repr."""

    name: str
    command: str | None = None
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cwd: str | None = None
    url: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout_s: float = _TIMEOUT_S
    policy: Policy | None = field(default=None, repr=False)
    """Asked of each address of a URL's host, where it matters which that is."""

    @property
    def shown(self) -> str:
        """What is talked to, without anything secret."""
        if self.command is not None:
            return f"the program {self.command}"
        return f"the server {urlsplit(self.url or '').hostname}"


def server_name(plugin_key: str) -> str:
    """The NAME of mcp:NAME.

    Raises:
        ConnectorProblem: IR204 for one that no server can have.
    """
    name = plugin_key.removeprefix(PREFIX)
    if not _NAME.fullmatch(name):
        raise ConnectorProblem("IR204", f'"{name}" is no name of a server', key=("plugin_key",),
                               hint="small letters, digits and single hyphens, as in mcp:files")  # fmt: skip
    return name


def settings_of(name: str, *, policy: Policy, base: Path, ref: str | None = None) -> ServerSettings:
    """The settings of a server, its secrets looked up. `ref` is a token in place of the one that they name.

    Raises:
        ConnectorProblem: IR687 where they are missing or are none, IR502 where the policy forbids the server, IR59x for
            a secret that cannot be had.
    """
    found = named_section("mcp", name)
    if not found:
        raise _wrong(name, f"there is no [mcp.{name}]", f'write [mcp.{name}] and command = "…" or url = "…"')
    if ("command" in found) == ("url" in found):
        raise _wrong(name, "says neither or both of command and url", "a server is a program or a URL")
    common: dict[str, Any] = {"name": name, "timeout_s": _seconds(name, found)}
    if "url" in found:
        return _remote(name, found, common, policy=policy, base=base, ref=ref)
    if ref is not None:
        raise ConnectorProblem("IR585", f"the program of mcp:{name} takes no credentials_ref", key=("credentials_ref",),
                               hint=f"write secret_env of [mcp.{name}]")  # fmt: skip
    if policy.schemes is not None and "stdio" not in policy.schemes:
        raise ConnectorProblem("IR502", f"this run may not start the program of mcp:{name}", key=("plugin_key",))
    secret = {
        key: _secret(text, policy, base, section=f"mcp:{name}")
        for key, text in _texts(name, found, "secret_env").items()
    }
    return ServerSettings(
        **common, command=_text(name, found, "command"), args=tuple(_list(name, found, "args")),
        env=tuple({**_texts(name, found, "env"), **secret}.items()),
        cwd=_text(name, found, "cwd") if "cwd" in found else None,
    )  # fmt: skip


def _remote(name: str, found: Mapping[str, Any], common: dict[str, Any], *, policy: Policy, base: Path,
            ref: str | None) -> ServerSettings:  # fmt: skip
    url = _text(name, found, "url")
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        host, scheme = None, ""
    if not host or scheme not in {"http", "https"}:
        raise _wrong(name, "has a url that is none", 'write url = "https://host/mcp"')
    if policy.schemes is not None and scheme not in policy.schemes:
        raise ConnectorProblem("IR502", f"this run may not reach the server of mcp:{name}", key=("plugin_key",))
    policy.check_endpoint(host)
    headers = _texts(name, found, "headers")
    reference = ref or (_text(name, found, "token_ref") if "token_ref" in found else None)
    if reference is not None:
        token = _secret(reference, policy, base, section=None if ref is not None else f"mcp:{name}")
        headers["Authorization"] = f"Bearer {token}"
    if headers and scheme == "http" and host not in _LOOPBACK and found.get("allow_unencrypted") is not True:
        raise _wrong(name, "would send its headers unencrypted", "write https://, or allow_unencrypted = true")
    return ServerSettings(**common, url=url, headers=tuple(headers.items()),
                          policy=policy if policy.checks_addresses else None)  # fmt: skip


def _secret(reference: str, policy: Policy, base: Path, *, section: str | None) -> str:
    """The secret of a reference, of the workflow or of a section of config.toml."""
    from connectors.secrets.resolving import resolve, resolve_configured

    if section is not None:
        return resolve_configured(reference, section, policy=policy, base=base).text.strip()
    return resolve(reference, policy=policy, base=base).text.strip()


def _text(name: str, found: Mapping[str, Any], key: str) -> str:
    value = found[key]
    if not isinstance(value, str) or not value.strip():
        raise _wrong(name, f"has a {key} that is no text")
    return value


def _list(name: str, found: Mapping[str, Any], key: str) -> list[str]:
    value = found.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(name, f"has {key} that are no list of texts")
    return value


def _texts(name: str, found: Mapping[str, Any], key: str) -> dict[str, str]:
    value = found.get(key, {})
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        raise _wrong(name, f"has {key} that are no texts by name", f'write {key} = {{NAME = "text"}}')
    return dict(value)


def _seconds(name: str, found: Mapping[str, Any]) -> float:
    value = found.get("timeout_s", _TIMEOUT_S)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3600:
        raise _wrong(name, "has a timeout_s that is no number of seconds up to 3600")
    return float(value)


def _wrong(name: str, message: str, hint: str | None = None) -> ConnectorProblem:
    said = message if message.startswith("there is") else f"[mcp.{name}] {message}"
    return ConnectorProblem("IR687", f"config.toml: {said}", hint=hint, key=("plugin_key",))
