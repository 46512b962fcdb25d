"""Operations of plugins in a run: what is sent, and what becomes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import document

ROWS = [{"who": "ada", "amount": 12.5}, {"who": "bo", "amount": 7.0}, {"who": "cy", "amount": 1.25}]
ORDER = {"operation_type": "create_order", "config": {"customer": "{{who}}", "amount": "{{item.amount}}"}}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_config_with_columns_of_the_rows_is_a_call_a_row(engine, tmp_path, shop):
    plan = wf.compile(document(ROWS, {**ORDER, "output_variable": "order"}), engine=engine, base=tmp_path)
    result = plan.run(out=tmp_path)
    assert shop.orders == [{"customer": "ada", "amount": 12.5}, {"customer": "bo", "amount": 7.0},
                           {"customer": "cy", "amount": 1.25}]  # fmt: skip
    assert shop.tokens == {"Bearer s3cret-token-1234"}
    assert result["data"].select("who", "order").rows() == [
        ("ada", {"id": "o1", "total": 12.5}), ("bo", {"id": "o2", "total": 7.0}), ("cy", {"id": "o3", "total": 1.25}),
    ]  # fmt: skip
    [step] = [each for each in result.steps if each.kind == "plugin"]
    assert (step.name, step.rows_in, step.rows_out) == ("op_0", 3, 3)
    assert step.outcome == {"calls": 3, "requests": 3}


def test_a_config_without_columns_is_one_call(tmp_path, shop):
    config = {"customer": "{{inputs.who}}", "note": "on {{run.date}} for {{totals.amount}}"}
    made = document(
        ROWS, {"operation_type": "create_order", "config": config, "output_variable": "order"},
        transforms=[{"type": "reduce", "config": {"aggregates": {"amount": "sum(amount)"}},
                     "output_variable": "totals"}],
        runtime_inputs=[{"name": "who", "type": "text", "default_value": "dee"}],
        delivery_rules={"file_delivery": {"format": "csv", "input_source": "order", "filename_template": "made.csv"}},
    )  # fmt: skip
    plan = wf.compile(made, base=tmp_path, now=datetime(2026, 1, 31, 12, tzinfo=UTC))
    plan.run(out=tmp_path)
    assert shop.orders == [{"customer": "dee", "note": "on 2026-01-31 for 20.75"}]
    assert (tmp_path / "made.csv").read_text() == "id,total\no1,\n"
