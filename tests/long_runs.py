"""Runs that take long enough to be stopped in the middle, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.warm_processes import WarmProcess, started

# A signal that arrives while coverage holds its own lock stops the process for ever.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def numbers() -> str:
    """The text of a CSV file whose rows take a moment to become a workbook."""
    return "number,name,amount\n" + "".join(f"{number},name {number},{number}.25\n" for number in range(100_000))


def long_workflow(location: str) -> str:
    """A document that delivers the numbers at `location` as the workbook `book`."""
    return f"""\
ir_version: "3.1"
goal: Write more rows into a workbook than fit into a moment
data_sources:
  - {{type: file, alias: numbers, location: {location}}}
delivery_rules:
  file_delivery: {{id: book, format: xlsx, destination: {{path: out}}, filename_template: book.xlsx}}
"""


def started_run(workflow: Path, *, engine: str, home: Path) -> WarmProcess | subprocess.Popen[str]:
    """A run whose first delivery has begun; what it says further waits in its pipes."""
    process = started(["run", str(workflow), "--engine", engine], env={**UNMEASURED, "WEIRFLOW_HOME": str(home)})
    assert process.stderr is not None
    said = ""
    while "book: started" not in said:
        line = process.stderr.readline()
        assert line, f"the run ended before it was stopped: {said}"
        said += line
    return process
