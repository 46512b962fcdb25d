"""Headers of a request that people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def headers_problem(headers: Mapping[str, Any]) -> str | None:
    """Why these cannot be the headers of a request, or None."""
    for name, value in headers.items():
        if not name or not all(each.isalnum() or each in "!#$%&'*+-.^_`|~" for each in name) or not name.isascii():
            return f'"{name[:60]}" is no name of a header'
        if name.lower() in {"host", "content-length", "transfer-encoding", "connection", "upgrade"}:
            return f'the header "{name}" is not one to set'
        if any((each < " " and each != "\t") or each == "\x7f" for each in str(value)):
            return f'the header "{name}" holds a line break'
    return None
