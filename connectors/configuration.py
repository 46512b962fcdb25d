"""`config.toml` of the home: what is no business of a workflow, such as the account that mail is sent from.

Every key is also a variable of the environment, which comes first: `from` of `[mail]` is WEIRFLOW_MAIL_FROM.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.handed import handed
from connectors.home import home
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean

FILE = "config.toml"
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "mail": ("credentials_ref", "url", "host", "port", "user", "password", "password_ref", "from", "reply_to",
             "encryption", "ca_file", "hello_name", "timeout_s", "max_bytes"),
    "ai": ("provider", "base_url", "api_key", "api_key_ref", "api_key_header", "model", "fast", "balanced", "accurate",
           "price_in", "price_out", "structured_output", "max_concurrent", "requests_per_minute", "tokens_per_minute",
           "timeout_s", "max_input_tokens", "answer_limit_key", "cache", "cache_days", "max_cost", "max_calls",
           "max_tokens", "max_cost_per_day", "max_tokens_per_day"),
    "service": ("host", "port", "slots", "max_memory", "max_seconds", "hosts", "private_hosts", "secrets", "programs",
                "drain_s", "lease_s", "max_runs", "starts_per_minute", "webhook_bytes", "webhook_waiting",
                "webhook_rate", "keep_days", "keep_failed_days", "keep_event_days", "upload_bytes",
                "uploads_bytes", "webhook_address_rate", "forwarded", "sandbox", "read_paths", "write_paths",
                "own_processes"),
}  # fmt: skip
"""The keys of each section: a new one is a line here."""
NAMED: Mapping[str, tuple[str, ...]] = {
    "mcp": ("command", "args", "env", "secret_env", "cwd", "url", "headers", "token_ref", "allow_unencrypted",
            "timeout_s"),
}  # fmt: skip
"""The keys of sections that there are several of, each by its name: [mcp.files]."""


def section(name: str) -> Mapping[str, Any]:
    """What the environment and the file say of a section; empty where neither says anything.

    Raises:
        ConnectorProblem: IR687 for a file that is no TOML, and a section or key that there is not. No value is quoted.
    """
    path = home() / FILE
    return _section(path, _sections(path).get(name, {}), name, SECTIONS[name])


def named_section(kind: str, name: str) -> Mapping[str, Any]:
    """What the environment and the file say of one of several sections, such as [mcp.files]; empty for neither.

    Raises:
        ConnectorProblem: IR687, as for `section`.
    """
    path = home() / FILE
    every = _sections(path).get(kind, {})
    if not isinstance(every, dict):
        raise _wrong(path, f"has a {kind} that is no section", f"write [{kind}.{name}] on a line of its own")
    return _section(path, every.get(name, {}), f"{kind}.{name}", NAMED[kind])


def everything(place: Path) -> dict[str, Any]:
    """The sections as the file of this home has them.

    Raises:
        ConnectorProblem: IR687, as for `section`; keys are not looked at.
    """
    return _sections(place / FILE)


def every_named(kind: str, place: Path) -> Mapping[str, Mapping[str, Any]]:
    """All of the sections that there are several of, by their names, as the file has them.

    Raises:
        ConnectorProblem: IR687, as for `everything`.
    """
    found = everything(place).get(kind)
    return {name: part for name, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}


def _sections(path: Path) -> dict[str, Any]:
    written, known = _read(path), (*SECTIONS, *NAMED)
    for each in written:
        if each not in known:
            raise _wrong(path, f"has the unknown section [{each}]",
                         did_you_mean(each, known) or f"the sections are {', '.join(known)}")  # fmt: skip
    return written


def _section(path: Path, found: Any, name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise _wrong(path, f"has a {name} that is no section", f"write [{name}] on a line of its own")
    for each in found:
        if each not in keys:
            raise _wrong(path, f'has the unknown key "{each}" in [{name}]',
                         did_you_mean(each, keys) or f"its keys are {', '.join(keys)}")  # fmt: skip
    from_environment = {key: value for key in keys if (value := os.environ.get(variable(name, key)))}
    return {**found, **from_environment}


def variable(name: str, key: str) -> str:
    """The variable of the environment that stands for a key."""
    return re.sub(r"[^A-Z0-9]", "_", f"WEIRFLOW_{name}_{key}".upper())


def _read(path: Path) -> dict[str, Any]:
    instead = handed()
    if instead is not None and instead.config_problem is not None:
        raise _wrong(path, instead.config_problem)
    if instead is not None:
        return dict(instead.config)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _wrong(path, f"cannot be read: {(error.strerror or type(error).__name__).lower()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # what the parser says may quote a password
        raise _wrong(path, "is no TOML", 'texts stand in quotes: from = "reports@example.com"') from None


def _wrong(path: Path, message: str, hint: str | None = None) -> ConnectorProblem:
    return ConnectorProblem("IR687", f"{path} {message}", hint=hint)
