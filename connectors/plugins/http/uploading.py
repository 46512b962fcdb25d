"""A file that goes up in parts: each is read from the disk as it is sent, and a cut connection loses one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connectors.http.pieces import FilePart
from connectors.plugins.files import is_file
from connectors.plugins.http.answers import Holds, Read, ServiceProblem, holding
from connectors.plugins.http.building import CompiledRequest
from connectors.plugins.requests import RequestManifest, Upload
from connectors.plugins.templating import Rendered, Roots, compiled
from connectors.problem import ConnectorProblem
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.plugins.http.asking import Asking, Call
    from connectors.plugins.http.calls import CompiledExchange


_MOST_STALLED = 4
"""So many answers without progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledUpload:
    """How the parts of a file go up."""

    file: Rendered
    part_bytes: int
    incomplete: Holds | None
    wrong_position: Holds | None
    position: Rendered | None
    ask: CompiledRequest | None
    begin: str | None

    def shown(self, roots: Roots) -> Roots:
        """The roots of the first part, for a request that is only shown."""
        file = self.file(roots)
        size = file.get("size") if is_file(file) else None
        total = size if isinstance(size, int) else self.part_bytes
        return roots.having(part=_part(file, 0, min(self.part_bytes, total), total))

    def accepts(self, read: Read) -> bool:
        """Whether an answer tells how far the upload is, whatever its status."""
        return any(holds is not None and holds(read) for holds in (self.incomplete, self.wrong_position))

    def is_incomplete(self, read: Read) -> bool:
        return self.incomplete is not None and self.incomplete(read)

    def at(self, read: Read) -> int | None:
        """From where the service wants more, where it says so."""
        found = self.position(read.roots(Roots(values={}))) if self.position is not None else None
        return int(found) if isinstance(found, int) or (isinstance(found, str) and found.isdecimal()) else None


def compiled_upload(upload: Upload, made: Callable[[RequestManifest], CompiledRequest]) -> CompiledUpload:
    """The upload of a step.

    Raises:
        ValueError: a template that cannot be read.
    """
    return CompiledUpload(
        file=compiled(upload.file), part_bytes=upload.part_bytes, begin=upload.begin,
        incomplete=holding(upload.incomplete) if upload.incomplete is not None else None,
        wrong_position=holding(upload.wrong_position) if upload.wrong_position is not None else None,
        position=compiled(upload.position) if upload.position is not None else None,
        ask=made(upload.ask) if upload.ask is not None else None,
    )  # fmt: skip


class SessionGone(Exception):
    """The service knows nothing of the upload any more."""

    def __init__(self, problem: ServiceProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


async def uploaded(asking: Asking, call: Call, exchange: CompiledExchange, upload: CompiledUpload,
                   roots: Roots) -> Read:  # fmt: skip
    """Send a file part by part; the answer to the last one.

    After a failure that passes the service is asked how far it is, where there is a request for that; else the same
    part goes out again, and a service that has it already says so. Attempts are counted from the last progress on.
    An upload whose last answer was lost may be over: where the service knows nothing of it any more, the file itself is
    looked for before anything is sent again.

    Raises:
        ConnectorProblem: as of any request.
        SessionGone: the service does not know the upload, and a step is named that begins it anew.
    """
    file = upload.file(roots)
    if not is_file(file) or roots.files is None:
        raise ConnectorProblem("IR694", "what is to be sent in parts is no file of this run", key=("config",))
    path = roots.files.path(file)
    total = path.stat().st_size
    position, furthest, attempt, stalled, is_unsure, may_be_over = 0, 0, 1, 0, False, False
    while True:
        size = min(upload.part_bytes, total - position)
        part = _part(FilePart(path, position, size), position, size, total)
        is_asked = is_unsure and upload.ask is not None
        request = upload.ask if is_asked and upload.ask is not None else exchange.request
        try:
            read = await asking.attempted(call, exchange, request, roots.having(part=part), None,
                                          accepts=upload.accepts)  # fmt: skip
            is_unsure = may_be_over = False
            if not upload.accepts(read):
                position = total if is_asked else position + size
            elif (told := upload.at(read)) is not None or upload.is_incomplete(read):
                position = told or 0
            else:  # a refusal that tells no position: the service is asked
                is_unsure = True
            if position >= total and not upload.is_incomplete(read):
                call.has_acted = True  # also where it is only asked
                return read
            stalled += not is_asked
            if position > furthest:
                furthest, attempt, stalled = position, 1, 0
            if position >= total or stalled > _MOST_STALLED:
                raise _stuck(asking, position, total)
        except ConnectorProblem as problem:
            is_gone = isinstance(problem, ServiceProblem) and "not_found" in problem.met
            # gone: a proxy on the way may have sent the last part a second time, when it had ended the upload
            may_be_over = may_be_over or (part["is_last"] and not is_asked and (problem.sent or is_gone))
            problem.sent = problem.sent or may_be_over
            if may_be_over and exchange.found is not None and (is_gone or problem.reason is None):
                found = await asking.found(call, exchange.found, roots, problem)
                if found is not None:
                    return found
                problem.sent = may_be_over = False
            if isinstance(problem, ServiceProblem) and is_gone and upload.begin is not None:
                raise SessionGone(problem) from None
            await _again(asking, problem, attempt)
            is_unsure, attempt = True, attempt + 1
        call.attempts = max(call.attempts, attempt)


async def _again(asking: Asking, problem: ConnectorProblem, attempt: int) -> None:
    if problem.reason is None:
        raise problem
    await asking.pace.again(problem, attempt, is_repeatable=True)


def _stuck(asking: Asking, position: int, total: int) -> ConnectorProblem:
    return ConnectorProblem("IR691", f"{asking.manifest.title} stays at {position:,} of {total:,} bytes of an upload",
                            sent=True)  # fmt: skip


def _part(file: Any, start: int, size: int, total: int) -> dict[str, Any]:
    """What {{part}} is."""
    return {"file": file, "start": start, "end": start + size, "last": start + size - 1, "size": size, "total": total,
            "is_last": start + size >= total}  # fmt: skip
