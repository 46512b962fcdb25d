"""Bodies of several parts, taken apart."""

from __future__ import annotations

import email
import email.policy
import re


def related_parts(content_type: str, body: bytes) -> tuple[bytes, tuple[str, bytes]]:
    """The JSON of a multipart/related body, and the type and bytes of what stands beside it.

    Raises:
        ValueError: for a body of another form.
    """
    if not content_type.lower().startswith("multipart/related"):
        raise ValueError(f"content type {content_type or 'is missing'}: multipart/related is wanted")
    boundary = email.message_from_string(f"Content-Type: {content_type}\n\n").get_boundary()
    if not boundary:
        raise ValueError("multipart/related without a boundary")
    mark = b"--" + boundary.encode()
    pieces = re.split(rb"\r?\n" + re.escape(mark), body)  # Google's own client ends its lines as Unix does.
    if not body.startswith(mark) or not pieces[-1].startswith(b"--") or len(pieces) != 3:
        raise ValueError("not two parts between boundaries")
    parts = [re.split(rb"\r?\n\r?\n", each, maxsplit=1) for each in (pieces[0].removeprefix(mark), pieces[1])]
    if any(len(each) != 2 for each in parts):
        raise ValueError("a part without an empty line after its headers")
    heads = [
        email.message_from_bytes(head.lstrip(b"\r\n") + b"\r\n\r\n", policy=email.policy.HTTP) for head, _ in parts
    ]
    if heads[0].get_content_type() != "application/json" or "Content-Type" not in heads[0]:
        raise ValueError("the first part is no JSON")
    if "Content-Type" not in heads[1]:
        raise ValueError("the second part says no type")
    return parts[0][1], (str(heads[1]["Content-Type"]), parts[1][1])
