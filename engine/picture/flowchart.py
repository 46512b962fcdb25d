"""The plan as a Mermaid flowchart, for documents and pull requests that draw one."""

from __future__ import annotations

from collections.abc import Sequence

from engine.picture.boxes import badge_text, column_count, shown_name
from engine.picture.lettering import ELLIPSIS, clean
from engine.plan_steps import Step

_SHAPES = {"source": ("[(", ")]"), "relation": ("[", "]"), "conditional": ("{{", "}}"), "ai": ("(", ")"),
           "plugin": ("(", ")"), "delivery": ("([", "])")}  # fmt: skip
_LONGEST = 80
_NAMED_COLUMNS = 3
_PLAIN = frozenset(" -,._/=+()")


def flowchart(steps: Sequence[Step]) -> str:
    """Nodes are numbered: no name of the workflow stands in the chart but as an escaped label."""
    numbers = {step.id: f"s{number}" for number, step in enumerate(steps, start=1)}
    lines = ["flowchart TD"]
    for step in steps:
        opening, closing = _SHAPES[step.type]
        words = f"<b>{_label(shown_name(step))}</b> {_label(badge_text(step))}<br/>{_label(step.summary)}"
        if step.statement_of is not None:
            words += f"<br/>{_label(f'in the statement of {step.statement_of}')}"
        lines.append(f'    {numbers[step.id]}{opening}"{words}"{closing}:::{step.type}')
    for step in steps:
        for name in step.depends_on:
            flows = step.columns_in.get(name)
            label = "found later" if flows is None else column_count(len(flows))
            if flows and len(flows) <= _NAMED_COLUMNS:
                label = ", ".join(flows)
            lines.append(f'    {numbers[name]} -->|"{_label(label)}"| {numbers[step.id]}')
    return "\n".join([
        *lines,
        "    classDef source fill:#edf5fc,stroke:#8db8dc,color:#1b2530",
        "    classDef relation fill:#ffffff,stroke:#c3ccd8,color:#1b2530",
        *(["    classDef conditional fill:#f3f0fb,stroke:#b3a5dd,color:#1b2530"]
          if any(step.type == "conditional" for step in steps) else []),
        *(f"    classDef {each} fill:#ebf7f3,stroke:#7fbfa6,color:#1b2530" for each in ("ai", "plugin")
          if any(step.type == each for step in steps)),
        "    classDef delivery fill:#fdf5e8,stroke:#dcb474,color:#1b2530",
        "",
    ])  # fmt: skip


def _label(text: str) -> str:
    """The text with everything but letters, digits and a few signs as a character code.

    Mermaid reads directives, comments, entities, Markdown and its own closing brackets out of labels, quoted or not.
    """
    shown = clean(text)
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 1].rstrip() + ELLIPSIS
    return "".join(each if each.isalnum() or each in _PLAIN else f"#{ord(each)};" for each in shown)
