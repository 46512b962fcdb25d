"""weirflow: one declarative workflow file in, a checked lazy plan, a delivered report out.

>>> import weirflow as wf
>>> plan = wf.compile("report.yaml")        # raises wf.WorkflowError with diagnostics
>>> print(plan.explain())
>>> result = plan.run()
"""

from importlib import import_module
from typing import TYPE_CHECKING

from connectors.policy import Policy
from connectors.secrets.registry import register_secret_resolver
from engine.api import compile, run, validate
from engine.bench.bench import bench
from engine.bench.measurement import BenchResult
from engine.events import Event
from engine.hooks import Hooks
from engine.pinning import PinnedSchemas, pin_schema
from engine.plan import Plan
from engine.result import RunResult
from engine.running.cancellation import Cancellation
from ir.diagnostics import Diagnostic, WorkflowError
from ir.types import Schema

if TYPE_CHECKING:
    from engine.replaying.replay import ReplayResult, replay
    from engine.resume import resume
    from engine.runs import RunSummary, runs
    from engine.testing.report import TestReport
    from engine.testing.tests import run_tests as test
    from engine.verifying.verify import VerifyReport, verify

__all__ = [
    "BenchResult",
    "Cancellation",
    "Diagnostic",
    "Event",
    "Hooks",
    "PinnedSchemas",
    "Plan",
    "Policy",
    "ReplayResult",
    "RunResult",
    "RunSummary",
    "Schema",
    "TestReport",
    "VerifyReport",
    "WorkflowError",
    "bench",
    "compile",
    "pin_schema",
    "register_secret_resolver",
    "replay",
    "resume",
    "run",
    "runs",
    "test",
    "validate",
    "verify",
]

_WHEN_ASKED = {
    "ReplayResult": "engine.replaying.replay:ReplayResult",
    "RunSummary": "engine.runs:RunSummary",
    "TestReport": "engine.testing.report:TestReport",
    "VerifyReport": "engine.verifying.verify:VerifyReport",
    "replay": "engine.replaying.replay:replay",
    "resume": "engine.resume:resume",
    "runs": "engine.runs:runs",
    "test": "engine.testing.tests:run_tests",
    "verify": "engine.verifying.verify:verify",
}
"""What few programs use, and a quarter of a second to import."""


def __getattr__(name: str) -> object:
    place = _WHEN_ASKED.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, found = place.partition(":")
    return getattr(import_module(module), found)
