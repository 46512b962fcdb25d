"""Which variables of the environment a run's process has."""

from __future__ import annotations

from engine.service.runners.environment import of_processes, of_run

SERVICE = {
    "PATH": "/bin", "LC_ALL": "C", "WEIRFLOW_HOME": "/h", "WEIRFLOW_ORDERS_DB": "a", "WEIRFLOW_ORDERS": "b",
    "WEIRFLOW_ORDERS_EU_DB": "c", "WEIRFLOW_ORDERSX": "d", "WEIRFLOW_SHARED_DB": "e", "PGPASSWORD": "f",
    "ORDERS_DB": "g", "WEIRFLOW_MAIL_PASSWORD": "h", "AWS_SECRET_ACCESS_KEY": "i",
}  # fmt: skip


def test_a_process_of_runs_sees_no_secret_of_the_service() -> None:
    assert set(of_processes(SERVICE, secrets=())) == {"PATH", "LC_ALL", "WEIRFLOW_HOME"}
    allowed = of_processes(SERVICE, secrets=("mail", "aws"))
    assert set(allowed) - {"PATH", "LC_ALL", "WEIRFLOW_HOME"} == {"WEIRFLOW_MAIL_PASSWORD", "AWS_SECRET_ACCESS_KEY"}


def test_a_run_sees_the_secrets_that_begin_with_its_workflows_name_and_those_that_all_may_use() -> None:
    found = of_run(SERVICE, workflow="orders", others=("orders-eu",), secrets=("shared_db", "env:PGPASSWORD"))
    assert set(found) == {"WEIRFLOW_ORDERS_DB", "WEIRFLOW_ORDERS", "WEIRFLOW_SHARED_DB", "PGPASSWORD"}
    assert set(of_run(SERVICE, workflow="orders EU", others=(), secrets=())) == {"WEIRFLOW_ORDERS_EU_DB"}


def test_no_workflow_is_called_like_the_programs_own_settings() -> None:
    for name in ("mail", "aws", "AWS", "home", "journal", "", "weirflow"):
        assert of_run(SERVICE, workflow=name, others=(), secrets=()) == {}
