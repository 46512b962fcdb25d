"""What a run delivers is data, also where it says that it is a workflow."""

from __future__ import annotations

import json
from pathlib import Path

from engine.journal.tables import deliveries
from engine.service.context import Context
from engine.service.folder import WorkflowFolder
from engine.service.settings import ServiceSettings
from engine.service.store.workflows import find_workflow
from tests.engine.service.carrying import carrying
from tests.engine.service.in_process import QuietDispatcher

INNER = {"ir_version": "3.1", "goal": "Get away.",
         "data_sources": [{"type": "tabular", "source": "inline", "alias": "a", "config": {"rows": [{"x": "1"}]}}],
         "delivery_rules": {"file_delivery": {"format": "csv"}}}  # fmt: skip
OUTER = {
    "data_sources": [{"type": "file", "alias": "a", "location": "said.ndjson"}],
    "delivery_rules": {"file_delivery": {"format": "ndjson", "filename_template": "{{run.id}}.json"}},
}


def test_a_workflow_that_a_run_has_delivered_becomes_none_also_when_the_run_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with carrying(folder) as carried:
        (folder / "said.ndjson").write_text(json.dumps(INNER) + "\n")
        (folder / "by_hand.json").write_text(json.dumps(INNER))
        start = carried.asked(OUTER)
        outcome = carried.carry_out(start)
        assert outcome.status == "done", outcome
        delivered = folder / f"{start.run_id}.json"
        assert json.loads(delivered.read_text())["goal"] == "Get away."

        def looked() -> Context:
            context = Context(settings=ServiceSettings(folder=folder), journal=carried.journal,
                              dispatcher=QuietDispatcher(), worker="test")  # fmt: skip
            WorkflowFolder(context).look()
            return context

        for _ in ("while the journal knows", "when it has forgotten"):
            context = looked()
            assert find_workflow(carried.journal, delivered.stem) is None
            assert [each.message for each in context.broken[str(delivered)]] == [
                f"{delivered.name} was delivered by a run, and so becomes no workflow"
            ]
            with carried.journal.writing() as connection:
                connection.execute(deliveries.delete())
        assert find_workflow(carried.journal, "by_hand") is not None
        delivered.rename(folder / "meant.json")
        assert not looked().broken
        assert find_workflow(carried.journal, "meant") is not None
