"""A part of a text in one font, script and direction, measured and ready to be drawn."""

from __future__ import annotations

from itertools import accumulate

from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.letters import Letters
from connectors.files.fonts.shaping import Cluster, shape
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class Drawn:
    """A segment's operators, and where the pen has to be before and will be after, from the segment's left edge."""

    operators: str
    start: int
    end: int


@dataclass(slots=True)
class Segment:
    """`clusters` of `font`, in the order they are read; plain letters are known without them."""

    text: str
    level: int
    width: int
    source: CompositeFont | Letters
    clusters: list[Cluster]
    drawn: Drawn | None = None

    def ends(self) -> list[tuple[int, int]]:
        """Where it may be cut, each with the width up to there."""
        if isinstance(self.source, Letters):
            return self.source.advances(self.text)[0]
        widths = accumulate([cluster.advance for cluster in self.clusters])
        return [(cluster.end, width) for cluster, width in zip(self.clusters, widths, strict=True)]


def plain_segment(letters: Letters, text: str, *, level: int) -> Segment:
    return Segment(text, level, letters.width(text), letters, [])


def shaped_segment(font: CompositeFont, text: str, *, script: str, level: int) -> Segment:
    clusters = shape(font.face, text, script=script, right_to_left=bool(level % 2))
    return Segment(text, level, sum([cluster.advance for cluster in clusters]), font, clusters)
