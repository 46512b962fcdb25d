"""Messages that are not sent twice: runs that are gone on with, servers that do not answer, answers that are lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.journal.items import item_ledger, items_of
from engine.journal.journal import Journal
from tests.killed_runs import killed_run
from tests.long_runs import UNMEASURED
from tests.warm_processes import started
from tests.workflows import inline, workflow

ROWS = [{"id": number, "mail": f"p{number}@example.com"} for number in (1, 2, 3)]
SEND = "connectors.messages.email.sending:MailSender.send"


def _document(rows: list[dict[str, Any]] = ROWS, **delivery: Any) -> dict[str, Any]:
    each = {"recipient_source": "mail", "subject": "Order {{id}}", "body_template": "Hello", **delivery}
    return workflow([inline("orders", rows)], name="orders", delivery_rules={"per_item_delivery": each})


def _file(folder: Path, document: dict[str, Any]) -> Path:
    (folder / "orders.json").write_text(json.dumps(document))
    return folder / "orders.json"


def _items(run_id: str) -> list[tuple[int, str, int]]:
    with Journal() as journal:
        return [(each.item, each.status, each.attempts)
                for _, each in sorted(items_of(journal, run_id, "per_item").items())]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch, mail_server):
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(UNMEASURED, "WEIRFLOW_EMAIL", mail_server.url)
    return tmp_path


def test_a_message_that_is_refused_for_a_while_is_tried_again(mail_server, folder):
    mail_server.fail("DATA", "451 try later")
    retry = {"retry": {"max_attempts": 2, "initial_delay_ms": 0}}
    result = wf.compile(_document(execution_constraints=retry)).run()
    assert (result.status, len(mail_server.mails)) == ("succeeded", 3)
    assert _items(result.run_id) == [(0, "sent", 2), (1, "sent", 1), (2, "sent", 1)]


@pytest.mark.parametrize(
    ("when", "mails"), [("before", ["Order 1", "Order 3"]), ("after", ["Order 1", "Order 2", "Order 3"])]
)
def test_after_a_kill_no_message_is_sent_twice_and_the_one_nobody_knows_of_is_named(mail_server, folder, when, mails):
    killed_run(_file(folder, _document()), SEND, when=when, call=2)
    [run] = wf.runs()
    result = wf.resume(run.run_id)
    assert [mail.subject for mail in mail_server.mails] == mails
    [delivery] = result.deliveries
    assert (result.status, delivery.status) == ("incomplete", "incomplete")
    assert delivery.outcome == {"sent": 2, "uncertain": 1}
    assert delivery.error == "row 2: to p2@example.com: the run ended before the answer came"
    assert _items(run.run_id) == [(0, "sent", 1), (1, "uncertain", 1), (2, "sent", 1)]


def test_a_delivery_may_ask_for_the_uncertain_one_to_be_sent_again(mail_server, folder):
    killed_run(_file(folder, _document(on_uncertain="resend")), SEND, when="after", call=2)
    result = wf.resume(wf.runs()[0].run_id)
    assert [mail.subject for mail in mail_server.mails] == ["Order 1", "Order 2", "Order 2", "Order 3"]
    assert (result.status, result.deliveries[0].outcome) == ("succeeded", {"sent": 3})
    first, again = mail_server.mails[1:3]
    assert first.message["Message-ID"] == again.message["Message-ID"]


def test_an_answer_that_never_came_makes_its_message_uncertain(mail_server, folder):
    mail_server.fail("TAKEN", close=True, skip=1)
    result = wf.compile(_document()).run()
    assert [mail.subject for mail in mail_server.mails] == ["Order 1", "Order 2", "Order 3"]
    assert result.deliveries[0].outcome == {"sent": 2, "uncertain": 1}
    assert result.dead_letters["count"] == 0


def test_a_server_that_is_gone_stops_the_delivery_and_a_resume_sends_the_rest(mail_server, folder):
    rows = [{"id": number, "mail": f"p{number}@example.com"} for number in range(1, 10)]
    mail_server.fail("MAIL", close=True, skip=1, times=20)
    first = wf.run(_file(folder, _document(rows)))
    [delivery] = first.deliveries
    assert (first.status, delivery.status) == ("failed", "failed")
    assert delivery.outcome == {"sent": 1, "failed": 5}
    mail_server.faults.clear()
    second = wf.resume(first.run_id)
    assert (second.status, second.deliveries[0].outcome) == ("succeeded", {"sent": 9})
    assert sorted(mail.subject for mail in mail_server.mails) == [f"Order {number}" for number in range(1, 10)]


def test_several_connections_send_side_by_side_and_each_message_once(mail_server, folder):
    rows = [{"id": number, "mail": f"p{number}@example.com"} for number in range(40)]
    at_once = {"concurrency": {"max_concurrent_deliveries": 4}}
    result = wf.compile(_document(rows, execution_constraints=at_once)).run()
    assert sorted(mail.subject for mail in mail_server.mails) == sorted(f"Order {number}" for number in range(40))
    assert 1 < mail_server.connections <= 4
    assert result.deliveries[0].outcome == {"sent": 40}
    assert {status for _, status, _ in _items(result.run_id)} == {"sent"}


def test_a_resume_sends_what_was_kept_and_reads_no_row_again(mail_server, folder):
    document = _document()
    source = folder / "orders.csv"
    source.write_text("id,mail\n1,p1@example.com\n2,p2@example.com\n3,p3@example.com\n")
    document["data_sources"] = [{"type": "file", "alias": "orders", "location": "orders.csv"}]
    killed_run(_file(folder, document), SEND, when="before", call=2)
    source.write_text("id,mail\n7,p7@example.com\n")
    result = wf.resume(wf.runs()[0].run_id)
    assert [mail.subject for mail in mail_server.mails] == ["Order 1", "Order 3"]
    assert result.deliveries[0].outcome == {"sent": 2, "uncertain": 1}


def test_rows_that_are_other_ones_than_the_journal_knows_are_not_sent(mail_server, folder):
    mail_server.fail("MAIL", close=True, skip=1, times=20)
    rows = [{"id": number, "mail": f"p{number}@example.com"} for number in range(1, 9)]
    first = wf.run(_file(folder, _document(rows)))
    mail_server.faults.clear()
    with Journal() as journal, item_ledger(journal, first.run_id, "per_item", folder=folder / "items") as ledger:
        ledger.end(ledger.claim(0, key="of another message", target="p1@example.com"), "sent")
    [delivery] = wf.resume(first.run_id).deliveries
    assert delivery.status == "failed"
    assert delivery.finding is not None
    assert delivery.finding.code == "IR653"
    assert "row 1 is another one than when the run began to send" in delivery.finding.message
    assert [mail.subject for mail in mail_server.mails] == ["Order 1"]


def test_a_message_whose_kept_file_is_gone_is_not_sent(mail_server, folder, monkeypatch):
    document = _document(attachments=["list"])
    document["delivery_rules"]["file_delivery"] = {"id": "list", "format": "csv", "filename_template": "list.csv"}
    killed_run(_file(folder, document), SEND, when="before", call=2)
    [run] = wf.runs()
    [kept] = (folder / "home").rglob("index.json")
    kept.unlink()
    result = wf.resume(run.run_id)
    message = next(each for each in result.deliveries if each.kind == "message")
    assert (message.status, message.finding.code) == ("failed", "IR654")
    assert [mail.subject for mail in mail_server.mails] == ["Order 1"]


def test_a_journal_on_a_server_knows_after_a_kill_which_of_fifty_mails_were_sent(
    mail_server, folder, monkeypatch, postgres
):
    monkeypatch.setenv("WEIRFLOW_JOURNAL", postgres.url)
    monkeypatch.setitem(UNMEASURED, "WEIRFLOW_JOURNAL", postgres.url)
    rows = [{"id": number, "mail": f"p{number}@example.com"} for number in range(50)]
    killed_run(_file(folder, _document(rows)), SEND, when="after", call=31)
    [run] = wf.runs()
    assert len(mail_server.mails) == 31
    result = wf.resume(run.run_id)
    assert sorted(mail.subject for mail in mail_server.mails) == sorted(f"Order {number}" for number in range(50))
    assert result.deliveries[0].outcome == {"sent": 49, "uncertain": 1}


def test_a_note_that_a_mail_was_sent_does_not_wait_for_the_rate_of_the_next(mail_server, folder):
    rate = {"rate_limit": {"max_per_second": 1, "strategy": "sliding_window"}}
    file = _file(folder, _document(execution_constraints=rate))
    killed_run(file, "engine.policies.clock:SteadyClock.sleep", when="before", call=1)
    assert [mail.subject for mail in mail_server.mails] == ["Order 1"]
    assert wf.resume(wf.runs()[0].run_id).deliveries[0].outcome == {"sent": 3}
    assert [mail.subject for mail in mail_server.mails] == ["Order 1", "Order 2", "Order 3"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_in_the_middle_of_a_message_sends_it_to_its_end(mail_server, folder, number):
    run = started(["run", str(_file(folder, _document())), "--quiet"], env={**os.environ, **UNMEASURED})
    mail_server.fail("DATA", wait_s=0.2, skip=1, action=lambda: run.send_signal(number))
    run.communicate(timeout=120)
    assert run.returncode == 128 + number
    [record] = wf.runs()
    assert (record.status, _items(record.run_id)) == ("cancelled", [(0, "sent", 1), (1, "sent", 1)])
    result = wf.resume(record.run_id)
    assert (result.status, result.deliveries[0].outcome) == ("succeeded", {"sent": 3})
    assert [mail.subject for mail in mail_server.mails] == ["Order 1", "Order 2", "Order 3"]
