"""Pictures of real plans: what they say, that they are safe to show, and that they read no data."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """</title></svg></style><script>alert(1)</script>"'`]) %%{init: {"theme": "dark"}}%% --> s1"""


def rows_of(alias: str, **columns: object) -> dict[str, Any]:
    return {"type": "tabular", "source": "inline", "alias": alias, "config": {"rows": [columns]}}


def orders(**more: Any) -> dict[str, Any]:
    """Orders joined with their customers, made dearer, delivered twice."""
    return {
        "ir_version": "3.1", "name": "orders", "goal": "Who bought for how much",
        "data_sources": [rows_of("sales", id=1, customer="c1", price=2.5), rows_of("customers", code="c1", city="Ulm")],
        "transforms": [
            {"type": "join", "input_source": "sales", "output_variable": "named",
             "config": {"source": "customers", "on": {"customer": "code"}, "how": "left"}},
            {"type": "map", "input_source": "named", "output_variable": "dearer",
             "config": {"columns": {"dear": "price > 2"}}},
        ],
        "delivery_rules": {"file_delivery": [
            {"id": "table", "format": "csv", "input_source": "dearer", "destination": {"path": "out"}},
            {"id": "sheet", "format": "xlsx", "input_source": "dearer", "destination": {"path": "out"}},
        ]},
        **more,
    }  # fmt: skip


def svg_of(plan: wf.Plan) -> ElementTree.Element:
    found = re.search(r"<svg.*?</svg>", plan._repr_html_(), re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found[0])


def boxes(plan: wf.Plan) -> dict[str, list[str]]:
    """{name: every text in its box} in the order of the drawing."""
    found = {}
    for group in svg_of(plan).iter(f"{SVG}g"):
        if "wf-step" in group.attrib["class"]:
            texts = ["".join(text.itertext()) for text in group.iter(f"{SVG}text")]
            found[texts[1]] = texts
    return found


def edges(plan: wf.Plan) -> dict[str, str]:
    """{"from → to": label}"""
    return {
        group.findtext(f"{SVG}title", "").split("\n")[0]: group.findtext(f"{SVG}text", "")
        for group in svg_of(plan).iter(f"{SVG}g") if group.attrib["class"] == "wf-edge"
    }  # fmt: skip


class Reader(HTMLParser):
    """Every tag with its attributes, and every tag left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def plan() -> wf.Plan:
    return wf.compile(orders())


@pytest.fixture
def hostile_plan() -> wf.Plan:
    """The workflow with text that would like to be markup wherever text of the user's can stand."""
    named = orders(goal=HOSTILE)
    named["data_sources"][0] = rows_of("sales", id=1, customer="c1", price=2.5, **{HOSTILE: "x", "n" * 300: 1})
    named["transforms"][1]["config"] = {"columns": {"😀 <b>": f'"{HOSTILE.replace(chr(34), chr(34) * 2)}"'}}
    return wf.compile(named)


def test_every_step_has_one_box_with_its_kind_and_summary(plan: wf.Plan) -> None:
    found = boxes(plan)
    assert list(found) == ["sales", "customers", "named", "dearer", "table", "sheet"]
    assert found["sales"][:3] == ["source", "sales", "inline: 1 row"]
    assert found["named"][0] == "join"
    assert found["sheet"][0] == "xlsx"


def test_a_box_shows_the_columns_that_its_step_adds(plan: wf.Plan) -> None:
    assert "+ dear boolean" in boxes(plan)["dearer"]
    assert "+ city string" in boxes(plan)["named"]
    assert not any(text.startswith("+") for text in boxes(plan)["sales"] + boxes(plan)["table"])


def test_a_box_says_how_many_columns_are_dropped() -> None:
    document = orders()
    document["transforms"][1]["config"] = {"select": ["id"]}
    assert "− 3 columns" in boxes(wf.compile(document))["dearer"]


def test_few_columns_stand_on_the_edge_by_name_and_many_by_number(plan: wf.Plan) -> None:
    assert edges(plan) == {
        "sales → named": "id, customer, price", "customers → named": "code, city", "named → dearer": "4 columns",
        "dearer → table": "5 columns", "dearer → sheet": "5 columns",
    }  # fmt: skip


def test_pointing_at_an_edge_tells_every_column_with_its_type(plan: wf.Plan) -> None:
    titles = [title.text for title in svg_of(plan).iter(f"{SVG}title")]
    assert "named → dearer\n\nid integer\ncustomer string\nprice number\ncity string" in titles


def test_the_heading_names_the_engine_and_counts_the_steps(plan: wf.Plan) -> None:
    text = plan._repr_html_()
    assert ">Polars</span>" in text
    assert "2 sources · 2 steps · 2 deliveries" in text
    assert "Who bought for how much" in text


def test_the_same_document_gives_the_same_pictures_byte_for_byte(plan: wf.Plan) -> None:
    again = wf.compile(orders())
    assert plan._repr_html_() == again._repr_html_()
    assert plan.to_html() == again.to_html()
    assert plan.to_mermaid() == again.to_mermaid()


def test_hostile_text_stays_text_in_the_figure_and_on_the_page(hostile_plan: wf.Plan) -> None:
    for text in (hostile_plan._repr_html_(), hostile_plan.to_html()):
        reader = Reader(text)
        assert reader.open == []
        assert "script" not in {tag for tag, _ in reader.tags}
        assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)
        assert "&lt;script&gt;alert(1)" in text


def test_hostile_text_stays_in_the_labels_of_the_mermaid_chart(hostile_plan: wf.Plan) -> None:
    chart = hostile_plan.to_mermaid()
    assert "script" in chart
    assert "%" not in chart
    assert "`" not in chart
    node = re.compile(r'    s\d+(\[\("[^"]*"\)\]|\["[^"]*"\]|\(\["[^"]*"\]\)):::(source|relation|delivery)')
    edge = re.compile(r'    s\d+ -->\|"[^"<>]*"\| s\d+')
    head, *lines = [line for line in chart.splitlines() if "classDef" not in line]
    assert head == "flowchart TD"
    assert [line for line in lines if not node.fullmatch(line) and not edge.fullmatch(line)] == []


def test_the_mermaid_chart_has_every_step_and_every_edge(plan: wf.Plan) -> None:
    chart = plan.to_mermaid()
    assert len(re.findall(r":::", chart)) == 6
    assert '    s2 -->|"code, city"| s3' in chart
    assert '    s4 -->|"5 columns"| s6' in chart


def test_the_page_fetches_nothing_and_runs_nothing(plan: wf.Plan) -> None:
    reader = Reader(plan.to_html())
    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "link", "img", "iframe", "object"})
    addresses = [attributes["href"] for _, attributes in reader.tags if "href" in attributes]
    assert addresses
    assert all(address is not None and address.startswith("#step-") for address in addresses)
    assert "url(" not in plan.to_html()
    assert "@import" not in plan.to_html()


def test_every_link_of_the_page_leads_to_a_section(plan: wf.Plan) -> None:
    reader = Reader(plan.to_html())
    sections = {f"#{attributes['id']}" for tag, attributes in reader.tags if tag == "section"}
    assert len(sections) == 6
    assert {attributes["href"] for _, attributes in reader.tags if "href" in attributes} == sections


def test_the_page_has_each_steps_columns_and_sql(plan: wf.Plan) -> None:
    text = plan.to_html()
    section = text[text.index('id="step-4"') : text.index('id="step-5"')]
    assert "<li><b>price</b><span>number</span></li>" in section
    assert '<li class="wf-added"><b>dear</b><span>boolean</span></li>' in section
    assert "&quot;price&quot; &gt; " in section


def test_warnings_stand_on_the_page_and_in_the_figure() -> None:
    document = orders()
    document["data_sources"].append(rows_of("nobody", a=1))
    plan = wf.compile(document)
    for text in (plan.to_html(), plan._repr_html_()):
        assert "nothing reads the source &quot;nobody&quot;" in text


def test_steps_that_wait_for_a_first_pass_are_drawn_up_to_their_deliveries() -> None:
    document = orders()
    document["transforms"] = [
        {"type": "pivot", "input_source": "sales", "output_variable": "wide",
         "config": {"index": ["id"], "columns": "customer", "values": "price"}},
        {"type": "sort", "input_source": "wide", "output_variable": "dearer", "config": {"by": ["id"]}},
    ]  # fmt: skip
    plan = wf.compile(document)
    assert edges(plan) == {
        "sales → wide": "id, customer, price", "wide → dearer": "found later",
        "dearer → table": "found later", "dearer → sheet": "found later",
    }  # fmt: skip
    assert "columns found by a first pass" in boxes(plan)["wide"]
    assert "found later" in plan.to_mermaid()
    assert "wide, dearer: the columns of wide are found by a first pass" in plan.to_html()


def test_a_join_with_what_a_first_pass_finds_is_drawn_with_both_its_inputs() -> None:
    document = orders()
    document["transforms"] = [
        {"type": "pivot", "input_source": "sales", "output_variable": "wide",
         "config": {"index": ["id"], "columns": "customer", "values": "price"}},
        {"type": "join", "input_source": "sales", "output_variable": "both",
         "config": {"source": "wide", "on": ["id"]}},
        {"type": "sort", "input_source": "both", "output_variable": "dearer", "config": {"by": ["id"]}},
    ]  # fmt: skip
    plan = wf.compile(document)
    assert edges(plan) == {
        "sales → wide": "id, customer, price", "sales → both": "id, customer, price", "wide → both": "found later",
        "both → dearer": "found later", "dearer → table": "found later", "dearer → sheet": "found later",
    }  # fmt: skip


def test_pictures_are_made_of_files_that_are_gone(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("id,customer,price\n1,c1,2.5\n")
    document = orders()
    document["data_sources"][0] = {"type": "file", "alias": "sales", "location": "sales.csv"}
    plan = wf.compile(document, base=tmp_path)
    file.unlink()
    assert "sales.csv" in plan._repr_html_()
    assert "sales.csv" in plan.to_html()
    assert "sales.csv" in plan.to_mermaid()


def test_every_style_rule_of_the_figure_is_kept_to_the_figure(plan: wf.Plan) -> None:
    sheet = re.search(r"<style>(.*?)</style>", plan._repr_html_(), re.DOTALL)
    assert sheet is not None
    selectors = re.findall(r"(?:^|[{}])\s*([^@{}]+?)\s*\{", re.sub(r"@media[^{]*\{", "", sheet[1]))
    assert len(selectors) > 20
    assert [one for each in selectors for one in each.split(",") if ".wf-plan" not in one] == []
