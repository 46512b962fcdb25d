"""What a set of queries ends with: its figures as JSON, and its tables."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.child import machine

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_report(path: Path, said: Mapping[str, Any], measures: Sequence[DataclassInstance]) -> None:
    """The figures, behind what is `said` of them and the machine they were taken on."""
    report = {**said, "machine": machine(), "measures": [asdict(each) for each in measures]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1))


def print_report(path: Path, tables: Sequence[Table], rounds: int) -> None:
    """The tables, an empty line between them, and where the figures are."""
    console = Console(width=None if os.isatty(1) else 140)
    for number, table in enumerate(tables):
        if number:
            console.print()
        console.print(table)
    console.print(f"medians of {rounds} rounds; {machine()}; {path}")
