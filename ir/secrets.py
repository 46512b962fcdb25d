"""References to secrets (section 16): their shape, and that no secret itself stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ir.diagnostics import Pointer, Problems
from ir.document import Document

_SHAPES = {
    "env": (re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "env:NAME"),
    "file": (re.compile(r"[^#]+(?:#.+)?"), "file:path#key"),
    "keyring": (re.compile(r"[^/]+/.+"), "keyring:service/user"),
    "vault": (re.compile(r"[^#]+#.+"), "vault:path#key"),
}
_BARE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}")
_KEYS = frozenset({"credentials_ref", "secret_ref"})
_NOT_WALKED = frozenset({"rows", "tests"})
FORMS = "env:NAME, file:path#key, keyring:service/user, vault:path#key, or a bare name"


def reference_problem(text: str) -> str | None:
    """What is wrong with a reference, never quoting it: it may be the secret itself."""
    resolver, colon, rest = text.partition(":")
    if colon and resolver in _SHAPES:
        pattern, form = _SHAPES[resolver]
        return None if pattern.fullmatch(rest) else f"a reference with {resolver}: is written {form}"
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
