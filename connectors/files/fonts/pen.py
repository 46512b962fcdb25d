"""The operators that draw the glyphs of a text.

They are written for readers too, of which some turn round what a right to left text has in one string, some take every
gap for a space, and some sort by place: words stand in the order they are read, and a long way forward goes by a space
that stands for no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.files.fonts.bidi import RIGHT_TO_LEFT
from connectors.files.fonts.composite import CompositeFont
from connectors.files.fonts.letters import Letters
from connectors.files.fonts.segment import Drawn, Segment
from connectors.files.fonts.shaping import Cluster, Glyph

_GAP = 100
"""From here on a move forward may be taken for a space."""
_OPENING = re.compile(r"[\W_]*")
Placed = tuple[int, Glyph, bool]
"""A glyph, its place from the segment's left edge, and whether it begins a string of its own."""


class Pen:
    def __init__(self, own: CompositeFont, resource: Callable[[CompositeFont, int], str]) -> None:
        self._own, self._resource = own, resource
        self._space = own.face.glyph(" ")

    def draw(self, segment: Segment) -> Drawn:
        """The segment's operators, from now on also in `segment.drawn`."""
        if isinstance(segment.source, Letters):
            segment.drawn = Drawn(_spelled(segment.source, segment.text), 0, segment.width)
        else:
            segment.drawn = self._shaped(segment, segment.source)
        return segment.drawn

    def _shaped(self, segment: Segment, font: CompositeFont) -> Drawn:
        pieces: list[str] = []
        codes, resource, risen, start, pen = "", "", 0, None, 0
        for x, glyph, alone in _placed(segment, font):
            layer, code = font.code(glyph.number, glyph.text)
            named = self._resource(font, layer)
            if start is None:
                start = pen = x
            far = x - pen >= _GAP
            if alone or far or named != resource or glyph.up != risen:
                pieces.append(f"[{codes}]TJ" if codes else "")
                pieces.append(self.move(x - pen) if far else "")
                pieces.append(f"{named} 1000 Tf" if far or alone or named != resource else "")
                pieces.append(f" {glyph.up} Ts" if glyph.up != risen else "")
                pen, codes = x if far else pen, ""
            codes += f"{pen - x}<{code:04x}>" if pen != x else f"<{code:04x}>"
            pen, resource, risen = x + font.face.advance(glyph.number), named, glyph.up
        pieces.append(f"[{codes}]TJ" if codes else "")
        pieces.append(" 0 Ts" if risen else "")
        return Drawn("".join(pieces).replace("><", ""), start or 0, pen)

    def move(self, distance: int) -> str:
        """The pen moved to the right, or to the left by less than nothing."""
        if distance < _GAP:
            return f"[{-distance}]TJ" if distance else ""
        layer, code = self._own.code(self._space, "")
        behind = distance - self._own.face.advance(self._space)
        return f"{self._resource(self._own, layer)} 1000 Tf {behind} Tc<{code:04x}>Tj 0 Tc"

    def turn(self) -> str:
        """A space that runs left to right, for readers that keep a direction until another shows."""
        layer, code = self._own.code(self._space, "\u00a0")
        return f"{self._resource(self._own, layer)} 1000 Tf<{code:04x}>Tj"


def _placed(segment: Segment, font: CompositeFont) -> list[Placed]:
    """The glyphs in the order they are drawn."""
    if segment.level % 2 == 0:
        return _left_to_right(segment)
    clusters = segment.clusters
    # What is read as a word comes from left to right as it stands; what follows its last letter comes behind it.
    last = max((place for place, cluster in enumerate(clusters) if _turns(cluster)), default=-1)
    left = sum([cluster.advance for cluster in clusters[last + 1 :]])
    placed: list[Placed] = []
    for cluster in reversed(clusters[: last + 1]):
        placed += [(left + glyph.right, glyph, not placed) for glyph in reversed(cluster.glyphs)]
        left += cluster.advance
    if not _is_one_string(placed, font):
        return _one_by_one(clusters, segment.width)
    return placed + _one_by_one(clusters[last + 1 :], sum([cluster.advance for cluster in clusters[last + 1 :]]))


def _left_to_right(segment: Segment) -> list[Placed]:
    placed: list[Placed] = []
    left, opening = 0, True
    for cluster in segment.clusters:
        for glyph in cluster.glyphs:
            placed.append((left + glyph.right, glyph, opening or segment.level > 0))
            opening = opening and not glyph.text.isalnum()
        left += cluster.advance
    return placed


def _one_by_one(clusters: list[Cluster], right: int) -> list[Placed]:
    placed: list[Placed] = []
    for cluster in clusters:
        right -= cluster.advance
        placed += [(right + glyph.right, glyph, True) for glyph in cluster.glyphs]
    return placed


def _turns(cluster: Cluster) -> bool:
    """Whether readers see by the cluster alone that it runs right to left."""
    return (
        bool(cluster.glyphs)
        and len(cluster.glyphs[0].text) == 1
        and RIGHT_TO_LEFT.match(cluster.glyphs[0].text) is not None
    )


def _is_one_string(placed: list[Placed], font: CompositeFont) -> bool:
    """Whether the glyphs follow each other without long ways forward, on one line and in one font."""
    if (
        any(glyph.up for _, glyph, _ in placed)
        or len({font.code(each.number, each.text)[0] for _, each, _ in placed}) > 1
    ):
        return False
    ends = [x + font.face.advance(glyph.number) for x, glyph, _ in placed]
    return all(x - end < _GAP for (x, _, _), end in zip(placed[1:], ends, strict=False))


def _spelled(letters: Letters, text: str) -> str:
    """Signs before the first letter are strings of their own: their order is that of the text before."""
    match = _OPENING.match(text)
    end = match.end() if match and match.end() > 1 else 0
    pieces = [f"{letters.select}{letters.operator(each)}" for each in text[:end]]
    if end < len(text):
        pieces.append(f"{letters.select}{letters.operator(text[end:])}")
    return "".join(pieces)
