"""Signatures of a request's body, by which its receiver knows from whom it comes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

FORMATS = ("standard-webhooks", "github", "generic")
_PREFIX = "whsec_"


def signature_headers(form: str, secret: str, *, message_id: str, body: bytes, now_s: float) -> Mapping[str, str]:
    """The headers of a signed request: as Standard Webhooks says, as GitHub signs, or the hexadecimal HMAC alone."""
    if form == "standard-webhooks":
        moment = str(int(now_s))
        signed = b".".join((message_id.encode(), moment.encode(), body))
        mac = hmac.new(_key(secret), signed, hashlib.sha256).digest()
        return {"webhook-id": message_id, "webhook-timestamp": moment,
                "webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}  # fmt: skip
    mac_hex = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={mac_hex}"} if form == "github" else {"X-Signature": mac_hex}


def _key(secret: str) -> bytes:
    """The key of a secret of Standard Webhooks: base64 behind whsec_, else the text itself."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()
