"""The examples of diagnostics that only a database can give."""

from __future__ import annotations

import pytest

from docs.generator.findings import FailingCase, failing_cases
from ir.loading import load
from tests.servers.running import Database

CASES = [each for each in failing_cases() if each.server == "postgres" and each.code.startswith("IR6")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}/{case.golden.stem}")
def test_the_example_of_a_database_says_its_golden_text(case: FailingCase, postgres: Database, monkeypatch) -> None:
    monkeypatch.setenv("SHOP", postgres.url)
    document = load(case.workflow).value
    postgres.execute(*document["x-tables"])
    postgres.execute(*document.get("x-tables-of-admin", ()), is_admin=True)
    assert case.said() == case.golden.read_text(encoding="utf-8")
