"""The reminders example: a message a customer through a real mail server, firm or friendly."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import weirflow as wf
from tests.servers.smtp import MailServer
from tests.workflows import ENGINES

EXAMPLE = Path(__file__).parents[2] / "examples" / "reminders"
NOW = datetime(2026, 4, 1, 8, tzinfo=UTC)


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "reminders")) / "reminders.yaml"


@pytest.mark.parametrize("engine", ENGINES)
def test_each_customer_gets_one_mail_and_accounts_the_list(
    workflow: Path, tmp_path: Path, mail_server: MailServer, engine: str
) -> None:
    plan = wf.compile(workflow, engine=engine, now=NOW)
    result = plan.run(out=tmp_path / "out")
    assert (result.status, result.exit_code, result.dead_letters["count"]) == ("incomplete", 3, 1)
    assert {each.recipients[0]: each.subject for each in mail_server.mails} == {
        "accounts@weir.example": "5 invoices are overdue on 2026-04-01",
        "accounts@nordwind.example": "Second reminder: 2 invoices are overdue",
        "compta@lumiere.example": "Reminder of invoice R-1003",
        "faktura@oresund.example": "Reminder of invoice R-1005",
    }
    [firm] = [each for each in mail_server.mails if "Second" in each.subject]
    assert "Dear Nordwind GmbH," in firm.text
    assert "519.90" in firm.html  # 420.00 + 99.90
    [told] = [each for each in mail_server.mails if each.recipients == ("accounts@weir.example",)]
    sheet = openpyxl.load_workbook(io.BytesIO(told.attachments["overdue-2026-04-01.xlsx"])).active
    column = [str(row[0]) for row in sheet.iter_rows(values_only=True)]
    assert sorted(each for each in column if each.startswith("R-")) == [
        "R-1001",
        "R-1002",
        "R-1003",
        "R-1005",
        "R-1007",
    ]
    [letter] = pl.read_parquet(result.dead_letters["path"]).to_dicts()
    assert (letter["step"], letter["reason"]) == ("firm", '"not an address" has no @')
