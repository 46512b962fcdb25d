"""URLs as people see them."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"(s3a?|gdrive|dropbox|memory|gs|gcs|abfss?|az)://", re.IGNORECASE)
"""Schemes without a query, in which ? and # stand for themselves or for a character of a glob."""


def without_user(url: str) -> str:
    """The URL without the user and password it may carry."""
    return re.sub(r"(://)[^/@]*@", r"\1", url)


def without_secrets(url: str) -> str:
    """The URL without a password, a query or a fragment: any of them may be a secret."""
    if _PLAIN.match(url):
        return without_user(url)
    head, mark, rest = url.partition("://")
    if not mark:
        return url
    rest = rest.split("?", 1)[0].split("#", 1)[0]
    authority, slash, path = rest.partition("/")
    return f"{head}://{authority.rsplit('@', 1)[-1]}{slash}{path}"
