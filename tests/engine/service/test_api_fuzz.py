"""Requests that nobody would write, made of the API's own description: none is answered with a fault."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.engine.service.in_process import Office, office
from tests.engine.service.serving import orders_folder

EXAMPLES = 4
"""Of each operation, in each way of making them."""


@pytest.mark.filterwarnings("ignore")
def test_no_request_is_answered_with_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[int] = Counter()
    with office(orders_folder(tmp_path / "flows"), monkeypatch) as served:
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", served.client.app)
        run_id = served.ask("POST", "/api/runs", json={"workflow": "orders"}).json()["run_id"]
        there = {"run_id": run_id, "name": "orders", "workflow": "orders", "key": "0" * 12, "delivery": "csv",
                 "number": "0"}  # fmt: skip
        for result in schema.get_all_operations():
            operation = result.ok()
            names = {each.name for each in operation.path_parameters}
            real = {name: value for name, value in there.items() if name in names}
            _fuzz(served, operation, GenerationMode.POSITIVE, seen, real)
            _fuzz(served, operation, GenerationMode.NEGATIVE, seen, real)
            if names:
                _fuzz(served, operation, GenerationMode.POSITIVE, seen, None)
    assert {200, 202, 404, 409, 422} <= set(seen), seen
    assert seen.total() > 200


def _fuzz(served: Office, operation: APIOperation, mode: GenerationMode, seen: Counter[int],
          path: dict[str, str] | None) -> None:  # fmt: skip
    named = {} if path is None else {"path_parameters": path}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode, **named))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {served.key('admin')}"})
        seen[answer.status_code] += 1
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code < 400:
            case.validate_response(answer, checks=[response_schema_conformance])

    with suppress(Unsatisfiable):  # nothing that could be wrong is given to the operation
        ask()
