"""What the processes of runs see of the environment: how the machine is set up, and no secret but a run's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from connectors.configuration import named_section, section
from connectors.secrets.owning import VARIABLE, is_own, is_setting, plain

_MACHINE = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TZDIR|TMPDIR|TEMP|TMP|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|"
    r"CURL_CA_BUNDLE|(HTTPS?|NO|ALL|https?|no|all)_(PROXY|proxy)|PYTHON\w*|VIRTUAL_ENV|LD_LIBRARY_PATH|POLARS_\w+|"
    r"OMP_\w+|RAYON_\w+|OTEL_\w+|WEIRFLOW_(HOME|JOURNAL|TELEMETRY|FONTS|TRACEBACK)|XDG_\w+|SYSTEMROOT|COMSPEC|PATHEXT"
)
_OF = {
    "mail": re.compile(r"WEIRFLOW_MAIL_\w+"),
    "ai": re.compile(r"WEIRFLOW_AI_\w+"),
    "aws": re.compile(r"AWS_\w+"),
}
"""Accounts of the service, by the names under which its settings let workflows use them."""
_OF_ANY = re.compile(r"WEIRFLOW_(MCP)_\w+|VAULT_\w+|DBUS_SESSION_BUS_ADDRESS")
"""What leads to stores of secrets; which of them a run may read is its policy's."""


def named_by_config(secrets: Collection[str]) -> set[str]:
    """The variables that config.toml names for the accounts which workflows may use."""
    references: list[str] = []
    for name in secrets:
        kind, _, server = name.partition(":")
        if name in {"ai", "mail"}:
            found = section(name)
            references += [
                str(found[key]) for key in ("api_key_ref", "credentials_ref", "password_ref") if key in found
            ]
        elif kind == "mcp" and server:
            parts = named_section("mcp", server)
            references += [str(parts["token_ref"])] if "token_ref" in parts else []
            references += map(str, dict(parts.get("secret_env") or {}).values())
    return {variable_of(each) for each in references}


def variable_of(reference: str) -> str:
    """The variable in which the secret of a reference stands, where it stands in one."""
    resolver, colon, name = reference.partition(":")
    if not colon:
        return VARIABLE + re.sub(r"[^A-Za-z0-9]", "_", reference).upper()
    return name if resolver == "env" else ""


def of_processes(environment: Mapping[str, str], *, secrets: Collection[str]) -> dict[str, str]:
    """The variables that every process of runs has."""
    kept = [_MACHINE, _OF_ANY, *(pattern for name, pattern in _OF.items() if name in secrets)]
    named = named_by_config(secrets)
    return {name: value for name, value in environment.items()
            if name in named or any(each.fullmatch(name) for each in kept)}  # fmt: skip


def of_run(environment: Mapping[str, str], *, workflow: str, others: Collection[str], secrets: Collection[str]
           ) -> dict[str, str]:  # fmt: skip
    """The variables that one run has besides: its workflow's own secrets and those that every workflow may use."""
    allowed = {each.removeprefix("env:") for each in secrets}
    plainly = {plain(each) for each in allowed}
    found = {}
    for name, value in environment.items():
        bare = plain(name.removeprefix(VARIABLE)) if name.startswith(VARIABLE) else ""
        is_allowed = name in allowed or (bare in plainly and bare != "" and not is_setting(bare))
        if is_allowed or is_own("env", name, workflow=workflow, others=others):
            found[name] = value
    return found
