"""Signature Version 4 of AWS: method, path, query, headers and body, signed with a key of the day."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from connectors.plugins.http.building import Built
from ir.records import dataclass
from ir.redaction import HIDDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class SigV4:
    """Signs requests of one service in one region."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    service: str
    region: str
    now: Callable[[], float]

    async def sign(self, request: Built) -> None:
        moment = datetime.fromtimestamp(self.now(), UTC).strftime("%Y%m%dT%H%M%SZ")
        digest = request.body.sha256 or hashlib.sha256(request.body.all_bytes()).hexdigest()
        request.headers["x-amz-date"] = moment
        request.headers["x-amz-content-sha256"] = digest
        if self.session_token:
            request.headers["x-amz-security-token"] = self.session_token
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        names, canonical = self._canonical(request, digest)
        text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        signature = hmac.new(self._key(moment[:8]), text.encode(), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )

    async def renew(self, refused: Built, *, is_new: bool) -> bool:
        return False

    def show(self, request: Built) -> None:
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 {HIDDEN}"

    def _canonical(self, request: Built, digest: str) -> tuple[str, str]:
        """The names of the signed headers, and the request as both sides write it down."""
        url = urlsplit(request.address)
        # path segments of every service but S3 are encoded once more
        path = url.path if self.service == "s3" else quote(url.path, safe="/")
        pairs = sorted(each.partition("=")[::2] for each in url.query.split("&") if each)
        query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)
        headers = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()
                   if name.lower().startswith("x-amz-") or name.lower() in {"content-type", "content-md5"}}  # fmt: skip
        headers["host"] = url.netloc
        names = ";".join(sorted(headers))
        written = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        return names, "\n".join((request.method, path or "/", query, written, names, digest))

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for each in (day, self.region, self.service, "aws4_request"):
            key = hmac.new(key, each.encode(), hashlib.sha256).digest()
        return key


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
