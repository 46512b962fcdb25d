"""PyYAML's errors said so that a person can mend the text."""

from __future__ import annotations

import re

import yaml

from ir.document import SyntaxProblem


def tab_problem(at: int) -> SyntaxProblem:
    return SyntaxProblem("IR104", "a tab is used for indentation", start=at, hint="indent with spaces")


def syntax_problem(text: str, error: yaml.MarkedYAMLError) -> SyntaxProblem:
    mark = error.problem_mark or error.context_mark
    at = min(mark.index if mark else 0, len(text))
    line_start = text.rfind("\n", 0, at) + 1
    indentation = text[line_start:][: len(text[line_start:]) - len(text[line_start:].lstrip(" \t"))]
    if "\t" in indentation:
        return tab_problem(line_start + indentation.index("\t"))
    if text[at : at + 1] == "\t":
        return tab_problem(at)
    problem = str(error.problem or error.context or "this is no YAML")
    message = _PLAIN_WORDS.get(problem, problem)
    context = f" ({error.context})" if error.context and problem not in _PLAIN_WORDS else ""
    if problem == "found unexpected end of stream" and error.context_mark:
        # The quote that is never closed is what has to be looked at, not the end of the text.
        opening = error.context_mark.index
        return SyntaxProblem("IR103", "this quote is never closed", start=opening, hint="close it on its line")
    related = None
    if error.context_mark and error.problem_mark and error.context_mark.line != error.problem_mark.line:
        start = error.context_mark.index
        related = ("what was being read began here", start, start + 1)
    return SyntaxProblem("IR103", message + context, start=at, related=related, hint=_HINTS.get(problem))


_PLAIN_WORDS = {
    "mapping values are not allowed in this context": "a second colon in one line, or a line indented too far",
    "mapping values are not allowed here": "a second colon in one line, or a line indented too far",
    "did not find expected key": "a key is expected here",
    "did not find expected '-' indicator": "a list item (- …) is expected here",
    "did not find expected ',' or '}'": "a comma or a closing } is missing",
    "did not find expected ',' or ']'": "a comma or a closing ] is missing",
    "could not find expected ':'": "a colon after the key is missing",
    "found character that cannot start any token": "a value cannot start with this character",
}
_HINTS = {
    "mapping values are not allowed in this context": 'quote a text that holds ": "',
    "mapping values are not allowed here": 'quote a text that holds ": "',
    "did not find expected key": "look at the indentation and the quotes of this line and the one above",
    "did not find expected '-' indicator": "look at the indentation of this line",
    "could not find expected ':'": "write key: value",
    "found character that cannot start any token": "quote the text",
}


def unreadable_character(text: str, error: yaml.reader.ReaderError) -> SyntaxProblem:
    bad = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    start = bad.start() if bad else 0
    name = f"U+{ord(text[start]):04X}" if bad else str(error.reason)
    return SyntaxProblem("IR103", f"the control character {name} stands in the text", start=start,
                         hint='write it as an escape in double quotes, such as "\\x07"')  # fmt: skip
