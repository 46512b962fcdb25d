"""A workflow file as plain values, with the place of every key and value.

Only text is dealt with here: YAML 1.2 (core schema) and JSON become dicts, lists and scalars, and what a
careful reader would stumble over (a key written twice, NaN, a tab as indentation) is refused at its place.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from ir.diagnostics import WorkflowError
from ir.document import MAX_BYTES, MAX_DEPTH, Digits, Document, SyntaxProblem
from ir.json_syntax import read_json

__all__ = ["Digits", "Document", "from_dict", "load", "loads"]

Syntax = Literal["yaml", "json"]


def load(path: Path | str) -> Document:
    """The document in the file at `path`.

    Raises:
        WorkflowError: IR1xx, when there is no such file or its text is no YAML or JSON document.
    """
    file = os.fspath(path)
    try:
        with open(file, "rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"{file} cannot be read: {(error.strerror or str(error)).lower()}"
        raise WorkflowError([SyntaxProblem("IR101", message).without_place()]) from error
    text = _decode(raw, file)
    ending = os.path.splitext(file)[1].lower()
    if ending == ".json" or (ending not in {".yaml", ".yml"} and text.lstrip()[:1] == "{"):
        return loads(text, file=file, syntax="json")
    return loads(text, file=file, syntax="yaml")


def loads(text: str, *, file: str, syntax: Syntax) -> Document:
    """The document that `text` is; `file` is only its name in diagnostics.

    Raises:
        WorkflowError: IR1xx, with the place.
    """
    text = text.removeprefix("\ufeff")
    try:
        _check_text(text)
        if syntax == "json":
            value, node = read_json(text)
        else:
            # PyYAML is imported only when a YAML file is read: it costs 15 ms.
            from ir.yaml_syntax import read_yaml

            value, node = read_yaml(text)
        if not isinstance(value, dict):
            seen = "is empty" if value is None else f"holds a {kind_of(value)}"
            raise SyntaxProblem(
                "IR109", f"the document {seen}, not a mapping of keys", start=node.start if value is not None else 0,
                hint="a workflow starts with keys such as ir_version, goal and data_sources",
            )  # fmt: skip
    except SyntaxProblem as problem:
        raise WorkflowError([problem.in_file(file, text)]) from problem
    return Document(value=value, file=file, text=text, root=node)


def from_dict(value: Mapping[str, Any], *, file: str = "<dict>") -> Document:
    """The document that a Python mapping is, without places; dates, decimals and paths become their text.

    Raises:
        WorkflowError: IR1xx for what no file could hold (NaN, keys that are no text, an object that is no value).
    """
    try:
        plain = _plain(value, depth=0)
    except SyntaxProblem as problem:
        raise WorkflowError([problem.without_place()]) from problem
    if not isinstance(plain, dict):
        no_mapping = SyntaxProblem("IR109", f"a workflow is a mapping of keys, not a {kind_of(plain)}")
        raise WorkflowError([no_mapping.without_place()])
    return Document(value=plain, file=file, text="", root=None)


def kind_of(value: object) -> str:
    """What a value is called in a diagnostic."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case Mapping():
            return "mapping"
    return type(value).__name__


def _decode(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        problem = SyntaxProblem("IR108", f"{file} is larger than {MAX_BYTES // 1_000_000} MB, the limit for a workflow")
        raise WorkflowError([problem.without_place()])
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        problem = SyntaxProblem("IR102", f"{file} is UTF-16 text", hint="save it as UTF-8")
        raise WorkflowError([problem.without_place()])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"{file} is not UTF-8 text: byte 0x{raw[error.start]:02x} in line {line}"
        problem = SyntaxProblem("IR102", message, hint="save it as UTF-8")
        raise WorkflowError([problem.without_place()]) from error


def _check_text(text: str) -> None:
    if len(text) > MAX_BYTES:
        raise SyntaxProblem("IR108", f"the document is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SyntaxProblem("IR102", "half of a surrogate pair is no character", start=error.start) from error


def _plain(value: Any, *, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise SyntaxProblem("IR108", f"the document is nested deeper than {MAX_DEPTH} levels")
    match value:
        case None | bool() | Digits():
            return value
        case str():
            _check_text(value)
            return str(value)
        case int():
            return int(value)
        case float():
            if math.isnan(value):
                raise SyntaxProblem("IR106", "NaN is no value of a workflow", hint="write null")
            return Digits(repr(value))
        case Decimal():
            if not value.is_finite():
                raise SyntaxProblem("IR106", f"{value} is no value of a workflow", hint="write null")
            return Digits(str(value))
        case datetime() | date() | time():
            return value.isoformat()
        case os.PathLike():
            return os.fspath(value)
        case Mapping():
            for key in value:
                if not isinstance(key, str):
                    raise SyntaxProblem("IR110", f"the key {key!r} is no text")
            return {str(key): _plain(each, depth=depth + 1) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each, depth=depth + 1) for each in value]
    raise SyntaxProblem("IR103", f"a {type(value).__name__} is no value of a workflow",
                        hint="values are text, numbers, booleans, null, lists and mappings")  # fmt: skip
