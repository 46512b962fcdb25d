"""What business systems are sent beside what their examples show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.plugins.items import PartlyDone
from connectors.plugins.registry import find_plugin
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import called, opened
from tests.servers.http_receiver import HttpReceiver


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as service:
        yield service


def test_a_payment_that_is_tried_again_has_the_same_key(receiver: HttpReceiver) -> None:
    stripe = find_plugin("stripe")
    receiver.fail("POST", "/v1/payment_intents", lost=True)
    params = {"amount": 990, "currency": "usd", "customer_id": "cus_1", "payment_method": "pm_1"}
    with opened(stripe, receiver.url, api_key="sk_test_0123456789") as session:
        assert called(session, stripe, "charge_saved_method", params, key="row-1").attempts == 2
        called(session, stripe, "charge_saved_method", params, key="row-2")
    keys = [each.headers["Idempotency-Key"] for each in receiver.posts]
    assert keys == ["row-1", "row-1", "row-2"]


def test_a_refusal_of_stripe_is_told_in_its_own_words(receiver: HttpReceiver) -> None:
    stripe = find_plugin("stripe")
    said = '{"error": {"type": "card_error", "message": "Charge ch_1 has already been refunded."}}'
    receiver.fail("POST", "/v1/refunds", status=402, body=said)
    with (opened(stripe, receiver.url, api_key="sk_test_0123456789") as session,
          pytest.raises(ConnectorProblem, match="Charge ch_1 has already been refunded")):  # fmt: skip
        called(session, stripe, "refund_payment", {"payment_id": "pi_1"})


def test_values_cannot_leave_the_quotes_of_a_query(receiver: HttpReceiver) -> None:
    salesforce = find_plugin("salesforce")
    hostile = "x\\' OR Name != '"
    with opened(salesforce, receiver.url, instance_url="https://acme.my.salesforce.com", access_token="t") as session:
        [asked] = session.rendered(salesforce.action("query_leads"), {"fields": ["Id"], "filters": {"Name": hostile}})
        assert asked.url.endswith("WHERE%20Name%20%3D%20%27x%5C%5C%5C%27%20OR%20Name%20%21%3D%20%5C%27%27")
        for params in (
            {"fields": ["Id FROM User"]}, {"filters": {"Name = '' OR Id": "1"}}, {"order_by": "Id; DELETE"}
        ):  # fmt: skip
            with pytest.raises(ConnectorProblem) as refused:
                called(session, salesforce, "query_leads", params)
            assert refused.value.code == "IR693"


def test_a_project_that_gives_fewer_rows_than_it_is_asked_for_is_read_to_its_end(receiver: HttpReceiver) -> None:
    supabase = find_plugin("supabase")
    for page in ('[{"id": 1}, {"id": 2}]', '[{"id": 3}, {"id": 4}]', '[{"id": 5}]', "[]"):
        receiver.fail("GET", "/rest/v1/orders", status=200, body=page)
    with opened(supabase, receiver.url, url="https://abc.supabase.co", key="k-0123456789") as session:
        read = called(session, supabase, "select_rows", {"table": "orders", "page_size": 1000}).output
    assert [each["id"] for each in read] == [1, 2, 3, 4, 5]
    offsets = [each.partition("limit=1000")[0].rpartition("?")[2] for each in receiver.requests]
    assert offsets == ["select=%2A&", "select=%2A&offset=2&", "select=%2A&offset=4&", "select=%2A&offset=5&"]


def test_a_batch_of_which_hubspot_takes_in_a_part_has_failed(receiver: HttpReceiver) -> None:
    hubspot = find_plugin("hubspot")
    said = (
        '{"status": "COMPLETE", "results": [{"id": "1"}], "numErrors": 1, "errors": [{"message": "no such property"}]}'
    )
    receiver.fail("POST", "/crm/v3/objects/contacts/batch/upsert", status=207, body=said)
    contacts = [{"email": "ada@example.com"}, {"email": "bob@example.com", "nick": "b"}]
    with (opened(hubspot, receiver.url, token="pat-0123456789") as session,
          pytest.raises(ConnectorProblem, match="no such property")):  # fmt: skip
        called(session, hubspot, "upsert_contacts", {"contacts": contacts})


def _said(problem: PartlyDone) -> list[str | None]:
    return [None if each.problem is None else each.problem.message for each in problem.items]


def test_what_asana_refuses_of_a_batch_is_told_of_each_request(receiver: HttpReceiver) -> None:
    asana = find_plugin("asana")
    receiver.answers.append(json.dumps({"data": [
        {"status_code": 200, "headers": {}, "body": {"data": {"gid": "1"}}},
        {"status_code": 404, "headers": {}, "body": {"errors": [{"message": "task: Unknown object: 2"}]}},
    ]}))  # fmt: skip
    actions = [{"method": "put", "relative_path": f"/tasks/{each}", "data": {"completed": True}} for each in (1, 2)]
    with opened(asana, receiver.url, token="1/0123456789") as session, pytest.raises(PartlyDone) as refused:
        called(session, asana, "batch", {"actions": actions})
    assert (_said(refused.value), refused.value.sent) == ([None, "Asana answers task: Unknown object: 2"], True)


def test_what_salesforce_refuses_among_records_is_told_of_each_or_refuses_them_all(receiver: HttpReceiver) -> None:
    salesforce = find_plugin("salesforce")
    wrong = {"success": False, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "Name is missing"}]}
    undone = {"success": False, "errors": [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": "undone"}]}
    receiver.answers += [
        json.dumps([{"id": "a01A", "success": True, "errors": []}, wrong]),
        json.dumps([undone, wrong]),
    ]
    params = {"object": "Invoice__c", "records": [{"Name": "A-1"}, {"Amount__c": 2}]}
    with opened(salesforce, receiver.url, instance_url="https://acme.my.salesforce.com", access_token="t") as session:
        with pytest.raises(PartlyDone) as refused:
            called(session, salesforce, "create_records", {**params, "all_or_none": False})
        with pytest.raises(ConnectorProblem, match="Name is missing") as none_done:
            called(session, salesforce, "create_records", params)
    assert (_said(refused.value), refused.value.sent) == ([None, "Salesforce answers Name is missing"], True)
    assert (isinstance(none_done.value, PartlyDone), none_done.value.sent) == (False, False)


def test_a_large_file_of_github_is_asked_about_in_the_form_that_tells_its_sha(receiver: HttpReceiver) -> None:
    github = find_plugin("github")
    params = {"owner": "o", "repo": "books", "path": "a.csv", "message": "m", "text": "a"}
    with opened(github, receiver.url, token="ghp_0123456789") as session:
        asked = session.rendered(github.action("write_file"), params)[0]
    assert asked.headers["Accept"] == "application/vnd.github.object+json"


def test_a_small_attachment_that_comes_within_the_mail_is_fetched_by_its_name_as_well(
    receiver: HttpReceiver, tmp_path: Path
) -> None:
    gmail = find_plugin("gmail")
    part = {"mimeType": "text/calendar", "filename": "invite.ics", "body": {"size": 5, "data": "QkVHSU4="}}
    mail = {"id": "18f1", "payload": {"mimeType": "multipart/mixed", "filename": "", "parts": [part]}}
    receiver.fail("GET", "/messages/18f1", status=200, body=json.dumps(mail))
    with opened(gmail, receiver.url, folder=tmp_path, access_token="ya29.0123456789") as session:
        found = called(session, gmail, "get_attachment", {"message_id": "18f1", "filename": "invite.ics"}).output
    assert (found["name"], found["mime"], found["size"]) == ("invite.ics", "text/calendar", 5)
    assert len(receiver.requests) == 1
