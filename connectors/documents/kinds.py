"""Which kind of document some bytes are: by their beginning, then by name and media type."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from connectors.documents.document import Kind
from connectors.documents.problems import damaged, not_read

_PICTURES = {b"\x89PNG\r\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"II*\x00": "TIFF", b"MM\x00*": "TIFF",
             b"BM": "BMP"}  # fmt: skip
_PACKED = {b"\x1f\x8b": "gzip data", b"7z\xbc\xaf": "a 7z archive", b"Rar!": "a RAR archive", b"BZh": "bzip2 data",
           b"\x28\xb5\x2f\xfd": "zstd data"}  # fmt: skip
_ENDINGS: dict[str, Kind] = {
    "htm": "html", "html": "html", "xhtml": "html", "eml": "mail", "csv": "csv", "tsv": "csv", "txt": "text",
    "text": "text", "md": "text", "log": "text", "json": "text", "ndjson": "text", "xml": "text", "yaml": "text",
}  # fmt: skip
_TYPES: dict[str, Kind] = {
    "text/html": "html", "application/xhtml+xml": "html", "message/rfc822": "mail", "text/csv": "csv",
    "text/tab-separated-values": "csv",
}  # fmt: skip
_HTML = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_MAIL = re.compile(rb"(?:[A-Za-z0-9-]{2,40}: ?[^\r\n]{0,998}\r?\n(?:[ \t][^\r\n]{0,998}\r?\n){0,50}){2}")
_MAIL_WORDS = (b"\nMIME-Version:", b"\nReceived:", b"\nMessage-ID:", b"\nMessage-Id:", b"\nSubject:")


def kind_of(content: bytes, *, name: str, media_type: str = "") -> Kind:
    """The kind, whatever the name says, where the bytes show it.

    Raises:
        ConnectorProblem: IR780 where there is no reader for it, IR781 for an archive that is damaged.
    """
    head = content[:1024]
    if b"%PDF-" in head:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _packed_kind(content, name)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise not_read(name, "an old Office file or one with a password",
                       hint="save it as .docx or .xlsx without a password")  # fmt: skip
    if content.startswith(b"{\\rtf"):
        raise not_read(name, "an RTF file", hint="save it as .docx")
    if any(content.startswith(mark) for mark in _PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    for mark, what in _PACKED.items():
        if content.startswith(mark):
            raise not_read(name, what, hint="unpack it first")
    return _text_kind(content, name, media_type.split(";")[0].strip().lower())


def _packed_kind(content: bytes, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise damaged(name, "is cut short or damaged: it does not unpack") from error
    if any(each.startswith("word/document") for each in names):
        return "docx"
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "ppt/presentation.xml" in names:
        raise not_read(name, "a presentation", hint="save it as PDF")
    if "content.xml" in names:
        raise not_read(name, "an OpenDocument file", hint="save it as .docx, .xlsx or PDF")
    raise not_read(name, "a ZIP archive", hint="unpack it first")


def _text_kind(content: bytes, name: str, media_type: str) -> Kind:
    head = content[:4096]
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    if b"\x00" in head and not is_wide and not _is_utf16(head):
        raise not_read(name, "no kind of text")
    stated = _TYPES.get(media_type) or _ENDINGS.get(PurePath(name).suffix.lower().lstrip("."))
    if stated is not None:
        return stated
    if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "html"
    if _MAIL.match(head) and any(word in b"\n" + head for word in _MAIL_WORDS):
        return "mail"
    return "text"


def _is_utf16(head: bytes) -> bool:
    """Whether every second byte of a text is nearly always zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    return (even > 0.9 * half and odd < 0.1 * half) or (odd > 0.9 * half and even < 0.1 * half)
