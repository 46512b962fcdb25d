"""Which of some categories a text belongs to, by the likeness of meanings (embeddings of WordLlama, 256 numbers)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from connectors.ai.answering import Item, Task
from connectors.ai.local.extracting.roles import is_confidence
from connectors.ai.local.wording import is_english, words_of_item
from connectors.ai.shape import Field
from connectors.problem import ConnectorProblem


def choices_of(task: Task) -> Field:
    """The part of the answer that is one of some choices.

    Raises:
        ConnectorProblem: IR760 where there is none: categories of its own nothing here could think of.
    """
    for each in task.shape.parts:
        if each.choices:
            return each
    raise ConnectorProblem("IR760", "without a language model classify needs the categories to choose from",
                           key=("output_schema",), hint="write output_schema: {type: string, enum: [billing, other]}, "
                           "or configure a service under [ai] of config.toml")  # fmt: skip


def phrases_of(choice: str, words: str) -> list[str]:
    """A category's name, and what is said of it apart by commas: behind its name and a colon, a dash or a bracket."""
    name = re.escape(choice).replace("_", "[ _-]")
    found = re.search(rf"(?<![\w]){name}[\"'`]?\s*(?:[:=–—]|-\s|\()\s*([^\n;)]{{3,400}})", words, re.IGNORECASE)
    said = re.split(r"\s*,\s*(?:and |or )?|\s+(?:and|or)\s+", found[1].strip(" .")) if found else []
    return [re.sub(r"[_-]+", " ", choice), *(each for each in said if each)]


class Classifier:
    """The vectors of the words, loaded once from inside the package: nothing is fetched."""

    def __init__(self, task: Task) -> None:
        import wordllama

        self._shape = task.shape
        self._field = choices_of(task)
        self._model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
        words = "\n".join(each for each in (task.instruction, task.context, self._field.description) if each)
        self._vectors = [self._model.embed(phrases_of(each, words), norm=True) for each in self._field.choices]

    def answer(self, item: Item) -> Any:
        """The category with the phrase that is most like the text, and how sure that is where the shape asks for it.

        Raises:
            ConnectorProblem: IR762 for a text of another language, of which it would guess.
        """
        text = words_of_item(item)
        if not is_english(text):
            raise ConnectorProblem("IR762", "the text is not English, and the local model's words are",
                                   hint="configure a service under [ai] of config.toml")  # fmt: skip
        vector = self._model.embed([text], norm=True)[0]
        scores = [float((each @ vector).max()) for each in self._vectors]
        best = max(range(len(scores)), key=scores.__getitem__)
        choice = self._field.choices[best]
        if self._shape.value is not None:
            return [choice] if self._shape.is_list else choice
        others = max((each for index, each in enumerate(scores) if index != best), default=0.0)
        sure = round(min(1.0, max(0.0, 0.5 + 2 * (scores[best] - others))), 2)
        found = {
            each.name: choice if each is self._field else sure if is_confidence(each) else None
            for each in self._shape.fields
        }
        return [found] if self._shape.is_list else found
