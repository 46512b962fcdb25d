"""Where the config of an action takes no values: in what is code, such as a query, and in the host of an address.

A manifest marks such parameters. `x-code` is a text that a database or service runs, or an object that it reads as
more than data: values stand in neither but as leaves of the object, and there they are values only, never operators.
`x-url` is an address: rows may say what is asked there, and not who.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.plugin_operations.arguments import Arguments, Filled
from engine.plugin_operations.meanings import OfRun
from ir.diagnostics import Pointer

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler

_HOST = re.compile(r"https?://[^/?#]+[/?#]")


def guarded(arguments: Arguments, action: Action, at: Pointer, compiler: Compiler) -> Arguments:
    """The arguments, with what comes into code as values only; one where none can stand is an error at its place."""
    tree = dict(arguments.tree)
    for name, schema in action.parameters.schema.get("properties", {}).items():
        if name not in tree or not isinstance(schema, Mapping):
            continue
        if schema.get("x-code"):
            _check_code(tree[name], schema["x-code"], at, compiler)
            tree[name] = _as_values(tree[name])
        elif schema.get("x-url"):
            _check_host(tree[name], at, compiler)
            tree[name] = replace(tree[name], is_address=True) if isinstance(tree[name], Filled) else tree[name]
    return Arguments(tree=tree)


def _check_code(value: Any, hint: Any, at: Pointer, compiler: Compiler) -> None:
    if isinstance(value, Filled):
        compiler.problems.error(
            "IR569", f"{{{{{value.meanings[0].reference}}}}} stands in a text that is run, where nothing is filled in",
            at=(*at, *value.key), within=value.meanings[0].reference.span, hint=hint if isinstance(hint, str) else None,
        )  # fmt: skip
    for key, place in _keys(value, ()):
        compiler.problems.error("IR569", f'the key "{key}" holds a reference', at=(*at, *place),
                                hint="references stand in values only")  # fmt: skip


def _keys(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if "{{" in key:
                yield key, place
            yield from _keys(each, (*place, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _keys(each, (*place, index))


def _as_values(value: Any) -> Any:
    match value:
        case Filled():
            return replace(value, is_plain=True)
        case dict():
            return {key: _as_values(each) for key, each in value.items()}
        case list():
            return [_as_values(each) for each in value]
    return value


def _check_host(value: Any, at: Pointer, compiler: Compiler) -> None:
    """The host of an address is written, or an input: rows never say whom secrets are sent to."""
    if not isinstance(value, Filled):
        return
    written = ""
    for part in value.parts:
        if _HOST.match(written):
            return
        if isinstance(part, str):
            written += part
        elif not isinstance(part, OfRun):
            compiler.problems.error(
                "IR569", f"{{{{{part.reference}}}}} stands in the host of an address, which rows cannot say",
                at=(*at, *value.key), within=part.reference.span,
                hint="write the host itself: https://shop.example/{{…}}; an input may stand there too",
            )  # fmt: skip
            return
        else:
            written += "https://input/" if not written else "input/"
