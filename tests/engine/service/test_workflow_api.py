"""Workflows by the API: checked, stored, planned and taken out; and those of files, which are left to their files."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.engine.service.serving import ORDERS, Served, orders_folder, serving

SALES = ORDERS.replace("name: orders", "name: sales")
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = orders_folder(tmp_path_factory.mktemp("service"))
    (folder / "settings.yaml").write_text("colour: red\n")
    (folder / "broken.yaml").write_text(ORDERS.replace("file_delivery", "file_delivry").replace("orders", "broken"))
    with serving(folder) as found:
        yield found


def test_a_workflow_that_is_put_runs_in_a_folder_of_its_own(served: Served) -> None:
    put = served.ask("PUT", "/api/workflows/sales", SALES.encode(), scope="edit", headers=YAML)
    assert (put.status, put.json["workflow"]["version"]) == (201, 1)
    assert [each["message"] for each in put.json["warnings"]] == ["orders.csv does not exist"]
    own = served.folder / "_workflows" / "sales"
    (own / "orders.csv").write_text("id,amount\n8,80\n")
    run_id = served.ask("POST", "/api/runs", {"workflow": "sales"}).json["run_id"]
    assert served.ended(run_id)["status"] == "succeeded"
    assert (own / f"over_{run_id}.csv").read_text() == "id,amount\n8,80\n"
    left = sorted(["orders.csv", f"over_{run_id}.csv"])
    assert served.ask("DELETE", "/api/workflows/sales").json == {
        "workflow": "sales", "files": left, "bytes": 30, "files_removed": 0,
    }  # fmt: skip
    assert served.ask("GET", "/api/workflows/sales").status == 404
    assert served.ask("GET", f"/api/runs/{run_id}").json["status"] == "succeeded"


def test_a_workflow_with_an_error_is_not_stored(served: Served) -> None:
    text = SALES.replace("filename_template", "filename_templat")
    refused = served.ask("PUT", "/api/workflows/wrong", text.encode(), headers=YAML)
    [found] = refused.json["error"]["diagnostics"]
    assert (refused.status, found["line"], found["file"]) == (422, 8, "wrong.yaml")
    assert served.ask("GET", "/api/workflows/wrong").status == 404


def test_a_put_that_means_another_version_changes_nothing(served: Served) -> None:
    text = SALES.replace("name: sales\n", "")
    first = served.ask("PUT", "/api/workflows/monthly", text.encode(), headers=YAML)
    assert first.headers["etag"] == '"1"'
    changed = text.replace("value: 5", "value: 6").encode()
    assert served.ask("PUT", "/api/workflows/monthly", changed, headers={**YAML, "If-Match": '"2"'}).status == 412
    assert served.ask("PUT", "/api/workflows/monthly", changed, headers={**YAML, "If-None-Match": "*"}).status == 412
    found = served.ask("PUT", "/api/workflows/monthly", changed, headers={**YAML, "If-Match": '"1"'})
    assert (found.status, found.headers["etag"]) == (200, '"2"')


def test_the_workflow_of_a_file_is_changed_there_alone(served: Served) -> None:
    put = served.ask("PUT", "/api/workflows/orders", ORDERS.encode(), headers=YAML)
    deleted = served.ask("DELETE", "/api/workflows/orders")
    assert (put.status, deleted.status) == (409, 409)
    assert "file of the service" in put.json["error"]["message"]


@pytest.mark.parametrize("name", ["Sales", "..", "a%2Fb", "-x", "x" * 101])
def test_a_name_that_is_no_slug_is_refused(served: Served, name: str) -> None:
    assert served.ask("PUT", f"/api/workflows/{name}", SALES.encode(), headers=YAML).status in {404, 422}


def test_a_document_is_checked_without_being_stored(served: Served) -> None:
    good = served.ask(
        "POST", "/api/workflows/validate?name=fresh", SALES.replace("sales", "fresh").encode(), headers=YAML
    ).json
    bad = served.ask("POST", "/api/workflows/validate", b'{"ir_version": "3.1"}',
                     headers={"Content-Type": "application/json"}).json  # fmt: skip
    assert (good["is_valid"], [each["code"] for each in good["diagnostics"]]) == (True, ["IR505"])
    assert not bad["is_valid"]
    assert {each["file"] for each in bad["diagnostics"]} == {"workflow.json"}


def test_a_plan_shows_steps_with_their_columns(served: Served) -> None:
    plan = served.ask("GET", "/api/workflows/orders/plan").json["plan"]
    assert [(each["id"], each["columns_out"]) for each in plan["steps"]] == [
        (name, {"id": "integer", "amount": "integer"}) for name in ("orders", "filters", "delivery:csv")
    ]


def test_a_plan_reads_no_secret_of_another_workflow(served: Served) -> None:
    text = SALES.replace("name: sales\n", "").replace(
        "{type: file, alias: orders, location: orders.csv}",
        "{type: file, alias: orders, location: 's3://b/o.csv', credentials_ref: 'env:REPORT_EU_STORE'}",
    )
    for name in ("report", "report_eu"):
        assert served.ask("PUT", f"/api/workflows/{name}", text.encode(), headers=YAML).status == 201
    found = served.ask("GET", "/api/workflows/report/plan").json
    assert [each["message"] for each in found["diagnostics"]] == ['this run may not read the secret "REPORT_EU_STORE"']


def test_a_file_that_says_it_is_a_workflow_and_is_none_is_named(served: Served) -> None:
    found = served.ask("GET", "/api/workflows").json
    assert "orders" in [each["name"] for each in found["workflows"]]
    [broken] = found["broken"]
    assert broken["file"].endswith("/broken.yaml")
    assert "file_delivry" in broken["diagnostics"][0]["message"]


def test_a_workflow_whose_file_gives_it_another_name_stands_once(served: Served) -> None:
    file = served.folder / "named.yaml"
    file.write_text(ORDERS.replace("name: orders", "name: before"))
    assert _names(served, "before")
    file.write_text(ORDERS.replace("name: orders", "name: afterwards"))
    assert _names(served, "afterwards", gone="before")


def _names(served: Served, name: str, *, gone: str | None = None) -> bool:
    """Whether the service comes to name the workflow, and the one that is gone no more."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        found = [each["name"] for each in served.ask("GET", "/api/workflows").json["workflows"]]
        if name in found and gone not in found:
            return True
        time.sleep(0.1)
    return False
