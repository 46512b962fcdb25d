"""What is wrong in a workflow file, and where: collected, then shown all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Any, Literal, Protocol

from ir.records import dataclass
from ir.redaction import redact

Pointer = tuple[str | int, ...]
"""The way to a place in the document: ("transforms", 2, "config", "group_by", 0)."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A span of one line of a file. Lines and columns count from 1, columns in characters."""

    file: str
    line: int
    column: int
    length: int
    source_line: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Locator(Protocol):
    """Finds the place of a pointer; `ir.loading.Document` is one."""

    def place(self, at: Pointer, *, on_key: bool = False, within: tuple[int, int] | None = None) -> Place | None:
        """The place of the value (or key) at `at`, or of its nearest ancestor that stands in the file."""
        ...

    def origin(self, at: Pointer) -> Pointer:
        """Where what stands at `at` was written, if the document was translated from other words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding: what was seen, where, and what would work. No secret shows in it, whatever a library has said."""

    code: str
    message: str
    severity: Severity = "error"
    pointer: Pointer = ()
    place: Place | None = None
    hint: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[tuple[str, Place], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", redact(self.message))
        object.__setattr__(self, "hint", redact(self.hint) if self.hint else self.hint)
        object.__setattr__(self, "notes", tuple(redact(each) for each in self.notes))

    def __str__(self) -> str:
        return render(self)

    def as_json(self) -> dict[str, Any]:
        """The finding for tools; absent parts are left out."""
        found: dict[str, Any] = {"code": self.code, "severity": self.severity, "message": self.message,
                                 "pointer": "".join(f"/{_escape(part)}" for part in self.pointer)}  # fmt: skip
        if self.place:
            found |= {"file": self.place.file, "line": self.place.line, "column": self.place.column,
                      "length": self.place.length}  # fmt: skip
        if self.hint:
            found["hint"] = self.hint
        if self.notes:
            found["notes"] = list(self.notes)
        if self.related:
            found["related"] = [
                {"message": text, "file": at.file, "line": at.line, "column": at.column} for text, at in self.related
            ]
        return found


_PASSWORD = re.compile(r"""(://[^\s:/@"']*:)([^\s/@"']+)(?=@)""")
"""Of a URL, after its user: what people read about a file is pasted into tickets and logs."""


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def render(found: Diagnostic) -> str:
    """The finding as people read it: a head line, the source line with a caret, then hints."""
    lines = [f"{found.severity}[{found.code}]: {found.message}"]
    gutter = ""
    if found.place:
        gutter = " " * len(str(found.place.line))
        lines.append(f"{gutter}--> {found.place}")
        lines += _excerpt(found.place, gutter)
    for text, place in found.related:
        lines.append(f"{gutter} = {text}: {place}")
    lines += [f"{gutter} = {note}" for note in found.notes]
    if found.hint:
        lines.append(f"{gutter} = help: {found.hint}")
    return "\n".join(lines)


def _excerpt(place: Place, gutter: str) -> list[str]:
    """The source line cut to a window around the caret, and the caret under it."""
    width = 120
    start = 0 if place.column <= width - 20 else place.column - width // 2
    line = _PASSWORD.sub(lambda found: found[1] + "*" * len(found[2]), place.source_line)
    shown = line[start : start + width].replace("\t", " ")
    caret_at = place.column - 1 - start
    carets = "^" * max(1, min(place.length, max(1, len(shown) - caret_at)))
    return [f"{gutter} |", f"{place.line} | {shown}", f"{gutter} | {' ' * caret_at}{carets}"]


class WorkflowError(Exception):
    """A workflow that cannot be compiled or run; `diagnostics` says why, errors and warnings alike."""

    run_id: str | None = None
    """The run that it stopped, by which that can be resumed; None where none was begun."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(render(each) for each in self.diagnostics))

    def __reduce__(self) -> tuple[type[WorkflowError], tuple[tuple[Diagnostic, ...]]]:
        # An exception is pickled with its text; this one is made of its findings, and other processes raise it too.
        return type(self), (self.diagnostics,)


@dataclass(slots=True)
class Problems:
    """Collects the findings of one document, each resolved to its place as it comes."""

    locator: Locator
    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, message: str, *, at: Pointer, on_key: bool = False,
              within: tuple[int, int] | None = None, hint: str | None = None, notes: Iterable[str] = (),
              related: Iterable[tuple[str, Pointer]] = ()) -> None:  # fmt: skip
        self._add("error", code, message, at, on_key, within, hint, notes, related)

    def warning(self, code: str, message: str, *, at: Pointer, on_key: bool = False,
                within: tuple[int, int] | None = None, hint: str | None = None, notes: Iterable[str] = (),
                related: Iterable[tuple[str, Pointer]] = ()) -> None:  # fmt: skip
        self._add("warning", code, message, at, on_key, within, hint, notes, related)

    def _add(self, severity: Severity, code: str, message: str, at: Pointer, on_key: bool,
             within: tuple[int, int] | None, hint: str | None, notes: Iterable[str],
             related: Iterable[tuple[str, Pointer]]) -> None:  # fmt: skip
        places = [(text, self.locator.place(pointer)) for text, pointer in related]
        finding = Diagnostic(
            code=code, message=message, severity=severity, pointer=self.locator.origin(at),
            place=self.locator.place(at, on_key=on_key, within=within), hint=hint, notes=tuple(notes),
            related=tuple((text, place) for text, place in places if place),
        )  # fmt: skip
        if not any(_says_the_same(finding, each) for each in self.found):
            self.found.append(finding)

    @property
    def errors(self) -> list[Diagnostic]:
        return [each for each in self.found if each.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        return [each for each in self.found if each.severity == "warning"]

    def raise_errors(self) -> None:
        """Raise WorkflowError with everything found so far if any of it is an error."""
        if self.errors:
            raise WorkflowError(self.found)


def _says_the_same(one: Diagnostic, other: Diagnostic) -> bool:
    """Whether a reader would see the same text twice; pointers differ where a shorter spelling is accepted."""
    return replace(one, pointer=()) == replace(other, pointer=()) if one.place else one == other


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint that names the closest candidates, or None when nothing is near."""
    known = list(candidates)
    folded: dict[str, str] = {}
    for each in known:
        folded.setdefault(each.casefold(), each)
    close = difflib.get_close_matches(name.casefold(), folded, n=2, cutoff=0.6)
    if not close:
        return None
    return "did you mean " + " or ".join(f'"{folded[each]}"' for each in close) + "?"
