"""Answers without a service: values by patterns and labels, sentiment and categories by small models in packages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from connectors.ai.answering import Answer, Item, Task
from connectors.ai.fitting import Misfit, fitted
from connectors.ai.local.classifying import Classifier, choices_of
from connectors.ai.local.extracting.answering import extracted
from connectors.ai.local.sentiment import SentimentReader, check_sentiment
from connectors.configuration import FILE
from connectors.home import home
from connectors.problem import ConnectorProblem

PROVIDER = "local"
_EXTRACTING = frozenset({"extract", "deterministic_extract"})
_PACKAGES = {"sentiment": "vaderSentiment", "classify": "wordllama"}
_INSTALL = "pip install 'weirflow[ai-local]'"
_SERVICE = "or name a service that answers: base_url and model under [ai] of config.toml"


class LocalAnswerer:
    """What works on this machine: the models are loaded with the first item, and nothing leaves it."""

    def __init__(self) -> None:
        self._ready: tuple[Task, Callable[[Item], Any]] | None = None

    @property
    def provider(self) -> str:
        return PROVIDER

    def check(self, task: Task) -> None:
        """Refuse what needs a language model, a package that is not there, and answers that no local way gives.

        Raises:
            ConnectorProblem: IR760.
        """
        if task.type in _EXTRACTING and not task.is_for_all:
            return
        package = _PACKAGES.get(task.type)
        if package is None or task.is_for_all:
            what = task.type if package is None else f"{task.type} of all rows at once"
            raise ConnectorProblem(
                "IR760", f"{what} needs a language model, and none is configured", key=("type",),
                hint=f"write base_url and model under [ai] of {home() / FILE}, or set WEIRFLOW_AI_BASE_URL and "
                "WEIRFLOW_AI_MODEL; extract, classify and sentiment of single rows work without",
            )  # fmt: skip
        if find_spec(package) is None:
            raise ConnectorProblem("IR760", f"{task.type} without a language model needs the package {package}",
                                   key=("type",), hint=f"{_INSTALL}, {_SERVICE}")  # fmt: skip
        if task.type == "sentiment":
            check_sentiment(task.shape)
        else:
            choices_of(task)

    def answer(self, task: Task, items: Sequence[Item]) -> list[Answer]:
        """An answer to each item; what is not found is null, and a problem where it is required."""
        way = self._way(task)
        return [_answered(way, task, each) for each in items]

    def close(self) -> None:
        self._ready = None

    def _way(self, task: Task) -> Callable[[Item], Any]:
        """The way for a task; a step asks the same one again and again."""
        if self._ready is None or self._ready[0] != task:
            self.check(task)
            self._ready = task, _way_of(task)
        return self._ready[1]


def _way_of(task: Task) -> Callable[[Item], Any]:
    match task.type:
        case "sentiment":
            return SentimentReader(task.shape).answer
        case "classify":
            return Classifier(task).answer
        case _:
            return lambda item: extracted(item.text, task.shape)


def _answered(way: Callable[[Item], Any], task: Task, item: Item) -> Answer:
    try:
        return Answer(value=fitted(way(item), task.shape), provider=PROVIDER)
    except Misfit as misfit:
        how = "found by patterns and labels" if task.type in _EXTRACTING else f"{task.type} on this machine"
        problem = ConnectorProblem("IR762", f"{how}: {misfit}",
                                   hint=f"leave out required, {_SERVICE}")  # fmt: skip
    except ConnectorProblem as error:
        problem = error
    return Answer(problem=problem, provider=PROVIDER)
