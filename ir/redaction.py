"""Texts that nobody may read: taken out of whatever is told of a run.

Whoever learns a secret hides it here. Every diagnostic, every connector's problem and all that the command line prints
passes `redact`, so that an error of a driver may quote what it was given.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, quote_plus

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

HIDDEN = "***"
_WHOLE_WORD_LENGTH = 6
"""Shorter texts are hidden where they stand as a word of their own: a password "on" is no part of "connection"."""
_LEAST_LENGTH = 3
"""A text of one or two letters is hidden nowhere: every sentence would be full of holes, and it keeps nobody out."""
_LINE_LENGTH = 12

_lock = threading.Lock()
_hidden: set[str] = set()
_pattern: re.Pattern[str] | None = None


def hide(texts: Iterable[str]) -> None:
    """Let these texts, and the ways in which URLs and JSON write them, be read nowhere from now on."""
    global _pattern
    forms = {form for text in texts for form in _forms(text)}
    with _lock:
        if forms <= _hidden:
            return
        _hidden.update(forms)
        # the longest first: a password may be a part of another secret
        _pattern = re.compile("|".join(_expression(each) for each in sorted(_hidden, key=lambda one: (-len(one), one))))


def redact(text: str) -> str:
    """The text with *** in place of everything that is hidden."""
    pattern = _pattern
    return text if pattern is None else pattern.sub(HIDDEN, text)


def redacted(value: Any) -> Any:
    """A JSON value whose texts are redacted; it stays one, whatever the secrets look like."""
    if _pattern is None:
        return value
    match value:
        case str():
            return redact(value)
        case dict():
            return {redact(key) if isinstance(key, str) else key: redacted(each) for key, each in value.items()}
        case list() | tuple():
            return [redacted(each) for each in value]
    return value


def seal(error: BaseException) -> None:
    """Take the secrets out of an error and of those that led to it, which a traceback shows as well."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        error.args = tuple(redact(each) if isinstance(each, str) else each for each in error.args)
        origin = error.__cause__ or error.__context__
        if origin is None:
            return
        if isinstance(origin, Exception) and _tells(origin):
            # some errors make their text of other things than their arguments
            error.__cause__, error.__context__ = None, None
            return
        error = origin


def sealed(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """The function, whose errors are sealed when they leave it: a face of the engine."""

    @wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            seal(error)
            raise

    return call


def _tells(error: Exception) -> bool:
    """Whether an error shows a secret even when those of its arguments are taken out."""
    error.args = tuple(redact(each) if isinstance(each, str) else each for each in error.args)
    told = f"{error}{error!r}"
    return redact(told) != told


def forget() -> None:
    """Hide nothing any more."""
    global _pattern
    with _lock:
        _hidden.clear()
        _pattern = None


def _forms(text: str) -> set[str]:
    """How a text is written in a URL, in JSON and in Python, and the long lines of one that has several."""
    lines = [line.strip() for line in text.splitlines()]
    plain = {text, text.strip(), *(line for line in lines if len(line) >= _LINE_LENGTH)}
    written = {form for each in plain for form in (
        each, quote(each, safe=""), quote(each), quote_plus(each), json.dumps(each)[1:-1],
        json.dumps(each, ensure_ascii=False)[1:-1], repr(each)[1:-1],
    )}  # fmt: skip
    return {each for each in written if len(each) >= _LEAST_LENGTH}


def _expression(text: str) -> str:
    escaped = re.escape(text)
    return escaped if len(text) >= _WHOLE_WORD_LENGTH else rf"(?<!\w){escaped}(?!\w)"
