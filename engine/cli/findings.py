"""Diagnostics as people read them on a terminal, and as one JSON object for tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.cli.console import is_plain, print_json, printable, say, words
from ir.diagnostics import Diagnostic, render

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {"error": "bold red", "warning": "bold yellow"}


def print_findings(found: Sequence[Diagnostic]) -> None:
    """Each finding on stderr, with a blank line after it; errors stand before warnings."""
    for each in sorted(found, key=lambda one: one.severity != "error"):
        if is_plain():
            say(printable(render(each)))
        else:
            words().print(coloured(each), soft_wrap=True)
        say("")


def print_failure(found: Sequence[Diagnostic], *, output_format: str, outcome: str = "nothing was run",
                  log_format: str = "text") -> None:  # fmt: skip
    """Why a command did not do its work: on stderr, or as the JSON object on stdout that a tool waits for.

    `outcome` says what was not done because of it. Where stderr has JSON lines, they have told it.
    """
    if output_format == "json":
        print_json({"status": "failed", "diagnostics": as_json(found)})
        return
    if log_format == "json":
        return
    print_findings(found)
    say(f"{count_of(found)}; {outcome}")


def as_json(found: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """The findings for tools, in the order in which they were found."""
    return [each.as_json() for each in found]


def count_of(found: Sequence[Diagnostic]) -> str:
    """As "2 errors, 1 warning"."""
    counts = Counter[str](each.severity for each in found)
    shown = [f"{counts[kind]} {kind}{'s' if counts[kind] != 1 else ''}" for kind in _STYLES if counts[kind]]
    return ", ".join(shown) or "no problems"


def coloured(found: Diagnostic) -> Text:
    """The text of `ir.diagnostics.render`, its head, gutter, carets and help coloured."""
    from rich.text import Text

    style = _STYLES[found.severity]
    head, *others = printable(render(found)).split("\n")
    mark, separator, message = head.partition(": ")
    text = Text.assemble((mark, style), (separator + message, "bold"))
    for line in others:
        text.append("\n")
        text.append_text(_line(line, style))
    return text


def _line(line: str, style: str) -> Text:
    from rich.text import Text

    if line.lstrip().startswith("-->"):
        arrow, _, place = line.partition("--> ")
        return Text.assemble((f"{arrow}--> ", "blue"), place)
    gutter, bar, rest = line.partition(" | ")
    if bar and set(rest.strip()) == {"^"}:
        return Text.assemble((gutter + bar, "blue"), (rest, style))
    if bar and (not gutter.strip() or gutter.strip().isdigit()):
        return Text.assemble((gutter + bar, "blue"), rest)
    if line.lstrip().startswith("= help: "):
        mark, _, hint = line.partition("help: ")
        return Text.assemble((mark, "blue"), ("help: ", "bold cyan"), hint)
    return Text(line, style="blue" if line.strip() == "|" else "")
