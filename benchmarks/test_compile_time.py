"""How long it takes to load, check and compile: the goal after imports is 20 ms for 10 steps, 200 ms for 200."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from engine.api import compile as compile_workflow

WORKFLOW = """\
ir_version: "3.1"
name: ten_steps
goal: Measure how long compiling takes
data_sources:
  - {type: file, alias: orders, role: primary, location: orders.csv}
  - {type: file, alias: customers, location: customers.csv}
transforms:
  - {type: map, config: {columns: {amount: quantity * unit_price, month: "date_trunc('month', ordered_at)"}}}
  - {type: filter, config: {where: amount > 10 and status <> 'cancelled'}}
  - {type: enrich, config: {source: customers, on: {customer: id}, columns: [name, region]}}
  - {type: deduplicate, config: {keys: [order], keep: first, order_by: [ordered_at]}}
  - {type: window, config: {partition_by: [region], order_by: [ordered_at, order], columns: {place: row_number()}}}
  - {type: map, config: {columns: {size: "case when amount > 100 then 'large' else 'small' end"}}}
  - {type: filter, config: {conditions: [{field: region, operator: in, value: [north, south]}]}}
  - {type: aggregate, config: {group_by: [region, month, size], aggregates: {orders: count(*), amount: sum(amount)}}}
  - {type: sort, config: {by: [region, month, size]}}
  - {type: limit, config: {rows: 100}}
delivery_rules:
  file_delivery: {format: csv, destination: {plugin_key: local, path: out}}
"""


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    orders = ["order,customer,quantity,unit_price,ordered_at,status"]
    orders += [f"{n},{n % 7},{n % 5},{n % 90}.25,2026-01-{n % 28 + 1:02d},paid" for n in range(1000)]
    (tmp_path / "orders.csv").write_text("\n".join(orders) + "\n")
    (tmp_path / "customers.csv").write_text("id,name,region\n" + "".join(f"{n},name {n},north\n" for n in range(7)))
    (tmp_path / "ten_steps.yaml").write_text(WORKFLOW)
    return tmp_path / "ten_steps.yaml"


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_compiling_ten_steps(benchmark: BenchmarkFixture, workflow: Path, engine: str) -> None:
    plan = benchmark(compile_workflow, workflow, engine=engine)
    assert plan.schema("data").names == ("region", "month", "size", "orders", "amount")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_compiling_two_hundred_steps(benchmark: BenchmarkFixture, workflow: Path, engine: str) -> None:
    steps = "".join(
        f"  - {{type: map, config: {{columns: {{amount: quantity * {number} + unit_price}}}}}}\n"
        f"  - {{type: filter, config: {{where: amount > {number} and status <> 'cancelled'}}}}\n"
        for number in range(100)
    )
    head, _, rest = WORKFLOW.partition("transforms:\n")
    long = workflow.with_name("two_hundred_steps.yaml")
    long.write_text(head + "transforms:\n" + steps + rest[rest.index("delivery_rules:") :])
    plan = benchmark(compile_workflow, long, engine=engine)
    assert plan.schema("data").names[-1] == "amount"
