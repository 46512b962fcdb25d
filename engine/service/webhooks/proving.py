"""How a request proves where it comes from, as its workflow asks for it."""

from __future__ import annotations

import base64
import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import field

from engine.service.webhooks.refusing import Turned
from engine.service.webhooks.signatures import DEFAULT_HEADER, Claim, Headers, Key, Unproved, claim_of, keys_of
from ir.model.webhooks import WebhookValidation
from ir.records import dataclass

KEEP_S = 30.0
"""So long a secret is used before it is looked up again."""
AGAIN_S = 2.0
"""A request that the known secrets refuse has them looked up again, at most so often: they may have been rotated."""


@dataclass(frozen=True, slots=True)
class Known:
    """The secrets of a webhook, and the keys that they are."""

    texts: tuple[bytes, ...] = field(repr=False)
    keys: tuple[Key, ...] = field(repr=False)


@dataclass(slots=True)
class Secrets:
    """The secrets of one webhook, looked up by `find` when they are needed first. No text of it ever leaves."""

    references: Sequence[str]
    find: Callable[[str], str]
    form: str = "generic"
    _known: Known = field(default_factory=lambda: Known((), ()), repr=False)
    _found_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def known(self) -> Known | None:
        """The secrets, where they were looked up lately."""
        return self._known if self._found_at is not None and time.monotonic() - self._found_at < KEEP_S else None

    def may_be_old(self) -> bool:
        return self._found_at is None or time.monotonic() - self._found_at >= AGAIN_S

    def look_up(self) -> Known:
        """Look them up, which may block.

        Raises:
            ConnectorProblem: one of them cannot be had.
        """
        with self._lock:
            if self.may_be_old():
                texts = [self.find(each).strip("\r\n") for each in self.references]
                keys = [key for each in texts for key in keys_of(self.form, each)]
                self._known = Known(tuple(each.encode() for each in texts), tuple(keys))
                self._found_at = time.monotonic()
            return self._known


@dataclass(slots=True)
class Gate:
    """The check of one webhook: first what the headers show, then the body."""

    validation: WebhookValidation
    clock: Callable[[], float] = time.time

    @property
    def header(self) -> bytes | None:
        written = self.validation.signature_header
        if written is not None:
            return written.lower().encode()
        return DEFAULT_HEADER[self.validation.signature_format] if self.validation.method == "hmac-sha256" else None

    def claimed(self, headers: Headers) -> Claim | None:
        """What is to be checked of the body once it is there; None where nothing is.

        Raises:
            Turned: 401 where the headers claim nothing that could be right.
        """
        if self.validation.method != "hmac-sha256":
            return None
        header = self.header
        assert header is not None
        try:
            return claim_of(self.validation.signature_format, headers, header=header,
                            tolerance_s=self.validation.tolerance_seconds, now_s=self.clock())  # fmt: skip
        except Unproved as problem:
            raise Turned(401, str(problem)) from None

    def is_shown(self, headers: Headers, secrets: Known) -> bool:
        """Whether the headers hold the token or the password."""
        match self.validation.method:
            case "token":
                return _is_one_of(self._token(headers), secrets)
            case "basic-auth":
                return _is_one_of(_basic(headers), secrets)
            case _:
                return True

    def holds(self, claim: Claim, secrets: Known, body: bytes) -> bool:
        """Whether the claim is true of the body."""
        return claim.holds(secrets.keys, body)

    def refusal(self) -> Turned:
        """What is answered to a proof that is none."""
        match self.validation.method:
            case "token":
                where = self.header.decode() if self.header else "Authorization: Bearer"
                return Turned(401, f"the token in {where} is missing or wrong")
            case "basic-auth":
                return Turned(401, "the user or the password is missing or wrong",
                              headers={"www-authenticate": 'Basic realm="webhook", charset="UTF-8"'})  # fmt: skip
            case _:
                return Turned(401, "the signature is not one of this body with the secret of this webhook")

    def _token(self, headers: Headers) -> bytes | None:
        if self.header is not None:
            return headers.get(self.header)
        kind, _, rest = headers.get(b"authorization", b"").partition(b" ")
        return rest.strip() if kind.lower() == b"bearer" else None


def _basic(headers: Headers) -> bytes | None:
    kind, _, rest = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() != b"basic":
        return None
    try:
        return base64.b64decode(rest.strip(), validate=True)
    except ValueError:
        return None


def _is_one_of(given: bytes | None, secrets: Known) -> bool:
    right = False
    for each in secrets.texts:
        right |= hmac.compare_digest(given or b"", each)
    return right and bool(given)
