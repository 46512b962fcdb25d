"""Templates filled by inputs, the words of the run and values of frames: locations, file names, titles."""

from __future__ import annotations

from collections.abc import Callable

from engine.names import RunWords
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.templates import TemplateSyntax, Unresolved, parse_template, resolve
from ir.value_text import text_of

_STANDS_HERE = "what stands here: {{inputs.name}}, and words of the run such as {{date}} and {{run_id}}"


def render_words(text: str, words: RunWords, problems: Problems, *, at: Pointer,
                 escape: Callable[[str], str] | None = None) -> str | None:  # fmt: skip
    """The text with its references filled in, each value passed through `escape`, or None after errors."""
    try:
        template = parse_template(text)
    except TemplateSyntax as problem:
        problems.error("IR111", problem.message, at=at, within=(problem.start, problem.end))
        return None
    roots = words.roots()
    try:
        written: list[str] = []
        for part in template.parts:
            if not isinstance(part, str):
                value = words.values.get(str(part))
                part = text_of(resolve(part, roots)) if value is None else value
                part = escape(part) if escape else part
            written.append(part)
        return "".join(written)
    except Unresolved as problem:
        if problem.name in words.later:
            problems.error(
                "IR290", f'this version cannot put "{problem.name}" into this text yet', at=at, within=problem.span
            )
            return None
        code, message, hint = "IR303", problem.message, did_you_mean(problem.name, roots) or _STANDS_HERE
        [root] = [each.root for each in template.references if each.span == problem.span]
        if root == "inputs":
            code, message = "IR302", f'there is no input "{problem.name}"'
            hint = did_you_mean(problem.name, words.inputs) or "declare it under runtime_inputs"
        elif root == "group":
            hint = "group.key is a value of the column that a delivery is split by: options: {split_by: column}"
        elif root == "run":
            hint = did_you_mean(problem.name, roots["run"]) or _STANDS_HERE
        problems.error(code, message, at=at, within=problem.span, hint=hint)
        return None
