"""Answers without a service: what they are, what is refused, and how good they were when that was measured."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from connectors.ai.answering import Item, Task
from connectors.ai.local import answerer as local
from connectors.ai.local.answerer import LocalAnswerer
from connectors.ai.shape import Field, Shape
from connectors.problem import ConnectorProblem
from ir import types as t
from tests.connectors.ai.local.measuring import (
    Outcome,
    expense_task,
    invoice_outcomes,
    label_outcomes,
    sentiment_task,
    ticket_task,
)

PAGE = Path(__file__).parents[4] / "docs" / "ai-local.md"


def figure(outcomes: list[Outcome]) -> str:
    return f"{sum(each.is_right for each in outcomes)} of {len(outcomes)}"


def test_the_figures_in_the_docs_are_those_that_are_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    measured = {
        "invoices, tuned": figure(invoice_outcomes(tuned=True)),
        "invoices, others": figure(invoice_outcomes(tuned=False)),
        "sentiment": figure(label_outcomes("sentiments.yaml", sentiment_task())),
        "tickets, tuned": figure(label_outcomes("tickets.yaml", ticket_task(), tuned=True)),
        "tickets, others": figure(label_outcomes("tickets.yaml", ticket_task())),
        "tickets by name": figure(label_outcomes("tickets.yaml", ticket_task(None))),
        "expenses": figure(label_outcomes("expenses.yaml", expense_task())),
    }
    for name, said in measured.items():
        assert f"| {name} | {said} " in page


def test_an_extraction_is_marked_as_local_and_typed() -> None:
    shape = Shape(fields=(Field(name="total", type=t.Decimal(9, 2)), Field(name="date", type=t.Date())))
    [answer] = LocalAnswerer().answer(Task(type="extract", shape=shape), [Item(values={"body": "Total: 5 EUR"})])
    assert answer.provider == "local"
    assert str(answer.value["total"]) == "5.00"
    assert answer.value["date"] is None


def test_a_required_field_that_is_not_found_is_a_problem_of_that_item_alone() -> None:
    shape = Shape(fields=(Field(name="total", type=t.Number(), is_required=True),))
    found, missing = LocalAnswerer().answer(
        Task(type="deterministic_extract", shape=shape),
        [Item(values={"a": "Total: 5.00"}), Item(values={"a": "hello"})],
    )
    assert found.value == {"total": 5.0}
    assert missing.problem is not None
    assert (missing.problem.code, missing.problem.message) == (
        "IR762", "found by patterns and labels: total is missing",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["summarize", "generate", "decide", "enrich", "transform", "validate", "normalize"])
def test_what_needs_a_language_model_says_what_to_configure(kind: str) -> None:
    task = Task(type=kind, shape=Shape(value=Field(name="answer", type=t.String())))  # type: ignore[arg-type]
    with pytest.raises(ConnectorProblem, match=f"{kind} needs a language model") as problem:
        LocalAnswerer().check(task)
    assert problem.value.code == "IR760"
    assert "WEIRFLOW_AI_BASE_URL" in (problem.value.hint or "")


def test_a_missing_package_is_named_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    with pytest.raises(ConnectorProblem, match="needs the package vaderSentiment") as problem:
        LocalAnswerer().check(sentiment_task())
    assert "pip install 'weirflow[ai-local]'" in (problem.value.hint or "")
    LocalAnswerer().check(Task(type="extract", shape=Shape(fields=(Field(name="total", type=t.Number()),))))


def test_classify_without_categories_is_refused() -> None:
    task = Task(type="classify", shape=Shape(value=Field(name="answer", type=t.String())))
    with pytest.raises(ConnectorProblem, match="needs the categories"):
        LocalAnswerer().check(task)


def test_sentiment_takes_its_words_from_the_choices() -> None:
    def said(text: str, *choices: str) -> str:
        value = Field(name="mood", type=t.String(), choices=choices)
        [answer] = LocalAnswerer().answer(Task(type="sentiment", shape=Shape(value=value)), [Item(values={"t": text})])
        return str(answer.value)

    assert said("I love it, wonderful!", "very_positive", "positive", "neutral", "negative") == "very_positive"
    assert said("It is good.", "very_positive", "positive", "neutral", "negative") == "positive"
    assert said("This is awful.", "Satisfied", "Dissatisfied") == "Dissatisfied"
    assert said("The parcel came on Tuesday.", "POS", "NEG", "NEU") == "NEU"


def test_a_choice_that_is_no_sentiment_is_refused() -> None:
    value = Field(name="mood", type=t.String(), choices=("positive", "purple"))
    with pytest.raises(ConnectorProblem, match='does not know what "purple" means'):
        LocalAnswerer().check(Task(type="sentiment", shape=Shape(value=value)))


def test_a_sentiment_of_another_language_is_a_problem_and_not_neutral() -> None:
    [answer] = LocalAnswerer().answer(
        sentiment_task(), [Item(values={"t": "Der Stuhl ist nach zwei Wochen kaputt gegangen und niemand hilft mir."})]
    )
    assert answer.problem is not None
    assert answer.problem.message == "the text is not English, and the local list of words is"


@pytest.mark.parametrize("text", ["Wo bleibt mein Paket?", "Quiero cancelar mi suscripción.", "荷物はどこですか"])
def test_a_text_of_another_language_is_not_sorted_by_guessing(text: str) -> None:
    [answer] = LocalAnswerer().answer(ticket_task(), [Item(values={"t": text})])
    assert answer.problem is not None
    assert answer.problem.message == "the text is not English, and the local model's words are"


def test_a_sentiment_as_an_object_has_its_score() -> None:
    shape = Shape(fields=(
        Field(name="sentiment", type=t.String()), Field(name="score", type=t.Number()),
        Field(name="reason", type=t.String()),
    ))  # fmt: skip
    [answer] = LocalAnswerer().answer(Task(type="sentiment", shape=shape), [Item(values={"t": "I love it!"})])
    assert answer.value["sentiment"] == "positive"
    assert 0.5 < answer.value["score"] <= 1
    assert answer.value["reason"] is None


def test_the_models_are_loaded_without_any_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    answers = [LocalAnswerer().answer(task, [Item(values={"t": "Where is my parcel?"})])[0].value
               for task in (ticket_task(), sentiment_task())]  # fmt: skip
    assert answers == ["shipping", "neutral"]


def test_classify_says_how_sure_it_is() -> None:
    shape = Shape(fields=(
        Field(name="category", type=t.String(), choices=("travel", "meals")),
        Field(name="confidence", type=t.Number()),
    ))  # fmt: skip
    [answer] = LocalAnswerer().answer(Task(type="classify", shape=shape), [Item(values={"t": "a flight to Rome"})])
    assert answer.value["category"] == "travel"
    assert 0.5 < answer.value["confidence"] <= 1


def test_a_long_hostile_text_takes_a_bounded_time() -> None:
    shape = Shape(
        fields=tuple(Field(name=each, type=t.String()) for each in ("vendor", "invoice_number", "phone", "iban"))
    )
    text = "Total " * 20_000 + "1 " * 50_000 + "1." * 50_000 + "AB12 " * 20_000 + "a@" * 20_000 + "\n" + "x:\n" * 20_000
    text += "Invoice no:\t" + "EUR" * 50_000 + "\nVendor:\t" + "a" * 100_000 + "\n" + "Total" + " \u2009" * 50_000 + "5"
    started = time.process_time()
    LocalAnswerer().answer(Task(type="extract", shape=shape), [Item(values={"t": text})])
    assert time.process_time() - started < 20


def test_a_field_that_a_sentiment_cannot_have_is_not_said_to_be_sought_by_patterns() -> None:
    label = Field(name="label", type=t.String(), choices=("positive", "negative", "neutral"))
    why = Field(name="why", type=t.String(), is_required=True)
    task = Task(type="sentiment", shape=Shape(fields=(label, why)))
    [answer] = LocalAnswerer().answer(task, [Item(values={"text": "a great day"})])
    assert answer.problem is not None
    assert answer.problem.message == "sentiment on this machine: why is missing"
