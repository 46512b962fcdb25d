"""Secrets of HashiCorp Vault: the key-value engines, version 1 and 2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from connectors.secrets.lookup import Found, Lookup

_TIMEOUT_S = 10


def in_vault(lookup: Lookup) -> Found:
    """path#key: the key of the secret at `path`, which begins with the engine's mount, as in `vault kv get`."""
    path, _, key = lookup.name.partition("#")
    path = path.strip("/")
    try:
        import hvac
        import hvac.exceptions
        import requests
    except ImportError as error:
        raise lookup.problem("IR594", "secrets of Vault need the package hvac",
                             "pip install 'weirflow[secrets]'") from error  # fmt: skip
    address = _needed("VAULT_ADDR", lookup)
    client = hvac.Client(
        url=address, token=_token(lookup), namespace=os.environ.get("VAULT_NAMESPACE"), timeout=_TIMEOUT_S,
        verify=os.environ.get("VAULT_CACERT") or True,
    )  # fmt: skip
    try:
        data = _read(client, path)
    except hvac.exceptions.Forbidden:
        raise lookup.problem("IR593", f"Vault does not let this token read {path}",
                             "renew the token, or give it a policy that reads this path") from None  # fmt: skip
    except hvac.exceptions.InvalidPath:
        data = None
    except hvac.exceptions.VaultError as error:
        raise lookup.problem("IR593", f"Vault could not answer for {path}: {type(error).__name__}") from None
    except (requests.RequestException, OSError) as error:
        raise lookup.problem("IR593", f"Vault does not answer: {type(error).__name__}", "check VAULT_ADDR") from None
    if data is None:
        raise lookup.missing(f"Vault has no secret {path}", "write its path as in `vault kv get`, the mount first")
    if key not in data:
        raise lookup.missing(f"the secret {path} of Vault has no key {key}",
                             f"its keys: {', '.join(sorted(map(str, data)))}")  # fmt: skip
    return Found(value=data[key])


def _read(client: Any, path: str) -> dict[str, Any] | None:
    """The keys of a secret in either version; the engine's own answer says which one it is.

    A token that may not ask for the mount is taken to mean the first part of the path, of version 2 and then of 1.
    """
    import hvac.exceptions

    mount, version = path.partition("/")[0], None
    try:
        told = client.read(f"sys/internal/ui/mounts/{path}")
    except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath):
        told = None
    if told:
        mount = told["data"]["path"].strip("/")
        version = str((told["data"].get("options") or {}).get("version", "1"))
    rest = path.removeprefix(mount).strip("/")
    if version != "1":
        answer = client.read(f"{mount}/data/{rest.removeprefix('data/')}")
        if answer:
            # what was deleted is answered with no data
            held: dict[str, Any] | None = answer["data"].get("data")
            return held
        if version == "2":
            return None
    answer = client.read(f"{mount}/{rest}")
    data: dict[str, Any] | None = answer["data"] if answer else None
    return data


def _needed(name: str, lookup: Lookup) -> str:
    found = os.environ.get(name)
    if not found:
        raise lookup.problem("IR594", f"secrets of Vault need {name}", f"export {name}=… before the run")
    return found


def _token(lookup: Lookup) -> str:
    """VAULT_TOKEN, else what `vault login` has left. It is a secret of its own."""
    from ir.redaction import hide

    token = os.environ.get("VAULT_TOKEN")
    kept = Path("~/.vault-token").expanduser()
    if not token and kept.is_file():
        token = kept.read_text(encoding="utf-8").strip()
    token = token or _needed("VAULT_TOKEN", lookup)
    hide([token])
    return token
