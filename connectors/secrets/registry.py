"""The resolvers by the word before the colon: ours, those that Python registers, those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from connectors.secrets.environment import by_name, in_environment
from connectors.secrets.files import in_file
from connectors.secrets.keyring import in_keyring
from connectors.secrets.lookup import Found, Lookup, Resolver, SecretResolver
from connectors.secrets.vault import in_vault
from ir.secrets import OWN_RESOLVERS, RESOLVER_WORD, add_resolver, packaged_resolver

BY_NAME = "name"
"""What a policy calls the resolver of bare names."""
_RESOLVERS: dict[str, Resolver] = {
    BY_NAME: by_name,
    "env": in_environment,
    "file": in_file,
    "keyring": in_keyring,
    "vault": in_vault,
}


def register_secret_resolver(word: str, resolver: SecretResolver) -> None:
    """Let `resolver(name)` answer references `word:name`: a text, a mapping of parts, or None where there is none.

    A package does the same for the command line with an entry point of the group weirflow.secret_resolvers.

    Raises:
        ValueError: the word is one of ours, or no word of lower-case letters, digits and hyphens.
    """
    if word in OWN_RESOLVERS or word == BY_NAME:
        raise ValueError(f'"{word}" is a resolver of weirflow itself')
    if not RESOLVER_WORD.fullmatch(word):
        raise ValueError(f'"{word}" is no word of lower-case letters, digits and hyphens')
    add_resolver(word)
    _RESOLVERS[word] = _adapted(word, resolver)


def resolver_of(word: str) -> Resolver | None:
    """The resolver of a word; one of an installed package is loaded when it is first asked."""
    if word not in _RESOLVERS and (packaged := packaged_resolver(word)) is not None:
        _RESOLVERS[word] = _adapted(word, cast("SecretResolver", packaged.load()))
    return _RESOLVERS.get(word)


def _adapted(word: str, resolver: SecretResolver) -> Resolver:
    """A user's function as a resolver. What it raises is told by its kind only: its text may be anything."""

    def ask(lookup: Lookup) -> Found:
        try:
            value = resolver(lookup.name)
        except Exception as error:
            raise lookup.problem(
                "IR593", f"the resolver {word} has failed on {lookup.name}: {type(error).__name__}"
            ) from None
        if value is None:
            raise lookup.missing(f"{word} has no secret {lookup.name}")
        return Found(value=dict(value) if isinstance(value, Mapping) else value)

    return ask
