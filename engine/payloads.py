"""The payloads that a run is begun with, in place of the requests of a webhook: one line of JSON each."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.values import plain
from connectors.webhooks.payload import one_line, read_payload
from ir.diagnostics import Diagnostic, WorkflowError
from ir.model.sources import WebhookSource
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.plan import Plan

Payload = str | Path | Mapping[str, Any] | Sequence[Any]
"""A file (`-`: standard input), or the value that one request brings."""
_LINES = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class Payloads:
    """`lines` in the order in which the requests came."""

    lines: tuple[bytes, ...]

    @classmethod
    def of(cls, payload: Payload) -> Payloads:
        """What was given: a file with one payload (or in NDJSON one a line), or the payload itself.

        Raises:
            WorkflowError: IR540 where it cannot be read, or is no JSON.
        """
        if isinstance(payload, str | Path):
            found = cls._of_file(str(payload))
        else:
            try:
                text = json.dumps(plain(payload), ensure_ascii=False, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise _refused(f"the payload is no JSON: {error}") from None
            found = cls((text.encode("utf-8", errors="surrogatepass"),))
        for number, line in enumerate(found.lines, start=1):
            try:
                read_payload(line)
            except ValueError as error:
                where = f", line {number}" if len(found.lines) > 1 else ""
                named = f"{payload}{where}" if isinstance(payload, str | Path) else "the payload"
                raise _refused(f"{named} is no JSON: {error}", "a file that ends in .ndjson has one payload a line"
                               if isinstance(payload, str | Path) else None) from None  # fmt: skip
        return found

    @classmethod
    def of_body(cls, body: bytes) -> Payloads:
        """Payloads as they are stored: one a line."""
        return cls(tuple(line for line in body.split(b"\n") if line.strip()))

    @classmethod
    def _of_file(cls, file: str) -> Payloads:
        try:
            body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            raise _refused(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
        if file.lower().endswith(_LINES):
            return cls.of_body(body.replace(b"\r\n", b"\n"))
        return cls((body.strip() if b"\n" not in body else _kept(body),))

    @property
    def body(self) -> bytes:
        """The payloads as they are stored."""
        return b"\n".join(self.lines)

    def values(self) -> list[Any]:
        """The payloads themselves."""
        return [read_payload(line) for line in self.lines]


def bodies_of(plan: Plan) -> dict[str, bytes]:
    """What the journal keeps of the payloads of a plan: {source: JSON lines}."""
    payloads = plan.compiled.payloads
    if payloads is None:
        return {}
    from engine.sources import source_names

    workflow = plan.compiled.workflow
    named = zip(source_names(workflow), workflow.data_sources, strict=True)
    return {name: payloads.body for name, each in named if isinstance(each, WebhookSource)}


def _kept(body: bytes) -> bytes:
    """A payload on one line; one that is no JSON stays as it is, so that its mistake has a place."""
    try:
        read_payload(body)
    except ValueError:
        return body
    return one_line(body)


def _refused(message: str, hint: str | None = None) -> WorkflowError:
    return WorkflowError([Diagnostic(code="IR540", message=message, hint=hint)])
