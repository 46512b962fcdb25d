"""The page about validation_rules and edge_cases, with what its examples give and the tables of the code."""

from __future__ import annotations

from pathlib import Path
from string import Template
from textwrap import dedent

from docs.generator.examples import Example, examples
from docs.generator.markdown import block, table
from docs.generator.reference import shown
from engine.edge_cases import RUN
from ir.model.edge_cases import MEANINGFUL

TEXT = Path(__file__).with_name("validation.md")


def validation_page() -> str:
    """The written text with its examples and the table of edge cases."""
    by_name = {each.path.stem: each for topic in ("validation_rules", "edge_cases") for each in examples(topic)}
    values = {name: shown(example) for name, example in by_name.items()}
    values |= {f"{name}_plan": _plan(example) for name, example in by_name.items()}
    return Template(TEXT.read_text(encoding="utf-8")).substitute(values, cases=_cases())


def _plan(example: Example) -> str:
    """What the plan says of the rows' rules."""
    lines = example.plan().explain().split("\nthen\n")[1].splitlines()
    end = next((place for place, line in enumerate(lines) if not line), len(lines))
    return block(dedent("\n".join(lines[:end])), "text")


def _cases() -> str:
    rows = [
        [condition, action, meaning + ("" if action in RUN.get(condition, ()) else " (not in this version)")]
        for condition, actions in MEANINGFUL.items()
        for action, meaning in actions.items()
    ]
    return table(["condition", "action", "what is done"], rows)
