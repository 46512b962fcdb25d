"""References to secrets (section 16): their shape, and that no secret itself stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ir.diagnostics import Pointer, Problems
from ir.document import Document

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_SHAPES = {
    "env": (re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "env:NAME"),
    "file": (re.compile(r"[^#]+(?:#.+)?"), "file:path#key"),
    "keyring": (re.compile(r"[^/]+/.+"), "keyring:service/user"),
    "vault": (re.compile(r"[^#]+#.+"), "vault:path#key"),
}
_BARE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}")
_KEYS = frozenset({"credentials_ref", "secret_ref"})
_NOT_WALKED = frozenset({"rows", "tests"})
RESOLVER_WORD = re.compile(r"[a-z][a-z0-9-]*")
OWN_RESOLVERS = frozenset(_SHAPES)
GROUP = "weirflow.secret_resolvers"
"""The entry points of packages that bring a resolver; their names are the words before the colon."""
FORMS = "env:NAME, file:path#key, keyring:service/user, vault:path#key, or a bare name"


_added: set[str] = set()


def add_resolver(word: str) -> None:
    """Let `word:…` be a reference; what stands behind the colon is the resolver's business."""
    _added.add(word)


def packaged_resolver(word: str) -> EntryPoint | None:
    """The entry point of an installed package for this word; nothing of the package is loaded."""
    if not RESOLVER_WORD.fullmatch(word):
        return None
    # importlib.metadata costs 20 ms, and few workflows have a word that is not ours
    from importlib.metadata import entry_points

    return next(iter(entry_points(group=GROUP, name=word)), None)


def reference_problem(text: str) -> str | None:
    """What is wrong with a reference, never quoting it: it may be the secret itself."""
    resolver, colon, rest = text.partition(":")
    if colon and resolver in _SHAPES:
        pattern, form = _SHAPES[resolver]
        return None if pattern.fullmatch(rest) else f"a reference with {resolver}: is written {form}"
    if colon and rest and not rest.startswith("//") and (resolver in _added or packaged_resolver(resolver)):
        return None
    if colon or not _BARE.fullmatch(text):
        return "this is no reference to a secret; if it is the secret itself, take it out of the file and change it"
    return None


def check_secrets(document: Document, problems: Problems) -> None:
    """Report what stands where a reference belongs, with its text hidden in every excerpt of the file."""
    wrong = [(at, problem) for at, text in _references(document.value, ()) if (problem := reference_problem(text))]
    for at, _ in wrong:
        document.hide(at)
    for at, problem in wrong:
        problems.error("IR230", problem, at=at, hint=f"write {FORMS}")


def _references(value: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _references(each, (*at, index))
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in _KEYS:
                texts = each if isinstance(each, list) else [each]
                for index, text in enumerate(texts):
                    if isinstance(text, str):
                        yield (*at, key, index) if isinstance(each, list) else (*at, key), text
            elif key not in _NOT_WALKED and isinstance(each, (dict, list)):
                yield from _references(each, (*at, key))
