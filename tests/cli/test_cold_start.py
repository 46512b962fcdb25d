"""What a short command does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_validating_a_text_file_loads_no_engine(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,amount\n1,5\n")
    (tmp_path / "report.yaml").write_text(
        'ir_version: "3.1"\n'
        "goal: The sum\n"
        "data_sources: [{type: file, location: orders.csv}]\n"
        "transforms: [{type: aggregate, config: {aggregates: {total: sum(amount)}}}]\n"
        "delivery_rules: {file_delivery: {format: csv}}\n"
    )
    code = (
        "import sys; from engine.cli.main import run_command_line; run_command_line(['validate', 'report.yaml']); "
        "sys.exit(', '.join({'polars.dataframe', 'duckdb', 'pyarrow', 'sqlglot'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr.split("\n") == ["report.yaml: no problems", "", ""]


def test_validating_a_workflow_over_files_loads_nothing_of_databases(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,amount\n1,5\n")
    (tmp_path / "report.yaml").write_text(
        'ir_version: "3.1"\ngoal: The orders\ndata_sources: [{type: file, location: orders.csv}]\n'
        "delivery_rules: {file_delivery: {format: csv}}\n"
    )
    code = (
        "import sys; from engine.cli.main import run_command_line; run_command_line(['validate', 'report.yaml']); "
        "print([each for each in sys.modules if each.startswith(('connectors.databases.', 'engine.pushdown'))])"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True,
                           timeout=60, check=False)  # fmt: skip
    assert ended.stdout == "[]\n"


def test_a_postponed_module_is_loaded_at_its_first_use() -> None:
    code = (
        "import sys; from engine.cli.postponed import postpone; postpone('polars'); import polars as pl; "
        "assert 'polars.dataframe' not in sys.modules; frame = pl.DataFrame({'a': [1]}); import polars; "
        "assert isinstance(frame, polars.DataFrame) and polars.selectors and frame.select(pl.col('a')).item() == 1"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr == ""


@pytest.mark.parametrize(
    "module",
    [
        "ir.workflow",
        "transforms.expressions.polars_columns",
        "transforms.registry",
        "connectors.files.csv_writer",
        "connectors.files.reading",
        "engine.api",
    ],
)
def test_a_module_can_be_the_first_to_be_imported(module: str) -> None:
    assert subprocess.run([sys.executable, "-c", f"import {module}"], check=False).returncode == 0
