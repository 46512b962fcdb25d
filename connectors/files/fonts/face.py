"""One font at one weight: which characters it has, how wide its glyphs are, and the part of it a document embeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.files.fonts.sources import FontSource

BOLD = 700
_LAYOUT = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "DSIG", "VORG", "vhea", "vmtx", "gasp", "kern", "MVAR", "meta")


class Face:
    """Widths and heights are in thousandths of the letter size."""

    def __init__(self, source: FontSource, *, bold: bool) -> None:
        import uharfbuzz as hb

        self.face: Any = hb.Face(hb.Blob.from_file_path(str(source.path)), source.index)
        self.font: Any = hb.Font(self.face)
        self.font.scale = (1000, 1000)
        self._pinned = {axis.tag: axis.default_value for axis in self.face.axis_infos}
        if "wght" in self._pinned:
            axis = next(axis for axis in self.face.axis_infos if axis.tag == "wght")
            self._pinned["wght"] = max(axis.min_value, min(axis.max_value, BOLD if bold else 400))
        if self._pinned:
            self.font.set_variations(self._pinned)
        self.characters: frozenset[int] = frozenset(self.face.unicodes)
        self.is_truetype = "glyf" in self.face.table_tags
        name = self.face.get_name(hb.OTNameIdPredefined.FONT_FAMILY) or source.path.stem
        letters = "".join(each for each in name if each.isascii() and each.isalnum())
        own = (self.face.get_name(hb.OTNameIdPredefined.FONT_SUBFAMILY) or "Regular").replace(" ", "")
        self.name = f"{letters}-{('Bold' if bold else 'Regular') if 'wght' in self._pinned else own}"

    def has(self, character: str) -> bool:
        return ord(character) in self.characters

    def glyph(self, character: str) -> int:
        """The character's glyph; 0 is the box of a character that has none."""
        return int(self.font.get_nominal_glyph(ord(character)) or 0)

    def advance(self, glyph: int) -> int:
        return int(self.font.get_glyph_h_advance(glyph))

    def program(self, glyphs: Iterable[int], *, renumbered: bool) -> tuple[Any, dict[int, int]]:
        """A font with just these glyphs at this weight, and where each old glyph is in it."""
        import uharfbuzz as hb

        subset = hb.SubsetInput()
        for tag, value in self._pinned.items():
            subset.pin_axis_location(self.face, tag, value)
        subset.glyph_set.update({0, *glyphs})
        subset.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in _LAYOUT)
        subset.name_id_set.clear()
        flags = hb.SubsetFlags
        subset.flags = (flags.NOTDEF_OUTLINE | flags.NO_HINTING | flags.NO_LAYOUT_CLOSURE | flags.DOWNGRADE_CFF2
                        | flags.CFF_IDENTITY_CHARSET | (0 if renumbered else flags.RETAIN_GIDS))  # fmt: skip
        plan = hb.SubsetPlan(self.face, subset)
        return plan.execute(), dict(plan.old_to_new_glyph_mapping)

    def descriptor(self, name: str, program: str) -> str:
        """The PDF's description of the font; `program` is the entry with its embedded file."""
        extents = self.font.get_font_extents("ltr")
        head = self.face.reference_table("head").data
        upem = self.face.upem
        box = [round(int.from_bytes(head[at : at + 2], "big", signed=True) * 1000 / upem) for at in (36, 38, 40, 42)]
        return (f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{' '.join(map(str, box))}]/ItalicAngle 0"
                f"/Ascent {extents.ascender}/Descent {extents.descender}/CapHeight 714"
                f"/StemV {120 if name.endswith('Bold') else 80}/{program}>>")  # fmt: skip
