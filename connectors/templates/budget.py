"""What one body may cost: a template is no program that runs for ever, whatever it is given."""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.templates.language import FillProblem

MOST_CHARACTERS = 10_000_000
MOST_STEPS = 100_000
MOST_SECONDS = 5.0


class Budget:
    """Counts while one body is filled."""

    __slots__ = ("_characters", "_clock", "_ends", "_steps")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._characters = self._steps = 0
        self._clock, self._ends = clock, clock() + MOST_SECONDS

    def put(self, text: str) -> None:
        """This text goes into the body."""
        self.grow(len(text))

    def grow(self, characters: int) -> None:
        """So many characters go into the body.

        Raises:
            FillProblem: there are too many.
        """
        self._characters += characters
        if self._characters > MOST_CHARACTERS:
            raise FillProblem(f"the text is longer than {MOST_CHARACTERS // 1_000_000} million characters")

    def step(self) -> None:
        """One turn of a loop, one call of a macro.

        Raises:
            FillProblem: there were too many, or it has taken too long.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise FillProblem(f"the template goes round its loops more than {MOST_STEPS:,} times")
        if self._clock() > self._ends:
            raise FillProblem(f"filling the template takes longer than {MOST_SECONDS:g} seconds")
