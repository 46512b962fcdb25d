"""A PDF from a workflow file, opened as its reader does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pypdf
import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

SALES = [
    {"region": "north", "product": "ink", "amount": 10.5, "n": 1},
    {"region": "south", "product": "pen", "amount": 20.25, "n": 2},
    {"region": "north", "product": "pad", "amount": 5.0, "n": 3},
]
DOCUMENT = workflow(
    [inline("sales", SALES)],
    name="sales",
    transforms=[{"type": "format", "config": {"columns": {
        "product": {"style": "link", "url": "https://example.com/{{product}}"},
        "amount": {"style": "currency", "currency": "EUR"},
        "n": {"highlight": [{"where": "n > 2", "color": "yellow"}]},
    }}}],
    rendering={
        "title": "Sales",
        "subtitle": "January",
        "sections": [
            {"heading": "By region", "group_by": "region", "totals": {"amount": "sum"}, "caption": "All orders"},
            {"heading": "Chart", "columns": ["product"], "chart": {"type": "bar", "x": "product", "y": "amount"}},
        ],
    },
    delivery_rules={"file_delivery": {"format": "pdf"}},
)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_workflow_delivers_its_sections_as_pages(engine, tmp_path):
    wf.run(DOCUMENT, engine=engine, out=tmp_path, now=datetime(2026, 1, 31, 12, tzinfo=UTC))
    reader = pypdf.PdfReader(tmp_path / "sales.pdf", strict=True)
    words = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))
    assert words.startswith(
        "Sales January By region product amount n region: north ink €10.50 1 pad €5.00 3 Total north €15.50 "
        "region: south pen €20.25 2 Total south €20.25 Total €35.75 All orders Chart"
    )
    assert words.count("ink") == 3  # in both tables and below the bar
    first, _, second = reader.outline
    assert (first.title, second.title) == ("By region", "Chart")
    links = [each.get_object()["/A"]["/URI"] for page in reader.pages for each in page.get("/Annots", [])]
    assert links == [f"https://example.com/{each}" for each in ("ink", "pad", "pen", "ink", "pen", "pad")]
    assert "1 1 0 rg" in reader.pages[0].get_contents().get_data().decode("latin-1")


def test_both_engines_write_the_same_bytes(tmp_path):
    for engine in ENGINES:
        wf.run(DOCUMENT, engine=engine, out=tmp_path / engine, now=datetime(2026, 1, 31, 12, tzinfo=UTC))
    one, other = ((tmp_path / engine / "sales.pdf").read_bytes() for engine in ENGINES)
    assert one == other


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", ["pdf", "html", "xlsx"])
def test_a_document_of_numbers_may_have_no_rows(engine, form, tmp_path):
    document = workflow(
        [inline("sales", SALES)],
        transforms=[{"type": "filter", "config": {"where": "amount > 100"}},
                    {"type": "format", "config": {"columns": {"n": {"style": "currency", "currency": "EUR"}}}}],
        delivery_rules={"file_delivery": {"format": form}},
    )  # fmt: skip
    result = wf.run(document, engine=engine, out=tmp_path)
    assert [each.status for each in result.deliveries] == ["delivered"]
