"""Secrets in the environment, and bare names, which stand there or in the home's secrets.toml."""

from __future__ import annotations

import os
import re

from connectors.handed import handed
from connectors.home import home
from connectors.secrets.files import read_file, value_at, warnings_of
from connectors.secrets.lookup import Found, Lookup

SECRETS = "secrets.toml"


def in_environment(lookup: Lookup) -> Found:
    """The variable of this name."""
    found = os.environ.get(lookup.name)
    if found is None:
        raise lookup.missing(f"the environment has no {lookup.name}", f"export {lookup.name}=… before the run")
    return Found(value=found)


def by_name(lookup: Lookup) -> Found:
    """A bare name: WEIRFLOW_<NAME> of the environment, then the name in secrets.toml."""
    variable = "WEIRFLOW_" + re.sub(r"[^A-Za-z0-9]", "_", lookup.name).upper()
    found = os.environ.get(variable)
    if found is not None:
        return Found(value=found)
    path, instead = home() / SECRETS, handed()
    if instead is not None and instead.secrets_problem is not None:
        raise lookup.problem("IR593", instead.secrets_problem)
    if instead is not None:
        value = instead.secrets.get(lookup.name)
    else:
        value = value_at(read_file(path, lookup, "toml"), lookup.name) if path.exists() else None
    if value is None:
        raise lookup.missing(f'there is no secret "{lookup.name}"',
                             f"export {variable}=…, or write {_toml_key(lookup.name)} = \"…\" into {path}")  # fmt: skip
    return Found(value=value, warnings=warnings_of(path, lookup))


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'
