"""The media type of a delivered file."""

from __future__ import annotations

from connectors.files.streams import compression_of

_TEXT = {"csv": "text/csv", "tsv": "text/tab-separated-values", "txt": "text/plain", "html": "text/html",
         "json": "application/json", "ndjson": "application/x-ndjson"}  # fmt: skip
_BINARY = {
    "pdf": "application/pdf",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_COMPRESSED = {"gzip": "application/gzip", "zstd": "application/zstd", "bz2": "application/x-bzip2"}


def media_type_of(format_name: str, *, compression: str | None = None, encoding: str | None = None) -> str:
    """By the format; a compressed text is what its compression says, and stays as it is when it is fetched."""
    if format_name in _BINARY:
        return _BINARY[format_name]
    packed = compression_of(compression)
    if packed is not None:
        return _COMPRESSED[packed]
    found = _TEXT.get(format_name, "application/octet-stream")
    return f"{found}; charset={(encoding or 'utf-8').lower()}" if found.startswith("text/") else found
