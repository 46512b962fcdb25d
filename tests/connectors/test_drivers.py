"""Databases whose packages are not installed say which extra has them."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import weirflow as wf
from connectors.databases import drivers
from tests.workflows import inline, workflow

LACKING = [("postgres", "psycopg", "postgresql"), ("mysql", "connectorx", "mysql"), ("mongodb", "pymongo", "mongodb")]


@pytest.fixture(params=LACKING, ids=lambda each: each[0])
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A plugin key, and the package that is missing for it."""
    kind, package, scheme = request.param
    monkeypatch.setenv("SHOP", f"{scheme}://clerk:secret@localhost:1/shop")
    monkeypatch.setattr(
        drivers, "find_spec", lambda name: None if name == package else importlib.util.find_spec(name)
    )  # fmt: skip
    return kind, package


def problem_of(document: dict[str, Any]) -> wf.Diagnostic:
    with pytest.raises(wf.WorkflowError) as raised:
        wf.compile(document)
    return next(each for each in raised.value.diagnostics if each.severity == "error")


def test_a_source_names_the_package_and_the_extra(lacking: tuple[str, str]) -> None:
    kind, package = lacking
    asked = {"connection": {"plugin_key": kind, "credentials_ref": "env:SHOP"}, "table": "orders"}
    problem = problem_of(workflow([{"type": "database", "alias": "orders", "database_config": asked}]))

    assert problem.code == "IR584"
    assert problem.message == f"{kind} databases need the package {package}, which is not installed"
    assert problem.hint == f"pip install 'weirflow[{kind}]'"


def test_a_delivery_names_them_too(lacking: tuple[str, str]) -> None:
    kind, _ = lacking
    rules = {"database_delivery": {"plugin_key": kind, "credentials_ref": "env:SHOP", "table": "orders"}}

    assert problem_of(workflow([inline("rows", [{"id": 1}])], delivery_rules=rules)).code == "IR584"
