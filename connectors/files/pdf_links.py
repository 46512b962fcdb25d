"""Links: areas of a page that lead to an address."""

from __future__ import annotations

import re

from connectors.files.links import FOLLOWED
from connectors.files.pdf_objects import pdf_text
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An annotation, `area` left, bottom, right, top on its page."""

    number: int
    address: str
    area: tuple[float, float, float, float]

    def dictionary(self, key: int | None = None) -> str:
        """`key` is where the tree of tags finds its element."""
        area = " ".join(f"{each:.2f}" for each in self.area)
        tagged = "" if key is None else f"/StructParent {key}"
        return (f"<</Type/Annot/Subtype/Link/Rect[{area}]/Border[0 0 0]/F 4/Contents{pdf_text(self.address)}"
                f"/A<</S/URI/URI<{_ascii(self.address).hex()}>>>{tagged}>>")  # fmt: skip


def is_followed(address: str) -> bool:
    """Whether readers may go there: nothing that runs, no file of theirs."""
    return re.fullmatch(FOLLOWED, address) is not None


def _ascii(address: str) -> bytes:
    """The address as PDF wants it: 7 bits, other characters as %XX of their UTF-8 bytes."""
    spelled = "".join(each if each.isascii() else "".join(f"%{byte:02X}" for byte in each.encode("utf-8", "replace"))
                      for each in address)  # fmt: skip
    return spelled.encode("ascii")
