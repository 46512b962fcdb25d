"""Templates of manifests, compiled once: values with {{references}}, and filters that are objects of one $key.

What a reference brings in is never scanned again. A reference to what is not there is missing: the key whose value it
is, the element of a list, or the whole text is then left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.templates import Every, Reference, Segment, TemplateSyntax, parse_template
from ir.value_text import text_of

if TYPE_CHECKING:
    from connectors.plugins.files import FileStore


class Missing:
    """What a reference gives that leads nowhere."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "missing"


MISSING = Missing()


class Placeholder:
    """What stands in a request that is only shown for a value that an answer would tell."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def of(self, part: Segment) -> Placeholder:
        return Placeholder(f"{self._path}[{part.value if isinstance(part, Every) else part}]"
                           if not isinstance(part, str) else f"{self._path}.{part}")  # fmt: skip

    def __str__(self) -> str:
        return f"{{{{{self._path}}}}}"

    __repr__ = __str__


class Encoded(str):
    """A text that is percent-encoded already."""

    __slots__ = ()


# not frozen: one is made for each request, and setting the fields of a frozen one takes four times as long
@dataclass(slots=True, kw_only=True)
class Roots:
    """What the names at the beginning of references stand for, and where the bytes of files are."""

    values: Mapping[str, Any]
    files: FileStore | None = None
    is_shown: bool = False
    """Whether people look at what comes of it, and nothing is sent."""

    def having(self, **more: Any) -> Roots:
        return Roots(values={**self.values, **more}, files=self.files, is_shown=self.is_shown)

    def as_shown(self) -> Roots:
        return Roots(values=self.values, files=self.files, is_shown=True)


Rendered = Callable[[Roots], Any]


class Compiles(Protocol):
    """Makes the rendering of a filter out of what stands under its $key."""

    def __call__(self, argument: Any, compiled: Callable[[Any], Rendered]) -> Rendered: ...


def compiled(template: Any) -> Rendered:
    """The rendering of a template.

    Raises:
        ValueError: a reference that cannot be read, or a filter that there is not.
    """
    match template:
        case str():
            return _text(template)
        case dict():
            if len(template) == 1 and (name := next(iter(template))).startswith("$"):
                from connectors.plugins.filters import filter_named

                return filter_named(name)(template[name], compiled)
            return _object(template)
        case list():
            return _list(template)
    return lambda _: template


def compiled_path(path: str, root: str = "response") -> Rendered:
    """The rendering of a bare path such as response_metadata.next_cursor or [0].name, below a root."""
    return compiled(f"{{{{{root}{'' if path.startswith('[') else '.'}{path}}}}}")


def compiled_url(template: Any) -> Rendered:
    """The rendering of a piece of a URL: what comes in by a reference is percent-encoded. A list is its pieces, one
    after the other, and an {$if: …} chooses between pieces.

    Raises:
        ConnectorProblem: when rendered, IR693 for a part that is missing, empty, or would change the path.
    """
    if isinstance(template, list):
        pieces = [compiled_url(each) for each in template]
        return lambda roots: "".join(piece(roots) for piece in pieces)
    if isinstance(template, dict) and template.keys() == {"$if"}:
        from connectors.plugins.filters import choice

        return choice({"then": "", "else": "", **template["$if"]}, compiled, compiled_url)
    if not isinstance(template, str):
        inner = compiled(template)
        return lambda roots: _url_part(inner(roots), "a part of the path")
    parts = [each if isinstance(each, str) else _url_reference(each) for each in _parsed(template).parts]
    if all(isinstance(each, str) for each in parts):
        return lambda _: template
    return lambda roots: "".join([each if isinstance(each, str) else each(roots) for each in parts])


def is_filter(template: Any) -> bool:
    """Whether an object is a filter, and no object with a key that happens to begin with $."""
    from connectors.plugins.filters import FILTERS

    return isinstance(template, dict) and len(template) == 1 and next(iter(template)) in FILTERS


def is_set(value: Any) -> bool:
    """Whether there is something: neither missing, null, an empty text nor an empty list or object."""
    return not (value is MISSING or value is None or (isinstance(value, str | list | dict) and not value))


def references_of(template: Any) -> list[Reference]:
    """All the references that stand in a template."""
    match template:
        case str():
            return list(_parsed(template).references)
        case dict():
            return [each for value in template.values() for each in references_of(value)]
        case list():
            return [each for value in template for each in references_of(value)]
    return []


def _parsed(text: str) -> Any:
    try:
        return parse_template(text)
    except TemplateSyntax as problem:
        raise ValueError(f"{text}: {problem.message}") from problem


def _text(text: str) -> Rendered:
    template = _parsed(text)
    if template.is_plain:
        return lambda _: text
    if template.is_single_reference:
        return _reference(template.references[0])
    parts = [each if isinstance(each, str) else _reference(each) for each in template.parts]

    def render(roots: Roots) -> Any:
        written = []
        for each in parts:
            if isinstance(each, str):
                written.append(each)
                continue
            value = each(roots)
            if value is MISSING:
                return MISSING
            written.append(text_of(value))
        return "".join(written)

    return render


def _reference(reference: Reference) -> Rendered:
    root, path = reference.root, reference.path[1:]
    if len(path) == 1 and isinstance(path[0], str) and path[0] != "length":
        name = path[0]

        def direct(roots: Roots) -> Any:
            value = roots.values.get(root)
            if type(value) is dict or isinstance(value, Mapping):  # asking an abstract class takes a microsecond
                return value.get(name, MISSING)
            return MISSING if value is None else _descend(value, path)

        return direct
    return lambda roots: _descend(roots.values.get(root, MISSING), path)


def _descend(value: Any, path: tuple[Segment, ...]) -> Any:
    for position, part in enumerate(path):
        if value is None or value is MISSING:
            return MISSING
        if isinstance(value, Placeholder):
            value = value.of(part)
            continue
        if isinstance(part, Every):
            if not isinstance(value, list | tuple):
                return MISSING
            found = [_descend(each, path[position + 1 :]) for each in value]
            return [each for each in found if each is not MISSING]
        if isinstance(value, Mapping) and str(part) in value:
            value = value[str(part)]
        elif isinstance(value, list | tuple) and isinstance(part, int):
            value = value[part] if -len(value) <= part < len(value) else MISSING
        elif part == "length" and isinstance(value, list | tuple | str):
            value = len(value)
        else:
            return MISSING
    return value


def _object(template: dict[str, Any]) -> Rendered:
    parts = [(key, compiled(value)) for key, value in template.items()]

    def render(roots: Roots) -> dict[str, Any]:
        found = {}
        for key, part in parts:
            value = part(roots)
            if value is not MISSING:
                found[key] = value
        return found

    return render


def _list(template: list[Any]) -> Rendered:
    parts = [compiled(each) for each in template]
    return lambda roots: [value for part in parts if (value := part(roots)) is not MISSING]


def _url_reference(reference: Reference) -> Rendered:
    inner, name = _reference(reference), str(reference)
    return lambda roots: _url_part(inner(roots), name)


def _url_part(value: Any, name: str) -> str:
    if type(value) is str:
        text = value
    elif isinstance(value, Encoded | Placeholder):
        return str(value)
    else:
        text = text_of(value) if value is not MISSING else ""
    if text in {"", ".", ".."}:
        raise ConnectorProblem("IR693", f"{name.removeprefix('params.')} is {text or 'missing'}: "
                               "the path of the request needs it")  # fmt: skip
    return text if text.isalnum() and text.isascii() else quote(text, safe="")
