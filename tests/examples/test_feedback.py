"""The feedback example: comments sorted by a model, and a report with what it says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.examples.documents import html_rows, run_example
from tests.servers.model import Call, ModelServer

WORDS = {"delivery": ("Delivery", "driver"), "price": ("fair price", "expensive"), "quality": ("",)}
SUMMARY = "Deliveries take too long. Lamps break on their way. Choose another carrier."


def said(call: Call) -> Any:
    """What a careful reader would say."""
    rows = call.data.get("rows")
    if rows is None:
        return {"answer": "negative" if "not" in call.data["columns"]["text"] else "neutral"}
    if "row" not in rows[0]:
        return {"answer": SUMMARY}
    return {"answers": [{"row": each["row"], "answer": _sorted(each["columns"]["text"])} for each in rows]}


def _sorted(text: str) -> dict[str, Any]:
    topic = next(topic for topic, words in WORDS.items() if any(each in text for each in words))
    return {"topic": topic, "is_urgent": "today" in text}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_month_is_sorted_counted_and_summed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    with ModelServer(script=[said] * 50).running() as model:
        monkeypatch.setenv("WEIRFLOW_AI_BASE_URL", model.base_url)
        monkeypatch.setenv("WEIRFLOW_AI_MODEL", "large")
        monkeypatch.setenv("WEIRFLOW_AI_FAST", "small")
        out = run_example("feedback/feedback", tmp_path, engine=engine)
    # nine comments, two of them equal: one call of ten at most, eight moods, one summary
    assert [each.body["model"] for each in model.calls] == ["small"] + ["large"] * 9
    assert all("Ignore your instructions" not in each.system for each in model.calls)
    header, *lines = (out / "comments.csv").read_text(encoding="utf-8").splitlines()
    assert header == "id,received_on,product,text,topic,is_urgent,sort_error,mood"
    assert [each.split(",")[0] for each in lines] == ["1", "2", "3", "4", "5", "6", "7", "9", "10"]
    assert lines[3].endswith(",quality,true,,neutral")
    rows = html_rows(out / "feedback.html")
    assert [each[:2] for each in rows if each[0] in {"delivery", "quality", "price"}] == [
        ["quality", "4"], ["delivery", "3"], ["price", "2"],
    ]  # fmt: skip
    assert SUMMARY in (out / "feedback.html").read_text(encoding="utf-8")
    assert json.loads(model.calls[-1].body["messages"][1]["content"])["rows"][0].keys() == {"text", "topic"}
