"""The words of messages, made from a document and its rows without anything being sent."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from connectors.files.report import Part
from connectors.policy import Policy
from engine.backends import open_backend
from engine.compiler import Compiler
from engine.groups import SplitSpool
from engine.hidden_columns import shown_rows
from engine.messages.names import Kind
from engine.messages.texts import MessageText, MessageTexts, compile_texts
from engine.plan import Plan
from engine.report_parts import grouped_rows, sorted_by_rendering
from engine.spool import Spool
from ir.diagnostics import Diagnostic, Problems
from ir.loading import from_dict, load
from ir.model.deliveries import Message
from ir.types import Schema
from ir.workflow import read_document

NOW = datetime(2026, 1, 31, 14, 30, tzinfo=UTC)
_KINDS: dict[str, Kind] = {"per_item_delivery": "per_item", "per_group_delivery": "per_group",
                           "summary_delivery": "summary"}  # fmt: skip


class Written:
    """A document whose first message delivery is written out."""

    def __init__(self, document: Mapping[str, Any] | Path, **inputs: object) -> None:
        read = load(document) if isinstance(document, Path) else from_dict(dict(document))
        problems = Problems(read)
        read, workflow = read_document(read, problems)
        assert workflow is not None, problems.found
        self.compiler = Compiler(document=read, workflow=workflow, problems=problems, base=Path(), now=NOW,
                                 policy=Policy.open(), given_inputs=inputs)  # fmt: skip
        self.compiled = self.compiler.compile()
        problems.found[:] = [each for each in problems.found if each.code != "IR290"]
        rules = workflow.delivery_rules
        [(key, self.kind)] = [(key, kind) for key, kind in _KINDS.items() if getattr(rules, key) is not None]
        self.delivery: Message = getattr(rules, key)
        self.keys = list(workflow.grouping.group_by) if workflow.grouping is not None else []
        at = ("delivery_rules", key)
        frame = self.compiler.input_frame(self.delivery.input_source, at)
        assert frame is not None, problems.found
        others = {"recipient": ((*at, "recipient"), str(self.delivery.recipient))} if self.kind == "per_item" else {}  # type: ignore[attr-defined]
        rendering, keys = workflow.rendering, self.keys if self.kind == "per_group" else []
        if rendering is not None and rendering.sort_order:
            frame = sorted_by_rendering(frame, rendering, self.kind, self.compiler)
        frame = grouped_rows(frame, keys, at, self.kind, self.compiler)
        kept = (rendering.columns_in_order if rendering is not None else None) or frame.schema.names
        found = shown_rows(frame, kept, frame.schema.names, at, self.kind, self.compiler)
        part = Part(columns=Schema((name, frame.schema[name]) for name in kept), formats=frame.formats,
                    links=found.links, rules=found.rules)  # fmt: skip
        self.texts: MessageTexts | None = compile_texts(
            self.delivery, self.kind, found.frame, part, self.compiler, at, name=self.kind, group_by=keys,
            others=others, delivered=frozenset({"data"}),
        )  # fmt: skip

    @property
    def problems(self) -> list[Diagnostic]:
        return self.compiler.problems.found

    def messages(self, engine: str = "polars") -> list[MessageText]:
        """Every message, as its rows come from the engine."""
        texts = self.texts
        assert texts is not None, self.problems
        plan = Plan(self.compiled, engine=engine, engine_reason="asked for", warnings=[], base=Path(),
                    policy=Policy.open(), given_now=NOW, inputs={})  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            wanted = [(texts.frame, self.keys[0] if self.kind == "per_group" else None), *texts.spooled]
            spools = {
                (frame.name, split): SplitSpool(Path(folder, f"{frame.name}{split}"), frame.schema, split)
                if split else Spool(Path(folder, frame.name), frame.schema) for frame, split in wanted
            }  # fmt: skip
            names = list(dict.fromkeys(name for name, _ in spools))
            with open_backend(plan, Path(folder), [*names, *self.compiled.texts.frames]) as backend:
                locale = self.compiler.workflow.settings.locale or "en"
                values = self.compiled.texts.texts(backend, locale=locale, timezone=texts_timezone(self))
                for name in names:
                    sinks = [spool for (of, _), spool in spools.items() if of == name]

                    def sink(batch: pl.DataFrame, sinks: list[Spool] = sinks) -> bool:
                        for each in sinks:
                            each.add(batch)
                        return False

                    backend.stream([(name, sink)])
            words = replace(self.compiled.words, values=values, run_id="r1")
            rows = spools[texts.frame.name, wanted[0][1]]
            writer = texts.begin(words, rows, clock=plan.clock(), spools=spools)
            if self.kind == "summary":
                return [writer.summary()]
            if isinstance(rows, SplitSpool):
                return [writer.group((key,), rows.group(key, None)) for key in rows.keys]
            return [writer.item(row) for batch in rows.batches() for row in writer.items(batch)]

    @property
    def message(self) -> MessageText:
        """The one message."""
        [found] = self.messages()
        return found


def texts_timezone(written: Written) -> str:
    return written.compiler.workflow.settings.timezone
