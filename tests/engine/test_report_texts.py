"""Values of frames in a report's texts, its logo, and the lines that tell where it comes from."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

import weirflow as wf
from connectors.policy import Policy
from tests.engine.recorded_reports import recorded
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"city": "Rom", "amount": 1234.5}, {"city": "Oslo", "amount": 0.5}]
TOTALS = {"revenue": "sum(amount)", "nothing": "max(case when amount < 0 then city end)"}
KPIS = {"type": "reduce", "input_source": "rows", "output_variable": "kpis", "config": {"aggregates": TOTALS}}
SHOWN = {"type": "format", "input_source": "kpis", "output_variable": "shown",
         "config": {"columns": {"revenue": {"style": "currency", "currency": "EUR"}}}}  # fmt: skip
NOW = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
START = b"\x89PNG\r\n\x1a\n"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQ96sEAAF2AOe2j1NWAAAAAElFTkSuQmCC")


def document(rendering: dict[str, Any], **more: Any) -> dict[str, Any]:
    steps = more.pop("steps", [KPIS])
    return workflow([inline("rows", ROWS)], transforms=steps, rendering=rendering,
                    delivery_rules={"file_delivery": {"format": "html"}}, **more)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_show_values_in_their_columns_format_and_the_reports_locale(engine, monkeypatch, tmp_path):
    rendering = {
        "title": "Revenue {{shown.revenue}}",
        "subtitle": "{{data.count}} cities, first {{rows[0].city}}, all {{rows[*].city}}; none: {{kpis.nothing}}.",
        "empty_message": "no {{shown.revenue}}",
        "page": {"footer": "{{rows.length}} rows, {{date}}"},
        "sections": [{"heading": "{{rows[1].city}}", "text": "{{rows[7].city}}!", "caption": "{{shown.revenue}}",
                      "chart": {"type": "bar", "x": "city", "y": "amount", "title": "of {{rows[0].city}}"}}],
    }  # fmt: skip
    plan = document(rendering, steps=[KPIS, SHOWN], settings={"locale": "de"})
    [found] = recorded(plan, monkeypatch, tmp_path, engine=engine, now=NOW)
    report, [part] = found.report, found.report.parts
    assert report.title == "Revenue 1.235,00\u00a0€"
    assert report.subtitle == "2 cities, first Rom, all Rom, Oslo; none: ."
    assert (report.empty_message, report.page.footer) == ("no 1.235,00\u00a0€", "2 rows, 2026-01-31")
    assert (part.heading, part.text, part.caption) == ("Oslo", "!", "1.235,00\u00a0€")
    assert part.chart is not None
    assert part.chart.title == "of Rom"


@pytest.mark.parametrize(
    ("title", "code", "message"),
    [
        ("{{kpis.revenu}}", "IR401", '"kpis" has no column "revenu"'),
        ("{{kips.revenue}}", "IR303", '"kips" stands for nothing here'),
        ("{{rows.city}}", "IR414", '"rows" may have many rows, so rows.city is no single value'),
        ("{{rows[0]}}", "IR303", 'rows[0] is no value of the frame "rows"'),
        ("{{rows[-1].city}}", "IR303", "rows[-1].city counts from the end, and rows are counted from the first, 0"),
        ("{{group.key}}", "IR303", '"group" stands for nothing here'),
    ],
)
def test_a_value_that_a_text_cannot_have_is_told_in_the_text(title, code, message):
    for rendering, at in (({"title": title}, ("rendering", "title")),
                          ({"sections": [{"text": title}]}, ("rendering", "sections", 0, "text"))):  # fmt: skip
        [found] = wf.validate(document(rendering))
        assert (found.code, found.message, found.pointer) == (code, message, at)


def test_the_first_row_of_rows_without_an_order_is_no_value():
    unordered = {"type": "sql", "output_variable": "any", "config": {"query": "select city from rows"}}
    [found] = wf.validate(document({"title": "{{any[0].city}}"}, steps=[unordered]))
    assert (found.code, found.message) == ("IR420", 'row 0 of "any" needs ordered rows, and its rows have no order')


def test_a_column_in_a_text_may_be_found_by_a_first_pass(monkeypatch, tmp_path):
    wide = {"type": "pivot", "output_variable": "wide",
            "config": {"index": ["amount"], "columns": "city", "values": "amount", "function": "sum"}}  # fmt: skip
    [found] = recorded(document({"title": "{{wide[1].Rom}}"}, steps=[wide]), monkeypatch, tmp_path)
    assert found.report.title == "1,234.50"


def test_a_logo_is_read_beside_the_workflow(monkeypatch, tmp_path):
    (tmp_path / "logo.png").write_bytes(PNG)
    [found] = recorded(document({"logo": "logo.png"}), monkeypatch, tmp_path / "out", base=tmp_path)
    assert found.report.logo == PNG


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("none.png", None, "IR505", 'there is no file "none.png"'),
        ("text.png", b"GIF89a", "IR611", '"text.png" is neither a PNG nor a JPEG'),
        ("damaged.png", START + b"\0" * 20, "IR611", '"damaged.png" is damaged, or too large to be shown'),
        ("cut.png", PNG[:44], "IR611", '"cut.png" is damaged, or too large to be shown'),
        ("large.png", PNG + b"\0" * 4_000_000, "IR611", '"large.png" is larger than 4 MB'),
        ("https://example.org/logo.png", None, "IR611", '"https://example.org/logo.png" is no local file'),
    ],
)
def test_what_is_no_logo_is_told_when_compiled(tmp_path, name, content, code, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    [found] = wf.validate(document({"logo": name}), base=tmp_path)
    assert (found.code, found.message, found.pointer) == (code, message, ("rendering", "logo"))


def test_a_logo_outside_the_folders_of_the_policy_is_refused(tmp_path):
    (tmp_path / "logo.png").write_bytes(PNG)
    inner = tmp_path / "inner"
    inner.mkdir()
    policy = Policy.closed(inner)
    [found] = wf.validate(document({"logo": "../logo.png"}), base=inner, policy=policy)
    assert (found.code, found.pointer) == ("IR503", ("rendering", "logo"))


def test_provenance_names_the_workflow_its_sources_and_the_time_but_no_folder(monkeypatch, tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "sales.csv").write_text("city\nRom\n")
    source = {"type": "file", "alias": "sales", "location": "private/sales.csv"}
    plan = workflow([source, inline("rows", ROWS)], name="monthly", settings={"timezone": "Europe/Berlin"},
                    rendering={"sections": [{"input_source": "sales"}, {"input_source": "rows"}]},
                    delivery_rules={"file_delivery": [{"format": "html"}, {"format": "csv"}]})  # fmt: skip
    html, csv = recorded(plan, monkeypatch, tmp_path / "out", base=tmp_path, now=NOW)
    assert html.report.provenance is not None
    digest = hashlib.sha256(b"city\nRom\n").hexdigest()
    document_digest = wf.compile(plan, base=tmp_path).to_dict()["document_sha256"]
    first, *sources, last = html.report.provenance.lines
    assert first == f"workflow monthly, sha256 {document_digest}"
    assert sources == [f"source sales: sales.csv, sha256 {digest}", "source rows: 2 rows in the workflow"]
    assert last.startswith("made 2026-01-31 13:30 Europe/Berlin by weirflow ")
    assert "private" not in " ".join(html.report.provenance.lines)
    assert csv.report.provenance is None


def test_provenance_can_be_switched_off_and_names_the_run_only_when_asked(monkeypatch, tmp_path):
    [off] = recorded(document({"provenance": False}), monkeypatch, tmp_path / "a")
    assert off.report.provenance is None
    [on] = recorded(document({"title": "x"}), monkeypatch, tmp_path / "b")
    assert on.report.provenance is not None
    assert not any(line.startswith("run ") for line in on.report.provenance.lines)
    [run] = recorded(document({"provenance": "with_run_id"}), monkeypatch, tmp_path / "c")
    assert run.report.provenance is not None
    assert run.report.provenance.lines[-1].startswith("run 20")


@pytest.mark.parametrize("format", ["html", "xlsx", "pdf"])
def test_equal_rows_and_an_equal_time_make_equal_files(format, tmp_path):
    plan = document({"title": "{{kpis.revenue}}", "sections": [{"totals": {"amount": "sum"}}]})
    plan["delivery_rules"] = {"file_delivery": {"format": format}}
    for name in ("one", "two"):
        wf.run(plan, out=tmp_path / name, now=NOW)
    assert (tmp_path / "one" / f"workflow.{format}").read_bytes() == (
        tmp_path / "two" / f"workflow.{format}"
    ).read_bytes()
