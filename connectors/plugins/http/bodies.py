"""Bodies of requests, as each encoding writes them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from pydantic_core import to_json

from connectors.http.pieces import FilePart, Pieces, joined
from connectors.plugins.files import DEFAULT_MIME, is_file
from connectors.plugins.filters import bytes_of, json_of
from connectors.plugins.requests import Encoding, RequestManifest
from connectors.plugins.templating import MISSING, Placeholder, Rendered, Roots, compiled
from ir.records import dataclass
from ir.value_text import text_of

JSON = "application/json"
_LARGE_BYTES = 1024**2
"""A larger file goes out as it is read."""
_TEXT = frozenset({str})
_PLAIN = frozenset({str, int, bool, type(None)})
"""What pydantic writes as Python does."""


# not frozen: one is made for each request, and setting the fields of a frozen one takes four times as long
@dataclass(slots=True)
class Body:
    """What is sent, and how it is shown: `shown` is the value before it was written, with files by their names."""

    content: bytes | None
    media_type: str | None
    shown: Any = None
    pieces: Pieces | None = None
    """Instead of the content: bytes and files of the run, which are read as they go out."""
    sha256: str | None = None
    """The hash of these bytes, where it is known."""

    def all_bytes(self) -> bytes:
        """The content, for a signature over all of it."""
        return joined(self.pieces) if self.pieces is not None else self.content or b""


Writes = Callable[[Any, Roots, bool], Body]
NOTHING = Body(None, None)


@dataclass(frozen=True, slots=True)
class CompiledBody:
    """The body of a manifest's request: rendered to a value, which an idempotency key may be added to, then written."""

    encoding: Encoding
    _value: Rendered

    def value(self, roots: Roots) -> Any:
        return self._value(roots)

    def written(self, value: Any, roots: Roots, *, is_shown: bool = False) -> Body:
        return NOTHING if value is MISSING and self.encoding != "multipart" else _WRITERS[self.encoding](
            value, roots, is_shown)  # fmt: skip


def compiled_body(request: RequestManifest) -> CompiledBody:
    """The body of a request."""
    if request.encoding == "multipart" and request.body is not None and not request.parts:
        return CompiledBody("multipart", _named_parts(compiled(request.body)))
    if request.parts or request.encoding == "multipart":
        parts = {name: {key: value for key, value in (("value", each.value), ("file", each.file),
                                                      ("filename", each.filename), ("content_type", each.content_type))
                        if value is not None} for name, each in request.parts.items()}  # fmt: skip
        return CompiledBody("multipart", compiled(parts))
    if request.encoding == "multipart_related":
        return CompiledBody(
            "multipart_related",
            compiled({"metadata": request.metadata, "media": request.media, "media_type": request.media_type}),
        )
    if request.body is None:
        return CompiledBody("none", lambda _: MISSING)
    return CompiledBody(request.encoding or "json", compiled(request.body))


def _named_parts(body: Rendered) -> Rendered:
    """The parts of a form whose names are no part of the manifest: an object of `values` and `files` by their names."""

    def parts(roots: Roots) -> Any:
        given, found = body(roots), dict[str, list[Any]]()
        for group, key in (("values", "value"), ("files", "file")):
            for name, each in (given.get(group) or {}).items():
                found.setdefault(name, []).append({key: each})  # a field and a file may share a name
        return found

    return parts


def shown_value(value: Any) -> Any:
    """A value as people see it: bytes by their number, files by their names."""
    match value:
        case bytes():
            return f"<{len(value):,} bytes>"
        case FilePart():
            return f"<{value.length:,} bytes>"
        case Placeholder():
            return str(value)
        case dict():
            if is_file(value):
                return f"<{value['name']}, {value.get('size', 0):,} bytes>"
            return {key: shown_value(each) for key, each in value.items()}
        case list() | tuple():
            return [shown_value(each) for each in value]
    return value


def _json(value: Any, _: Roots, is_shown: bool) -> Body:
    return Body(None, JSON, shown_value(value)) if is_shown else Body(_json_bytes(value), JSON)


def _json_bytes(value: Any) -> bytes:
    """As json_of. Python's own writer is set up anew each time, which takes longer than what most calls send."""
    if type(value) is dict and _TEXT.issuperset(map(type, value)) and _PLAIN.issuperset(map(type, value.values())):
        try:
            return to_json(value)
        except ValueError:  # half a character
            pass
    return json_of(value).encode()


def _form(value: Any, _: Roots, is_shown: bool) -> Body:
    media_type = "application/x-www-form-urlencoded"
    if is_shown:
        return Body(None, media_type, shown_value(value))
    return Body(form_text(value).encode(), media_type)


def form_text(value: Mapping[str, Any]) -> str:
    """A flat mapping as a form or a query writes it: lists repeat their name, objects inside go into [brackets]."""
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in flat_pairs(value))


def flat_pairs(value: Any, name: str = "") -> list[tuple[str, str]]:
    """The names and texts of a form."""
    found: list[tuple[str, str]] = []
    for key, each in value.items():
        full = f"{name}[{key}]" if name else str(key)
        if each is None or each is MISSING:
            continue
        if isinstance(each, Mapping):
            found += flat_pairs(each, full)
        elif isinstance(each, list | tuple):
            for index, one in enumerate(each):
                if isinstance(one, Mapping):
                    found += flat_pairs(one, f"{full}[{index}]")
                else:
                    found.append((full, text_of(one)))
        else:
            found.append((full, text_of(each)))
    return found


def _raw(value: Any, roots: Roots, is_shown: bool) -> Body:
    media_type = str(value.get("mime") or DEFAULT_MIME) if is_file(value) else (
        DEFAULT_MIME if isinstance(value, bytes) else "text/plain; charset=utf-8")  # fmt: skip
    if is_shown:
        return Body(None, media_type, shown_value(value))
    if isinstance(value, FilePart):
        return _of_pieces([value], DEFAULT_MIME)
    piece = _piece(value, roots)
    return _of_pieces([piece], media_type, sha256=None if isinstance(piece, bytes) else str(value["ref"]))


def _piece(value: Any, roots: Roots) -> bytes | FilePart:
    """The bytes of a value, or the file that they stand in where it is a large one."""
    if is_file(value) and roots.files is not None:
        found = FilePart.whole(roots.files.path(value))
        return found if found.length > _LARGE_BYTES else found.read()
    return bytes_of(value, roots)


def _of_pieces(pieces: Sequence[bytes | FilePart], media_type: str, *, sha256: str | None = None) -> Body:
    """A body in memory where it is small, else of its pieces."""
    found = tuple(pieces)
    if not any(isinstance(each, FilePart) and each.length > _LARGE_BYTES for each in found):
        return Body(joined(found), media_type)
    return Body(None, media_type, pieces=found, sha256=sha256)


def _multipart(parts: Any, roots: Roots, is_shown: bool) -> Body:
    if is_shown:
        shown = {name: [shown_value(part.get("file", part.get("value"))) for part in _listed(found) if part]
                 for name, found in parts.items()}  # fmt: skip
        return Body(None, "multipart/form-data",
                    {name: each[0] if len(each) == 1 else each for name, each in shown.items() if each})  # fmt: skip
    boundary = secrets.token_hex(16)
    pieces: list[bytes | FilePart] = []
    for name, part in ((name, part) for name, found in parts.items() for part in _listed(found)):
        content = part.get("file", part.get("value", MISSING))
        if content is MISSING or content is None:
            continue
        for each in content if "file" in part and isinstance(content, list) else [content]:
            pieces += _part(boundary, name, part, each, roots)
    pieces.append(f"--{boundary}--\r\n".encode())
    return _of_pieces(pieces, f"multipart/form-data; boundary={boundary}")


def _listed(found: Any) -> list[Any]:
    """The parts of a name."""
    return found if isinstance(found, list) else [found]


def _part(boundary: str, name: str, part: Mapping[str, Any], content: Any,
          roots: Roots) -> list[bytes | FilePart]:  # fmt: skip
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
    media_type = part.get("content_type")
    if "file" in part:
        filename = part.get("filename") or (content["name"] if is_file(content) else name)
        head += f'; filename="{_quoted(text_of(filename))}"'
        media_type = media_type or (content.get("mime") if is_file(content) else None) or DEFAULT_MIME
    if media_type:
        head += f"\r\nContent-Type: {_one_line(text_of(media_type))}"
    written = _piece(content, roots) if "file" in part else (
        json_of(content) if isinstance(content, dict | list) else text_of(content)).encode()  # fmt: skip
    return [f"{head}\r\n\r\n".encode(), written, b"\r\n"]


def _related(value: Any, roots: Roots, is_shown: bool) -> Body:
    if is_shown:
        return Body(None, "multipart/related", shown_value(value))
    media, boundary = value.get("media"), secrets.token_hex(16)
    mime = str(media.get("mime") or DEFAULT_MIME) if is_file(media) else str(value.get("media_type") or DEFAULT_MIME)
    pieces = (
        f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n".encode(),
        json_of(value.get("metadata") or {}).encode(),
        f"\r\n--{boundary}\r\nContent-Type: {_one_line(mime)}\r\n\r\n".encode(),
        b"" if media is None else _piece(media, roots),
        f"\r\n--{boundary}--\r\n".encode(),
    )
    return _of_pieces(pieces, f"multipart/related; boundary={boundary}")


def _none(*_: Any) -> Body:
    return NOTHING


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    return "".join(each for each in text if each >= " " and each != "\x7f")


_WRITERS: Mapping[Encoding, Writes] = {
    "json": _json, "form": _form, "raw": _raw, "multipart": _multipart, "multipart_related": _related, "none": _none,
}  # fmt: skip
