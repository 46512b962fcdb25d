"""Whether a text is positive, negative or neither, by VADER's list of English words and rules."""

from __future__ import annotations

import re
from typing import Any

from connectors.ai.answering import Item
from connectors.ai.local.wording import is_english, words_of_item
from connectors.ai.shape import Field, Shape
from connectors.problem import ConnectorProblem
from ir import types as t

_NEUTRAL_BELOW = 0.05
"""The threshold that VADER's authors give for its compound score, from -1 to 1."""
_STRONG_FROM = 0.6
_WORDS = {
    "positive": r"pos|good|happy|satisf|favou?r|great|gut|like",
    "negative": r"neg|bad|unhappy|dissatisf|unsatisf|unfavou?r|angry|schlecht|dislike",
    "neutral": r"neu|mixed|none|ok|unclear",
}
_STRONG = re.compile(r"very|strong|extreme|highly|sehr")


def check_sentiment(shape: Shape) -> None:
    """Refuse answers that are neither a word for positive, negative or neutral nor a number.

    Raises:
        ConnectorProblem: IR760.
    """
    for each in shape.parts:
        unknown = [choice for choice in each.choices if _kind(choice) is None]
        if unknown:
            raise ConnectorProblem(
                "IR760", f'without a language model sentiment does not know what "{unknown[0]}" means',
                key=("output_schema",), hint="write enum: [positive, neutral, negative], or configure a service",
            )  # fmt: skip


def _kind(choice: str) -> tuple[str, bool] | None:
    """Which of the three a choice is, and whether strongly so."""
    small = choice.lower()
    for kind in ("negative", "positive", "neutral"):
        if re.search(rf"(?<![a-z])(?:{_WORDS[kind]})", small):
            return kind, bool(_STRONG.search(small))
    return None


class SentimentReader:
    """The list of words, loaded once."""

    def __init__(self, shape: Shape) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._shape = shape
        self._analyzer = SentimentIntensityAnalyzer()

    def answer(self, item: Item) -> Any:
        """The sentiment, its score from -1 to 1, and how sure that is, as far as the shape asks for them.

        Raises:
            ConnectorProblem: IR762 for a text of another language, of which the list would say that it is neutral.
        """
        text = words_of_item(item)
        score = float(self._analyzer.polarity_scores(text)["compound"])
        if abs(score) < _NEUTRAL_BELOW and not is_english(text):
            raise ConnectorProblem("IR762", "the text is not English, and the local list of words is",
                                   hint="configure a service under [ai] of config.toml")  # fmt: skip
        if self._shape.value is not None:
            return [_value(self._shape.value, score)] if self._shape.is_list else _value(self._shape.value, score)
        found = {each.name: _value(each, score) for each in self._shape.fields}
        return [found] if self._shape.is_list else found


def _value(field: Field, score: float) -> Any:
    name = field.name.lower()
    if isinstance(field.type, t.Number | t.Decimal):
        return round(abs(score) if "confid" in name else score, 4)
    if isinstance(field.type, t.Integer):
        return (score >= _NEUTRAL_BELOW) - (score <= -_NEUTRAL_BELOW)
    if isinstance(field.type, t.Boolean):
        return score <= -_NEUTRAL_BELOW if "neg" in name else score >= _NEUTRAL_BELOW
    if not field.choices:
        is_told = "sentiment" in name or name in ("answer", "label", "tone", "mood", "polarity", "class", "category")
        return _word(score)[0] if is_told else None
    kind, is_strong = _word(score)
    kinds = {choice: _kind(choice) for choice in field.choices}
    for wanted in ((kind, is_strong), (kind, not is_strong)):
        for choice, each in kinds.items():
            if each == wanted:
                return choice
    # There is no neutral one among the choices, or only that: the nearest.
    nearest = "positive" if score >= 0 else "negative"
    return next((choice for choice, each in kinds.items() if each and each[0] == nearest), field.choices[0])


def _word(score: float) -> tuple[str, bool]:
    if abs(score) < _NEUTRAL_BELOW:
        return "neutral", False
    return ("positive" if score > 0 else "negative"), abs(score) >= _STRONG_FROM
