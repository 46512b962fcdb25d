"""A page that is being filled: its ground, its text, its links, and whose each marked piece is."""

from __future__ import annotations

from dataclasses import field

from connectors.files.report import Page
from ir.records import dataclass

PAPERS = {"a3": (841.89, 1190.55), "a4": (595.28, 841.89), "a5": (419.53, 595.28), "letter": (612.0, 792.0),
          "legal": (612.0, 1008.0), "tabloid": (792.0, 1224.0)}  # fmt: skip
MILLIMETRE = 72 / 25.4
FOOT_SPACE = 20.0
"""Between the rows and the line at the foot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A page's size and margins, in points."""

    width: float
    height: float
    top: float = 36.0
    right: float = 36.0
    bottom: float = 36.0
    left: float = 36.0

    @classmethod
    def of(cls, page: Page, orientation: str) -> Paper:
        short, long = PAPERS.get(page.size.lower(), PAPERS["a4"])
        width, height = (long, short) if orientation == "landscape" else (short, long)
        edges = (page.margins.top, page.margins.right, page.margins.bottom, page.margins.left)
        top, right, bottom, left = (round(each * MILLIMETRE, 2) for each in edges)
        return cls(width=width, height=height, top=top, right=right, bottom=bottom, left=left)

    @property
    def room(self) -> float:
        """The width between the margins."""
        return max(36.0, self.width - self.left - self.right)

    @property
    def depth(self) -> float:
        """The height between the margins, above the foot."""
        return max(72.0, self.height - self.top - self.bottom - FOOT_SPACE)


@dataclass(slots=True)
class Sheet:
    """A page before it is written. `place` counts pages from 1, `number` is its object's."""

    paper: Paper
    number: int
    place: int
    ground: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    annotations: list[int] = field(default_factory=list)
    foot: str = ""
    _owned: list[tuple[int, int]] = field(default_factory=list)
    _marks: int = 0
    _others: dict[int, int] = field(default_factory=dict)

    def own(self, element: int, count: int = 1) -> int:
        """The first of `count` marks that belong to as many elements, numbered on from `element`."""
        first = self._marks
        self._owned.append((element, count))
        self._marks += count
        return first

    def disown(self, mark: int, element: int) -> None:
        """The mark belongs to another element after all."""
        self._others[mark] = element

    def owners(self) -> list[str]:
        """A reference for each mark, in order."""
        names = [f"{each} 0 R" for first, count in self._owned for each in range(first, first + count)]
        for mark, element in self._others.items():
            names[mark] = f"{element} 0 R"
        return names
