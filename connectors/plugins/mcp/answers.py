"""What a tool answers as the value that an action gives."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from connectors.json_reading import read_json
from connectors.plugins.files import FileStore
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from mcp_types import CallToolResult

MAX_BYTES = 32 * 1024**2


def output_of(result: CallToolResult, files: FileStore | None, *, tool: str) -> Any:
    """The structured content; without any the text, as JSON where it is an object or a list, and the files.

    Raises:
        ConnectorProblem: IR691 where the tool says that it failed, or gives more than may be taken.
    """
    text = "\n".join(_text(each) for each in result.content if _text(each))
    if result.is_error:
        raise ConnectorProblem("IR691", f"the tool {tool} failed: {_shortened(text) or 'it does not say why'}")
    if len(text) > MAX_BYTES:
        raise ConnectorProblem("IR691", f"the tool {tool} gives more than {MAX_BYTES:,} bytes", sent=True)
    if result.structured_content is not None:
        return result.structured_content
    found = [each for each in (_file(each, files) for each in result.content) if each is not None]
    value = _value(text)
    if not found:
        return value
    return {"text": text or None, "files": found}


def _value(text: str) -> Any:
    """A text that is an object or a list in JSON as that; anything else stays the text that it is."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return read_json(text.encode("utf-8", "replace"))
        except ValueError:
            return text
    return text or None


def _text(block: Any) -> str:
    match block.type:
        case "text":
            return str(block.text)
        case "resource":
            return str(getattr(block.resource, "text", ""))
        case "resource_link":
            return str(block.uri)
    return ""


def _file(block: Any, files: FileStore | None) -> dict[str, Any] | None:
    """The bytes of a block as a file value; without a place for them only what they are."""
    if block.type in {"image", "audio"}:
        content, mime, name = block.data, block.mime_type, block.type
    elif block.type == "resource" and hasattr(block.resource, "blob"):
        content, mime = block.resource.blob, block.resource.mime_type
        name = str(block.resource.uri).rstrip("/").rpartition("/")[2] or "file"
    else:
        return None
    try:
        written = base64.b64decode(content, validate=True)
    except ValueError:
        raise ConnectorProblem("IR694", "the bytes of a file are no base64") from None
    if files is None:
        return {"name": name, "mime": mime, "size": len(written), "ref": None}
    return files.put(name, written, mime=mime)


def _shortened(text: str) -> str:
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= 500 else line[:500] + "…"
