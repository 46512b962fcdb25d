"""Which account a delivery sends from: the one it names, the secret of its plugin's name, or that of config.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.configuration import FILE, section, variable
from connectors.home import home
from connectors.messages.email.account import MailAccount, account_of_parts, mail_account
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.files import warnings_of
from connectors.secrets.lookup import Lookup
from connectors.secrets.resolving import resolve, resolve_configured
from connectors.secrets.secret import Secret


def found_account(reference: str | None, names: tuple[str, ...], *, policy: Policy, base: Path) -> MailAccount:
    """The account of a reference, else of the first of the bare names that there is, else of `[mail]`.

    Raises:
        ConnectorProblem: IR680 where none is configured, IR681 for one that is none, IR687 for a config.toml that is
            none, IR59x for a secret that cannot be had.
    """
    if reference is not None:
        return mail_account(resolve(reference, policy=policy, base=base))
    refused: ConnectorProblem | None = None
    for name in names:
        try:
            return mail_account(resolve(name, policy=policy, base=base))
        except ConnectorProblem as problem:
            if problem.code not in {"IR590", "IR504"}:
                raise
            refused = refused or (problem if problem.code == "IR504" else None)
    parts = section("mail")
    if refused is not None and not (parts and "mail" in (policy.secret_names or ())):
        raise refused
    if parts:
        return _configured(dict(parts), policy)
    raise ConnectorProblem(
        "IR680", "no mail account is configured", key=("plugin_key",),
        hint=f"export WEIRFLOW_{names[-1].upper()}='smtps://user:password@smtp.example.com?from=reports@example.com'",
        notes=[f"looked for the secrets {', '.join(names)}, and for [mail] in {home() / FILE}"],
    )  # fmt: skip


def _configured(parts: dict[str, Any], policy: Policy) -> MailAccount:
    """The account of `[mail]`; references in it are of the home."""
    policy.check_secret("name", "mail")
    what = f"[mail] of {home() / FILE}"
    reference, password_ref = parts.pop("credentials_ref", None), parts.pop("password_ref", None)
    if reference is not None:
        named = mail_account(resolve_configured(str(reference), "mail", policy=policy, base=home()))
        return replace(named, **_told(parts, what))
    if password_ref is not None:
        parts["password"] = resolve_configured(str(password_ref), "mail", policy=policy, base=home()).text
    for key in ("url", "password"):
        if parts.get(key):
            Secret(what, str(parts[key]))  # hides it
    return replace(account_of_parts(parts, what), warnings=_warnings(policy))


def _told(parts: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The addresses that stand beside a reference to the account itself."""
    if not parts:
        return {}
    found = account_of_parts({"host": "-", **parts}, what)
    return {key: value for key, value in (("sender", found.sender), ("reply_to", found.reply_to)) if value is not None}


def _warnings(policy: Policy) -> tuple[ConnectorProblem, ...]:
    """A warning where the file holds a password and everybody may read it."""
    path = home() / FILE
    is_there = path.exists() and {"password", "url"} & set(section("mail"))
    if not is_there or os.environ.get(variable("mail", "password")):
        return ()
    return warnings_of(path, Lookup(name="mail", reference="[mail]", base=home(), policy=policy))
