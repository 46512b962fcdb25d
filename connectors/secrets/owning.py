"""Which secrets are a workflow's own: those whose names begin with its name."""

from __future__ import annotations

import re
from collections.abc import Collection

VARIABLE = "WEIRFLOW_"
_SETTINGS = frozenset({"home", "journal", "telemetry", "traceback", "log_format", "fonts"})
_SECTIONS = ("mail", "ai", "mcp", "service")
"""What WEIRFLOW_… says of the program itself is no workflow's secret, whatever that is called."""
_RESOLVERS = frozenset({"name", "env"})


def plain(name: str) -> str:
    """A name as variables write it, in small letters: `Orders EU` is orders_eu."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def is_own(resolver: str, name: str, *, workflow: str, others: Collection[str] = ()) -> bool:
    """Whether a secret is the workflow's: a bare name, or a variable of the environment with WEIRFLOW_ before it, that
    is the workflow's name or begins with it and goes on with a further word.

    One that begins with a longer name among the `others` is that workflow's. Variables without WEIRFLOW_ are nobody's:
    AWS_SECRET_ACCESS_KEY is not the secret of a workflow "aws".
    """
    if resolver not in _RESOLVERS or (resolver == "env" and not name.startswith(VARIABLE)):
        return False
    found, own = plain(name.removeprefix(VARIABLE) if resolver == "env" else name), plain(workflow)
    if not own or is_setting(found) or not begins(found, own):
        return False
    return not any(begins(found, each) for each in map(plain, others) if len(each) > len(own))


def is_setting(found: str) -> bool:
    """Whether WEIRFLOW_… of that name says something of the program itself."""
    return found in _SETTINGS or any(begins(found, each) for each in _SECTIONS)


def begins(found: str, own: str) -> bool:
    """Whether a plain name is `own`, or `own` and a further word."""
    return found == own or found.startswith(f"{own}_")
