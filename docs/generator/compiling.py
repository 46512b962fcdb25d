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
from engine.choice import SMALL_BYTES, SMALL_RANKED_BYTES
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
            "small": f"{SMALL_BYTES // 1_000_000} MB",
            "small_ranked": f"{SMALL_RANKED_BYTES // 1_000_000} MB",
            "spool": f"{SPOOL_BYTES // 1_000_000} MB",
            "result": shown(example, workflow=False).partition("\n\n")[2],
        }
    finally:
        os.chdir(before)
    return Template(TEXT.read_text(encoding="utf-8")).substitute(values)
