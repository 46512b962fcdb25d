"""Which resolver answers for a reference, and its answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.lookup import Lookup
from connectors.secrets.registry import BY_NAME, resolver_of
from connectors.secrets.secret import Secret


def resolve(reference: str, *, policy: Policy, base: Path) -> Secret:
    """The value of a reference such as env:NAME, or of a bare name. Relative paths of files start at `base`.

    Raises:
        ConnectorProblem: IR504 where the policy forbids it, IR59x where it cannot be had; no value is ever quoted.
    """
    word, colon, rest = reference.partition(":")
    word, name = (word, rest) if colon else (BY_NAME, reference)
    policy.check_secret(word, name)
    lookup = Lookup(name=name, reference=reference, base=base, policy=policy)
    resolver = resolver_of(word)
    if resolver is None:
        raise lookup.problem("IR594", f'there is no resolver "{word}" here',
                             "install the package that brings it, or register it")  # fmt: skip
    found = resolver(lookup)
    return Secret(reference, _text(found.value, lookup), warnings=found.warnings)


def resolve_configured(reference: str, section: str, *, policy: Policy, base: Path) -> Secret:
    """The value of a reference that stands in config.toml: whoever may use the section's account needs no leave for
    the secret by itself, which would let a workflow send it anywhere.

    Raises:
        ConnectorProblem: as for `resolve`.
    """
    is_allowed = policy.secret_names is not None and section in policy.secret_names
    return resolve(reference, policy=Policy.open() if is_allowed else policy, base=base)


def _text(value: Any, lookup: Lookup) -> str:
    """A value as text; an object as JSON.

    Raises:
        ConnectorProblem: IR591 for a value of another kind, IR592 for an empty one.
    """
    if isinstance(value, dict):
        try:
            text = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError):
            raise _wrong_shape(lookup, "an object with parts that are no text") from None
    elif isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong_shape(lookup, "a list" if isinstance(value, list) else type(value).__name__)
    else:
        text = str(value)
    if not text.strip() or text == "{}":
        raise lookup.problem("IR592", f"the secret {lookup.reference} is empty", "give it its value")
    return text


def _wrong_shape(lookup: Lookup, seen: str) -> ConnectorProblem:
    return lookup.problem("IR591", f"the secret {lookup.reference} is {seen}",
                          "a secret is a text, or an object of parts")  # fmt: skip
