"""weirflow: one declarative workflow file in, a checked lazy plan, a delivered report out.

>>> import weirflow as wf
>>> plan = wf.compile("report.yaml")        # raises wf.WorkflowError with diagnostics
>>> print(plan.explain())
>>> result = plan.run()
"""

from connectors.policy import Policy
from connectors.secrets.registry import register_secret_resolver
from engine.api import compile, run, validate
from engine.bench.bench import bench
from engine.bench.measurement import BenchResult
from engine.events import Event
from engine.hooks import Hooks
from engine.pinning import PinnedSchemas, pin_schema
from engine.plan import Plan
from engine.replaying.replay import ReplayResult, replay
from engine.result import RunResult
from engine.resume import resume
from engine.running.cancellation import Cancellation
from engine.runs import RunSummary, runs
from engine.testing.report import TestReport
from engine.testing.tests import run_tests as test
from engine.verifying.verify import VerifyReport, verify
from ir.diagnostics import Diagnostic, WorkflowError
from ir.types import Schema

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
