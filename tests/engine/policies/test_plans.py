"""Plans show how each step is carried out, and the page about it is held to the code."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path

import pytest
import yaml

import weirflow as wf
from engine.policies.clock import SteadyClock
from engine.policies.recipients import RecipientPauses
from engine.policies.settled import merged
from engine.running.cancellation import Cancellation
from ir.model.constraints import ExecutionConstraints, Retry
from ir.reasons import RETRY_REASONS
from tests.workflows import inline, workflow

PAGE = (Path(__file__).parents[3] / "docs/execution-constraints.md").read_text(encoding="utf-8")


def test_a_plan_shows_attempts_time_and_rates_of_what_is_asked_outside() -> None:
    to_store = {"id": "kept", "format": "csv", "destination": {"path": "memory://kept"}}
    to_bucket = {"id": "sent", "format": "csv", "destination": {"plugin_key": "s3", "path": "bucket/folder"},
                 "execution_constraints": {"timeout_ms": 5000}}  # fmt: skip
    document = workflow(
        [inline("main", [{"id": 1}])],
        execution_constraints={"retry": {"max_attempts": 4}, "rate_limit": {"max_per_second": 5},
                               "timeout": {"step_timeout_ms": 9000}},
        delivery_rules={"file_delivery": [to_store, to_bucket]},
    )  # fmt: skip
    plan = wf.compile(document)
    steps = {each["id"]: each for each in plan.to_dict()["steps"]}
    assert "retry" not in steps["main"]
    assert steps["delivery:sent"]["retry"]["max_attempts"] == 4
    assert steps["delivery:sent"]["timeout_ms"] == 5000
    assert steps["delivery:sent"]["rate_limits"] == ["5 in 1 s by token_bucket, 5 at once"]
    assert "up to 4 attempts (exponential waits from 1 s), each within 5 s, at most 5 in 1 s" in " ".join(
        plan.explain().split()
    )


def test_a_steps_own_keys_replace_the_documents_one_by_one() -> None:
    document = ExecutionConstraints.model_validate(
        {"retry": {"max_attempts": 5, "initial_delay_ms": 7}, "rate_limit": {"max_per_second": 5}, "timeout_ms": 9}
    )
    own = ExecutionConstraints.model_validate(
        {"retry": {"max_attempts": 2},
         "rate_limiting": {"max_requests_per_window": 3, "window_duration_ms": 10}}
    )  # fmt: skip
    both = merged(document, own)
    assert (both.retry, both.rate_limit, both.timeout_ms) == (Retry(max_attempts=2), None, 9)
    assert both.rate_limiting is not None


def test_the_page_shows_constraints_that_compile_and_names_every_class() -> None:
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    assert wf.validate(workflow([inline("main", [{"id": 1}])], **example)) == []
    classes = PAGE[PAGE.index("| class |") :].split("\n\n")[0]
    assert tuple(line.split("|")[1].strip() for line in classes.splitlines()[2:]) == RETRY_REASONS


def test_messages_to_one_recipient_keep_their_distance_and_others_do_not_wait() -> None:
    now, slept = [100.0], []

    class Clock(SteadyClock):
        def sleep(self, seconds: float) -> None:
            slept.append(seconds)
            now[0] += seconds

    pauses = RecipientPauses(delay_s=2.0, clock=Clock(cancellation=Cancellation(), now=lambda: now[0]))

    pauses.wait("a@example.com")
    pauses.wait("b@example.com")
    pauses.wait("A@example.com ")
    now[0] += 0.5
    pauses.wait("a@example.com")
    assert slept == [2.0, 1.5]


def test_a_mail_server_that_falls_silent_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        waiting = threading.Event()

        def serve() -> None:
            while not waiting.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)

        kept: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        monkeypatch.setenv("MAIL", f"smtp://127.0.0.1:{server.getsockname()[1]}?from=reports@example.com")
        message = {"recipient": "ada@example.com", "subject": "orders", "credentials_ref": "env:MAIL"}
        rules = {"summary_delivery": {**message, "execution_constraints": {"timeout_ms": 300}}}
        plan = wf.compile(workflow([inline("main", [{"id": 1}])], delivery_rules=rules), base=tmp_path)
        started = time.monotonic()
        [delivery] = plan.run().deliveries
        waiting.set()
        for each in kept:
            each.close()
    assert time.monotonic() - started < 25  # the sender's own patience is 30 s
    assert delivery.status == "failed"
    assert "within 0.3 s" in (delivery.error or "")
