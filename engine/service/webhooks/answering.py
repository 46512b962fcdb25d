"""What the sender of an accepted event is answered."""

from __future__ import annotations

import json
from typing import Any

from engine.service.webhooks.refusing import Turned
from ir.model.webhooks import WebhookResponse
from ir.records import dataclass
from ir.templates import Template, Unresolved, parse_template, render
from ir.value_text import text_of

ACCEPTED = 202
_NO_BODY = frozenset({204, 205, 304})
JSON_KIND, TEXT_KIND = b"application/json", b"text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it is sent."""

    status: int
    body: bytes
    kind: bytes = JSON_KIND


def reply_of(status: int, value: Any) -> Reply:
    """An answer of JSON."""
    return Reply(status=status, body=_JSON.encode(value).encode(errors="replace"))


_JSON = json.JSONEncoder(ensure_ascii=False, default=text_of)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one webhook: its workflow's, or what it says by itself."""

    response: WebhookResponse | None

    def filled(self, payload: Any, *, event: str, run_id: str | None, is_new: bool) -> Reply:
        """The answer to one event; a batch has no run yet.

        Raises:
            Turned: 422 where it tells something that this payload has not.
        """
        status = ACCEPTED if self.response is None else self.response.status_code
        if status in _NO_BODY:
            return Reply(status=status, body=b"", kind=b"")
        if self.response is None or self.response.body is None:
            told = {"status": "accepted" if is_new else "duplicate", "event_id": event, "run_id": run_id}
            return reply_of(status, {name: value for name, value in told.items() if value is not None})
        try:
            found = _filled(self.response.body, {"payload": payload, "run_id": run_id})
        except Unresolved as problem:
            raise Turned(422, f"the answer cannot be made: {problem.message}") from None
        if isinstance(self.response.body, str):
            return Reply(status=status, body=text_of(found).encode(errors="replace"), kind=TEXT_KIND)
        return reply_of(status, found)


def _filled(written: Any, roots: dict[str, Any]) -> Any:
    match written:
        case str():
            template: Template = parse_template(written)
            return render(template, roots)
        case dict():
            return {name: _filled(each, roots) for name, each in written.items()}
        case list():
            return [_filled(each, roots) for each in written]
    return written
