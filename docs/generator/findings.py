"""The failing examples of the diagnostic codes: tests/cases/<code>/<name>.yaml and what is said about each."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import weirflow as wf
from ir.loading import load
from ir.redaction import forget

CASES = Path(__file__).parents[2] / "tests" / "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingCase:
    """A workflow and the text that people read about it.

    Keys of the workflow say how it is tried: `x-command` validate (default), compile, run, schema, diff, script,
    bench, test, replay or verify, `x-inputs`, `x-payload` (a file), `x-engine`, `x-against` (what diff compares with),
    `x-policy` (closed, or its limits), `x-home`, what stands where the run's folder should, `x-environment`, and
    `x-modes` of files, as for chmod. Without a workflow the golden text is about a file that is not there. A case with
    `x-server` is tried by the test that starts that server.
    """

    code: str
    golden: Path

    @property
    def workflow(self) -> Path:
        as_json = self.golden.with_suffix(".json")
        return as_json if as_json.exists() else self.golden.with_suffix(".yaml")

    @property
    def server(self) -> str | None:
        """The server that has to be there."""
        return _options(self.workflow).get("server")

    def said(self) -> str:
        """Everything found, as the command line shows it; errors stand before warnings."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder).resolve() / "case"
            shutil.copytree(self.golden.parent, copy)
            with _inside(copy):
                found = sorted(_found(Path(self.workflow.name)), key=lambda each: each.severity != "error")
            text = "\n\n".join(str(each) for each in found) + "\n"
            return text.replace(f"{copy}/", "").replace(str(copy), ".")


def failing_cases() -> list[FailingCase]:
    """Every case, by code and name."""
    return [FailingCase(code=golden.parent.name, golden=golden) for golden in sorted(CASES.glob("IR*/*.txt"))]


def _found(file: Path) -> Sequence[wf.Diagnostic]:
    options = _options(file)
    inputs = options.get("inputs")
    policy = wf.Policy.open()
    if options.get("policy") == "closed":
        policy = wf.Policy.closed(Path.cwd())
    elif options.get("policy"):
        policy = wf.Policy(**options["policy"])
    os.environ.update({**options.get("environment", {}), "WEIRFLOW_HOME": options.get("home", "home")})
    for name, mode in options.get("modes", {}).items():
        Path(name).chmod(int(str(mode), 8))

    def compiled() -> wf.Plan:
        return wf.compile(file, inputs=inputs, engine=options.get("engine"), policy=policy,
                          payload=options.get("payload"))  # fmt: skip

    commands: dict[str, Callable[[], Sequence[wf.Diagnostic]]] = {
        "validate": lambda: wf.validate(file, inputs=inputs, policy=policy),
        "compile": lambda: compiled().warnings,
        "run": lambda: _of_run(compiled().run()),
        "schema": lambda: _of_schema(compiled()),
        "script": lambda: _of_script(compiled()),
        "bench": lambda: _of_bench(file),
        "diff": lambda: _of_diff(compiled(), options["against"]),
        "test": lambda: _of_tests(file),
        "replay": lambda: _of_replay(compiled()),
        "verify": lambda: _of_replay(compiled(), wf.verify),
    }
    try:
        return commands[options.get("command", "validate")]()
    except wf.WorkflowError as error:
        return error.diagnostics


def _of_schema(plan: wf.Plan) -> list[wf.Diagnostic]:
    plan.schema()
    return plan.warnings


def _of_script(plan: wf.Plan) -> list[wf.Diagnostic]:
    plan.to_polars_code()
    return plan.warnings


def _of_bench(file: Path) -> list[wf.Diagnostic]:
    wf.bench(file, rows=[10], engines="polars", runs=1, steps=False)
    return []


def _of_diff(plan: wf.Plan, against: str) -> list[wf.Diagnostic]:
    plan.diff(against)
    return plan.warnings


def _of_replay(plan: wf.Plan, again: Callable[[str], object] = wf.replay) -> list[wf.Diagnostic]:
    run_id = plan.run().run_id
    try:
        again(run_id)
    except wf.WorkflowError as error:
        return [replace(each, message=each.message.replace(run_id, "RUN")) for each in error.diagnostics]
    return []


def _of_tests(file: Path) -> list[wf.Diagnostic]:
    return [found for each in wf.test(file).results for found in each.diagnostics]


def _of_run(result: wf.RunResult) -> list[wf.Diagnostic]:
    failed = [each.finding for each in result.deliveries if each.finding]
    return [*failed, *(each for each in result.warnings if isinstance(each, wf.Diagnostic))]


def _options(file: Path) -> dict[str, Any]:
    try:
        document = load(file).value
    except wf.WorkflowError:
        return {}
    return {key.removeprefix("x-"): value for key, value in document.items() if key.startswith("x-")}


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before, environment = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)
        forget()
