"""Who signed a request: an HMAC with SHA-256 over the bytes as they came, in the forms of those who sign.

What the headers claim is read before the body is: a request without a signature, or with one that is too old, costs
nothing more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from ir.records import dataclass

Headers = Mapping[bytes, bytes]
"""The headers of a request by their names in lower case; of one that comes twice, the first."""

DEFAULT_HEADER: Mapping[str, bytes] = {
    "generic": b"x-signature",
    "github": b"x-hub-signature-256",
    "stripe": b"stripe-signature",
    "slack": b"x-slack-signature",
    "standard-webhooks": b"webhook-signature",
}
_MOST = 10
"""Signatures that are compared; a sender that rotates its secret sends two."""
_MAC = 32
_BLOCK = 64
_MOMENT = re.compile(rb"[0-9]{1,11}")


class Unproved(Exception):
    """A request that does not prove where it comes from."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers say: the signatures, and what was signed before the body."""

    signatures: tuple[bytes, ...]
    before: bytes = b""

    def holds(self, keys: Sequence[Key], body: bytes) -> bool:
        """Whether one of the signatures was made with one of the keys."""
        signed = self.before + body if self.before else body
        right = False
        for key in keys:
            mac = key.mac(signed)
            for each in self.signatures:
                right |= hmac.compare_digest(mac, each)
        return right


class Key:
    """A key, with what HMAC makes of it for every message done once: RFC 2104.

    The one call of the standard library lets other threads run meanwhile, and waits milliseconds for its turn again.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(each ^ 0x36 for each in padded))
        self._outer = hashlib.sha256(bytes(each ^ 0x5C for each in padded))

    def mac(self, signed: bytes) -> bytes:
        """The HMAC with SHA-256."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(signed)
        outer.update(inner.digest())
        return outer.digest()


def claim_of(form: str, headers: Headers, *, header: bytes, tolerance_s: int, now_s: float) -> Claim:
    """What a request's headers claim.

    Raises:
        Unproved: they claim nothing, or what was true too long ago.
    """
    written = headers.get(header)
    if written is None:
        raise Unproved(f"the header {header.decode()} is missing")
    claim = _READERS[form](headers, header, written.strip(), _Clock(now_s, tolerance_s))
    if not claim.signatures:
        raise Unproved(f"the header {header.decode()} holds no signature")
    return claim


def keys_of(form: str, secret: str) -> Iterator[Key]:
    """The keys that a secret stands for. Standard Webhooks writes them as base64, mostly behind whsec_."""
    text = secret.strip("\r\n")
    yield Key(text.encode())
    if form == "standard-webhooks":
        try:
            decoded = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            return
        if decoded:  # with a key of nothing anybody could sign
            yield Key(decoded)


@dataclass(frozen=True, slots=True)
class _Clock:
    now_s: float
    tolerance_s: int

    def check(self, written: bytes | None) -> bytes:
        """The time stamp, where it is one and of now.

        Raises:
            Unproved: it is missing, is none, or lies too far back or ahead.
        """
        if written is None or not _MOMENT.fullmatch(written):
            raise Unproved("the signature has no time stamp")
        if abs(self.now_s - int(written)) > self.tolerance_s:
            raise Unproved(f"the signature was not made within the last {self.tolerance_s} seconds")
        return written


def _generic(headers: Headers, header: bytes, written: bytes, clock: _Clock) -> Claim:
    return Claim(tuple(_macs([written.removeprefix(b"sha256=")])))


def _github(headers: Headers, header: bytes, written: bytes, clock: _Clock) -> Claim:
    return Claim(tuple(_macs([written.removeprefix(b"sha256=")] if written.startswith(b"sha256=") else [])))


def _stripe(headers: Headers, header: bytes, written: bytes, clock: _Clock) -> Claim:
    parts = [part.strip().partition(b"=") for part in written.split(b",")]
    moment = clock.check(next((value for name, _, value in parts if name == b"t"), None))
    return Claim(tuple(_macs([value for name, _, value in parts if name == b"v1"])), moment + b".")


def _slack(headers: Headers, header: bytes, written: bytes, clock: _Clock) -> Claim:
    moment = clock.check(headers.get(b"x-slack-request-timestamp"))
    found = [written.removeprefix(b"v0=")] if written.startswith(b"v0=") else []
    return Claim(tuple(_macs(found)), b"v0:" + moment + b":")


def _standard(headers: Headers, header: bytes, written: bytes, clock: _Clock) -> Claim:
    begin = header.removesuffix(b"signature")
    message = headers.get(begin + b"id")
    if not message:
        raise Unproved(f"the header {begin.decode()}id is missing")
    moment = clock.check(headers.get(begin + b"timestamp"))
    found = [each.removeprefix(b"v1,") for each in written.split() if each.startswith(b"v1,")]
    return Claim(tuple(_macs(found)), message + b"." + moment + b".")


_READERS: Mapping[str, Callable[[Headers, bytes, bytes, _Clock], Claim]] = {
    "generic": _generic,
    "github": _github,
    "stripe": _stripe,
    "slack": _slack,
    "standard-webhooks": _standard,
}


def _macs(written: Sequence[bytes]) -> Iterator[bytes]:
    """The signatures as bytes, whether they are written in hexadecimal or in base64; what is neither is left out."""
    for each in written[:_MOST]:
        try:
            found = bytes.fromhex(each.decode("ascii")) if len(each) == 2 * _MAC else base64.b64decode(each)
        except ValueError:
            continue
        if len(found) == _MAC:
            yield found
