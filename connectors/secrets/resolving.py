"""Which resolver answers for a reference, and its answer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret

Resolver = Callable[[str, Path], str | None]
"""Finds the value of what stands behind `name:` in a reference, with the folder of relative paths; None if none."""


def _environment(name: str, base: Path) -> str | None:
    return os.environ.get(name)


def _bare(name: str, base: Path) -> str | None:
    return os.environ.get("WEIRFLOW_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper())


RESOLVERS: dict[str, Resolver] = {"env": _environment}


def resolve(reference: str, *, policy: Policy, base: Path) -> Secret:
    """The value of a reference such as env:NAME, or of a bare name.

    Raises:
        ConnectorProblem: IR504 where the policy forbids it, IR590 where there is no such secret; never quoting a value.
    """
    resolver, colon, rest = reference.partition(":")
    name = rest if colon else reference
    policy.check_secret(resolver if colon else "name", name)
    found = RESOLVERS[resolver](name, base) if colon else _bare(name, base)
    if found is None:
        where = f"the environment has no {name}" if resolver == "env" else f'there is no secret "{reference}"'
        raise ConnectorProblem("IR590", where, key=("credentials_ref",), hint="set it before the run")
    return Secret(reference, found)
