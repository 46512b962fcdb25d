"""`python -m benchmarks.queries --rows 1000000 --engines polars,duckdb --only join,sort`: a table, and JSON."""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from benchmarks.child import Run, Taken, measured, median_of, result_format, take, workflows
from benchmarks.measure import ROOT
from benchmarks.queries.by_hand_polars import QUERIES
from benchmarks.queries.comparison import PROGRAMS, compare
from benchmarks.queries.data import FORMATS, make_data
from benchmarks.report import print_report, write_report

COMPARED_ROWS = 20_000
ENGINES = ("polars", "duckdb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The medians of one query on one engine over data of one format."""

    query: str
    format: str
    engine: str
    by_hand: Taken
    weirflow: Taken


def main() -> None:
    options = _options()
    data = options.data
    names = options.only or list(QUERIES)
    small = make_data(data, COMPARED_ROWS)
    with tempfile.TemporaryDirectory() as scratch:
        for query in names:
            for form in options.formats:
                compare(query, small, form, Path(scratch))
    measures = list(_measures(names, options, make_data(data, options.rows)))
    chosen = {
        (query, form): _chosen(query, form, data / str(options.rows)) for query in names for form in options.formats
    }
    auto = [{"query": query, "format": form, "engine": name} for (query, form), name in chosen.items()]
    path = options.json or ROOT / "out" / f"queries-{options.rows}.json"
    write_report(path, {"rows": options.rows, "rounds": options.rounds, "auto": auto}, measures)
    tables = [cost_table(measures, options.rows)]
    if set(options.engines) == set(ENGINES):
        tables.append(choice_table(measures, chosen))
    print_report(path, tables, options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queries", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="orders; 20 million are 1.3 GB of CSV")
    parser.add_argument("--engines", type=_words(ENGINES), default=list(ENGINES))
    parser.add_argument("--formats", type=_words(FORMATS), default=list(FORMATS))
    parser.add_argument("--only", type=_words(tuple(QUERIES)), help=f"some of {', '.join(QUERIES)}")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    parser.add_argument(
        "--one-process",
        action="store_true",
        help="all runs in this process, where nothing is loaded for the first time; without memory",
    )
    parser.add_argument("--json", type=Path, help="where the figures go; default out/queries-ROWS.json")
    default = Path(tempfile.gettempdir()) / "weirflow-benchmarks"
    parser.add_argument("--data", type=Path, default=default, help=f"where the data is kept; default {default}")
    return parser.parse_args()


class _words:
    """A list of words, separated by commas, of those there are."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = known

    def __call__(self, text: str) -> list[str]:
        words = text.split(",")
        for word in words:
            if word not in self.known:
                raise argparse.ArgumentTypeError(f"{word} is none of {', '.join(self.known)}")
        return words


def _measures(names: Sequence[str], options: argparse.Namespace, data: Path) -> Iterator[Measure]:
    """Each query on each engine; its rounds take turns, so that a busy moment hits both programs alike."""
    for query in names:
        for form in options.formats:
            for engine in options.engines:
                taken: dict[str, list[Taken]] = {program: [] for program in PROGRAMS}
                for _ in range(options.rounds):
                    for program in PROGRAMS:
                        taken[program].append(_run(query, program, engine, data, form, apart=not options.one_process))
                by_hand, weirflow = (median_of(taken[program]) for program in PROGRAMS)
                print(f"{query} {form} {engine}", file=sys.stderr)
                yield Measure(query=query, format=form, engine=engine, by_hand=by_hand, weirflow=weirflow)


def _run(query: str, program: str, engine: str, data: Path, form: str, *, apart: bool) -> Taken:
    with tempfile.TemporaryDirectory() as out:
        result = Path(out) / f"result.{result_format('queries', query)}"
        run = Run(
            set="queries", query=query, program=program, engine=engine, data=str(data), format=form, result=str(result)
        )
        # the process has held what other runs took, so that its peak tells nothing of this one
        return take(run) if apart else replace(measured(run), peak_mb=math.nan)


def _chosen(query: str, form: str, data: Path) -> str:
    import weirflow as wf

    inputs = {"data": str(data), "format": form}
    return wf.compile(workflows("queries") / f"{query}.yaml", inputs=inputs, engine="auto").engine


def cost_table(measures: Sequence[Measure], rows: int) -> Table:
    """One row a query, format and engine; the ratios are weirflow's to the query written by hand."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=f"{rows:,} orders")
    for heading in ("query", "data", "engine"):
        table.add_column(heading)
    for heading in ("by hand CPU s", "weirflow CPU s", "ratio", "by hand MB", "weirflow MB", "ratio"):
        table.add_column(heading, justify="right")
    for each in measures:
        hand, ours = each.by_hand, each.weirflow
        table.add_row(
            each.query, each.format, each.engine, f"{hand.cpu_s:.2f}", f"{ours.cpu_s:.2f}",
            f"{ours.cpu_s / hand.cpu_s:.2f}", f"{hand.peak_mb:.0f}", f"{ours.peak_mb:.0f}",
            f"{ours.peak_mb / hand.peak_mb:.2f}",
        )  # fmt: skip
    return table


def choice_table(measures: Sequence[Measure], chosen: Mapping[tuple[str, str], str]) -> Table:
    """One row a query and format: weirflow on both engines, what auto takes, and its ratio to the better one."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title="auto")
    table.add_column("query")
    table.add_column("data")
    for heading in ("Polars CPU s", "DuckDB CPU s", "auto", "auto to the better"):
        table.add_column(heading, justify="right")
    cpu = {(each.query, each.format, each.engine): each.weirflow.cpu_s for each in measures}
    for (query, form), engine in chosen.items():
        both = {each: cpu[query, form, each] for each in ENGINES}
        ratio = both[engine] / min(both.values())
        table.add_row(query, form, f"{both['polars']:.2f}", f"{both['duckdb']:.2f}", engine, f"{ratio:.2f}")
    return table


if __name__ == "__main__":
    main()
