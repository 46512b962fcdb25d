"""What an answer is: a result, or a failure that may pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from email.message import Message
from pathlib import Path
from typing import Any

from connectors.http.answers import Answer, may_have_taken_effect, reason_of, retry_after_s
from connectors.json_reading import read_json
from connectors.plugins.files import FileStore, plain_name
from connectors.plugins.manifest import Manifest
from connectors.plugins.requests import Condition, Errors, ResponseManifest, RetryAfter
from connectors.plugins.templating import MISSING, Rendered, Roots, compiled, compiled_path
from connectors.problem import ConnectorProblem
from ir.reasons import RetryReason
from ir.records import dataclass
from ir.value_text import text_of

_MOST_CHARACTERS = 300
_HINTS = {401: "look at the credentials", 403: "look at what these credentials may do",
          404: "look at the names and ids in the parameters"}  # fmt: skip


class ServiceProblem(ConnectorProblem):
    """A service said no; `met` are the conditions of the manifest that its answer fits, such as not_found."""

    met: frozenset[str] = frozenset()
    status: int = 0


# not frozen: one is made for each request, and setting the fields of a frozen one takes four times as long
@dataclass(slots=True)
class Read:
    """An answer with its body read."""

    answer: Answer = field(repr=False)
    body: Any
    is_judged: bool = True
    """Whether its body may tell a failure in a 2xx: that of a file or a text does not."""

    def roots(self, roots: Roots) -> Roots:
        # the headers of an answer know no upper and lower case
        return roots.having(response=self.body, status=self.answer.status, headers=self.answer.headers)


Holds = Callable[[Read], bool]


@dataclass(frozen=True, slots=True)
class CompiledErrors:
    """How a plugin, or one of its actions, says no."""

    title: str
    success: Holds | None
    message_paths: tuple[Rendered, ...]
    rate_limit: tuple[tuple[Holds, RetryAfter | None], ...]
    retry: tuple[tuple[Holds, RetryAfter | None], ...]
    named: Mapping[str, tuple[Holds, ...]]

    def problem(self, read: Read, *, now_s: float) -> ServiceProblem | None:
        """What the answer is where it is no success."""
        status = read.answer.status
        if 200 <= status < 300 and (self.success is None or not read.is_judged or self.success(read)):
            return None
        reason, wait_s, sent = self._again(read, now_s)
        said = self._message(read)
        found = ServiceProblem("IR691", f"{self.title} answers {said}", hint=_HINTS.get(status), reason=reason,
                               retry_after_s=wait_s, sent=sent)  # fmt: skip
        found.status = status
        found.met = frozenset(name for name, holds in self.named.items() if any(each(read) for each in holds))
        return found

    def _again(self, read: Read, now_s: float) -> tuple[RetryReason | None, float | None, bool]:
        status = read.answer.status
        asked_s = retry_after_s(read.answer.headers, now_s=now_s)
        for holds, after in self.rate_limit:
            if holds(read):
                return "rate_limit", _wait(after, read, now_s, asked_s), False
        for holds, after in self.retry:
            if holds(read):
                return reason_of(status) or "server_error", _wait(after, read, now_s, asked_s), True
        return reason_of(status), asked_s, may_have_taken_effect(status)

    def _message(self, read: Read) -> str:
        roots = Roots(values={"response": read.body})
        for each in self.message_paths:
            value = each(roots)
            if value is not MISSING and value is not None and value != "":
                return f"{read.answer.status}: {one_line(text_of(value))}"
        return read.answer.shown


def compiled_errors(manifest: Manifest, own: Errors | None) -> CompiledErrors:
    """How an action of a plugin says no: its own conditions are asked first."""
    both = [each for each in (own, manifest.errors) if each is not None]
    success = next((each.success_when for each in both if each.success_when is not None), None)
    paths = [path for each in both for path in _listed(each.message_path)]
    names = ("not_found", "already_exists")
    return CompiledErrors(
        title=manifest.title, success=_holds(success) if success is not None else None,
        message_paths=tuple(compiled_path(each) for each in paths),
        rate_limit=tuple((_holds(each), each.retry_after) for errors in both for each in errors.rate_limit),
        retry=tuple((_holds(each), each.retry_after) for errors in both for each in errors.retry),
        named={name: tuple(_holds(each) for errors in both for each in getattr(errors, name)) for name in names},
    )  # fmt: skip


def holding(condition: Condition) -> Holds:
    """Whether the condition holds of an answer."""
    return _holds(condition)


def _holds(condition: Condition) -> Holds:
    path = compiled_path(condition.path) if condition.path is not None else None
    statuses = None if condition.status is None else frozenset(_listed(condition.status))
    if path is not None and condition.model_fields_set == {"path", "equals"} and condition.equals is not None:
        wanted, its_path = condition.equals, path
        return lambda read: bool(its_path(Roots(values={"response": read.body})) == wanted)

    def holds(read: Read) -> bool:
        if statuses is not None and read.answer.status not in statuses:
            return False
        if path is None and condition.header is None:
            return True
        seen: Any = MISSING
        if path is not None:
            seen = path(Roots(values={"response": read.body}))
        elif condition.header is not None:
            seen = read.answer.headers.get(condition.header, MISSING)
        return _fits(condition, seen)

    return holds


def _fits(condition: Condition, seen: Any) -> bool:
    is_there = seen is not MISSING and seen is not None
    if condition.exists is not None and is_there is not condition.exists:
        return False
    if condition.equals is not None and seen != condition.equals:
        return False
    if condition.one_of is not None and not (
        any(each in condition.one_of for each in seen) if isinstance(seen, list) else seen in condition.one_of
    ):
        return False
    if condition.contains is not None and condition.contains.lower() not in text_of(seen if is_there else "").lower():
        return False
    return is_there or condition.exists is False


def _wait(after: RetryAfter | None, read: Read, now_s: float, asked_s: float | None) -> float | None:
    if after is None:
        return asked_s
    if after.header is not None and after.header.lower() != "retry-after":
        asked_s = retry_after_s({"Retry-After": read.answer.headers.get(after.header, "")}, now_s=now_s)
    if after.epoch_header is not None and (moment := _number(read.answer.headers.get(after.epoch_header))) is not None:
        asked_s = max(moment - now_s, 0.0)
    if after.path is not None:
        asked_s = _number(compiled_path(after.path)(Roots(values={"response": read.body})))
    return after.fixed_s if asked_s is None else asked_s


def decoded(answer: Answer, how: str, *, title: str) -> Any:
    """The body of an answer, read.

    Raises:
        ConnectorProblem: IR691 for a body that is not what the manifest says.
    """
    body = answer.body
    if not body and how != "file":
        return None
    try:
        match how:
            case "json":
                return read_json(body)
            case "ndjson":
                return [read_json(line) for line in body.splitlines() if line.strip()]
            case "text":
                return body.decode("utf-8", "replace")
            case "any":
                return _json_or_text(answer)
            case "xml":
                from connectors.plugins.http.xml import read_xml

                return read_xml(body)
    except ValueError:
        if not 200 <= answer.status < 300:
            return None  # an error page of a proxy: what counts is the status
        how = "json" if how == "any" else how
        raise ConnectorProblem("IR691", f"{title} answers with what is no {how}: {answer.shown}", sent=True) from None
    return None


def _json_or_text(answer: Answer) -> Any:
    said = Message()
    said["Content-Type"] = re.sub(r"[\r\n]", " ", answer.headers.get("Content-Type", ""))
    try:
        return read_json(answer.body)
    except ValueError:
        if said.get_content_subtype().rpartition("+")[2] == "json":
            raise
    try:
        return answer.body.decode(said.get_content_charset("utf-8"), "replace")
    except LookupError:  # a character set that nobody knows
        return answer.body.decode("utf-8", "replace")


def stored(answer: Answer, response: ResponseManifest, roots: Roots, files: FileStore | None, *, title: str) -> Any:
    """The body as a file value.

    Raises:
        ConnectorProblem: IR694 where there is no place for files, IR691 where there is no base64 that there should be.
    """
    if files is None:
        raise ConnectorProblem("IR694", "there is no place for files here")
    said = _disposed(answer.headers)
    name = compiled(response.filename)(roots) if response.filename is not None else None
    mime = compiled(response.content_type)(roots) if response.content_type is not None else None
    told = answer.headers.get("Content-Type", "").partition(";")[0].strip() or None
    called, media_type = plain_name(text_of(name or said or "file")), text_of(mime) if mime else told
    if response.base64_key is not None:
        media_type = text_of(mime) if mime else None  # the header tells that of the JSON
        return files.take(called, _from_base64(answer, response.base64_key, files, title), mime=media_type)
    if answer.file is not None:
        return files.take(called, answer.file, mime=media_type)
    return files.put(called, answer.body, mime=media_type)


def _from_base64(answer: Answer, key: str, files: FileStore, title: str) -> Path:
    from connectors.plugins.http.encoded_files import decode_file

    written, into = answer.file, files.incoming()
    if written is None:
        written = files.incoming()
        written.write_bytes(answer.body)
    try:
        decode_file(written, key, into, title=title)
    finally:
        written.unlink(missing_ok=True)
    return into


def _disposed(headers: Mapping[str, str]) -> str | None:
    written = headers.get("Content-Disposition")
    if not written:
        return None
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]", " ", written)
    return message.get_filename()


def one_line(text: str) -> str:
    """Words of a service as one line that is not too long."""
    text = "".join(each if each.isprintable() else " " for each in " ".join(text.split()))
    return text[:_MOST_CHARACTERS]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
