"""The page that follows one workflow from its text to what the engines run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from string import Template

import weirflow as wf
from docs.generator.examples import NOW, examples
from docs.generator.markdown import block
from docs.generator.reference import shown
from engine import choice
from engine.polars_frames import SPOOL_BYTES

TEXT = Path(__file__).with_name("compiling.md")


def compiling_page() -> str:
    """The written text with what the worked example shows."""
    example = examples("compiling")[0]
    before = Path.cwd()
    os.chdir(example.path.parent)
    try:
        plan = wf.compile(example.path.name, now=NOW)
        steps = {step["id"]: step for step in plan.to_dict()["steps"]}
        values = {
            "workflow": block(example.shown, "yaml"),
            "explain": block(plan.explain(), "text"),
            "tree": block(repr(plan), "text"),
            "sql": block(plan.sql(), "sql"),
            "step": block(json.dumps(steps["placed"], indent=2, ensure_ascii=False), "json"),
            "small": _megabytes(choice.SMALL_BYTES),
            "small_ranked": _megabytes(choice.SMALL_RANKED_BYTES),
            "small_sorted_text": _megabytes(choice.SMALL_SORTED_TEXT_BYTES),
            "small_pivoted": _megabytes(choice.SMALL_PIVOTED_BYTES),
            "small_pivoted_text": _megabytes(choice.SMALL_PIVOTED_TEXT_BYTES),
            "small_grouped": _megabytes(choice.SMALL_GROUPED_BYTES),
            "spool": _megabytes(SPOOL_BYTES),
            "result": shown(example, workflow=False).partition("\n\n")[2],
        }
    finally:
        os.chdir(before)
    return Template(TEXT.read_text(encoding="utf-8")).substitute(values)


def _megabytes(count: int) -> str:
    return f"{count // 1_000_000} MB"
