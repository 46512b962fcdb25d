"""The words of messages, made from a document and its rows without anything being sent."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from connectors.policy import Policy
from engine.backends import open_backend
from engine.compiler import Compiler
from engine.groups import SplitSpool
from engine.messages.names import Kind
from engine.messages.texts import MessageText, MessageTexts
from engine.plan import Plan
from engine.spool import Spool
from ir.diagnostics import Diagnostic, Problems
from ir.loading import from_dict, load
from ir.model.deliveries import Message
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
        [output] = self.compiled.messages
        self.texts: MessageTexts | None = output.texts

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
