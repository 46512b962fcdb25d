"""`weirflow bench`: time, CPU and memory of a workflow on each engine over made data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from rich.table import Table

    from engine.bench.measurement import BenchResult


def _read_rows(ctx: click.Context, parameter: click.Parameter, text: str) -> tuple[int, ...]:
    found = []
    for each in text.split(","):
        digits = each.strip().replace("_", "")
        if not digits.isascii() or not digits.isdigit() or not int(digits):
            raise click.BadParameter(f'"{each}" is no number of rows; write e.g. 10000,1000000', ctx, parameter)
        found.append(int(digits))
    return tuple(dict.fromkeys(found))


def _read_engines(ctx: click.Context, parameter: click.Parameter, text: str) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(each.strip() for each in text.split(",")))
    for each in named:
        if each not in {"all", *arguments.ENGINES}:
            raise click.BadParameter(f'"{each}" is no engine; write all, or some of '
                                     f"{', '.join(arguments.ENGINES)}", ctx, parameter)  # fmt: skip
    return tuple(each for each in arguments.ENGINES if each != "auto") if "all" in named else named


@click.command("bench")
@arguments.workflow_file
@click.option("--rows", default="10000,1000000", show_default=True, callback=_read_rows, metavar="N,…",
              help="Rows of the largest source; the others keep their proportion to it.")  # fmt: skip
@click.option("--engines", default="all", show_default=True, callback=_read_engines, metavar="E,…",
              help="all, or some of auto, polars, duckdb.")  # fmt: skip
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Runs of each, the best is shown.")
@click.option("--no-steps", is_flag=True, help="Do not time each step.")
@click.option("--as-written", is_flag=True, help="Write the deliveries in their own formats, not as Parquet.")
@click.option("--input", "inputs", metavar="NAME=VALUE", multiple=True, callback=arguments.read_inputs,
              help="A runtime input; may be repeated.")  # fmt: skip
@click.option("--now", metavar="ISO", callback=arguments.read_now, help="The instant that every date word reads.")
@click.option("--json", "benchmark_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the times for pytest-benchmark compare.")  # fmt: skip
@arguments.format_option("text", "json")
def command(file: Path, rows: tuple[int, ...], engines: tuple[str, ...], runs: int, no_steps: bool, as_written: bool,
            inputs: dict[str, str], now: datetime | None, benchmark_file: Path | None,
            output_format: str) -> int:  # fmt: skip
    """Measure a workflow: compile and run time, CPU seconds and peak memory on each engine.

    The rows are made: they have the columns and types of the sources and look like a sample of them, and keys that are
    joined find partners. Each run is a process of its own, and nothing stays behind.

    \b
    Examples:
      weirflow bench report.yaml --rows 1000000
      weirflow bench report.yaml --engines auto,duckdb --json before.json
    """
    from engine.bench.bench import bench
    from engine.cli.console import json_text, print_json, print_or_write, results
    from engine.cli.findings import print_failure
    from ir.diagnostics import WorkflowError

    def say(text: str) -> None:
        click.echo(text, err=True)

    try:
        result = bench(file, rows=rows, engines=engines, runs=runs, steps=not no_steps, as_written=as_written,
                       inputs=inputs, now=now, progress=say)  # fmt: skip
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was measured")
        return exit_codes.FAILED if error.diagnostics[0].code == "IR341" else exit_codes.BAD_FILE_OR_USAGE
    if benchmark_file is not None:
        print_or_write(json_text(result.as_pytest_benchmark()), file=benchmark_file)
    if output_format == "json":
        print_json(result.as_json())
    else:
        results().print(_table(result))
    return exit_codes.DONE


def _table(result: BenchResult) -> Table:
    from rich.table import Table

    from engine.cli.console import printable
    from engine.cli.quantities import size

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", collapse_padding=True)
    for heading in ("rows", "engine", "compile s", "run s", "CPU s", "peak", "rows/s", "slow step"):
        table.add_column(heading, justify="left" if heading in {"engine", "slow step"} else "right")
    for each in result.measurements:
        slow, every = each.slowest, sum(step.cpu_seconds for step in each.steps)
        named = f"{slow.name} ({slow.kind}) {slow.cpu_seconds / every:.0%}" if slow and every else ""
        engine = each.engine if each.engine == each.chosen else f"{each.engine}: {each.chosen}"
        table.add_row(
            f"{each.rows:,}", engine, f"{min(each.compile_seconds):.3f}", f"{min(each.seconds):.3f}",
            f"{min(each.cpu_seconds):.3f}", size(each.peak_memory_bytes), f"{each.rows_per_second:,.0f}",
            printable(named),
        )  # fmt: skip
    return table
