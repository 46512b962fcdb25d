"""A font of two byte codes, for glyphs beyond the simple font's: other scripts, and glyphs that shaping gives."""

from __future__ import annotations

from connectors.files.fonts.charset import with_codes
from connectors.files.fonts.embedding import Objects, font_file, tables_of, tagged_name, to_unicode
from connectors.files.fonts.face import Face


class CompositeFont:
    """A TrueType glyph has a code for each text it stands for, so that what is copied is what was written: a letter
    may be shown by the same glyph as another, or by several. PDF cannot renumber the glyphs of a CFF font; there the
    code is the glyph, and each further text of one is a layer: a font of its own around the same glyphs."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self._codes: dict[tuple[int, str], tuple[int, int]] = {}
        self._layers: list[dict[int, str]] = []
        self._glyphs: dict[int, int] = {}

    def code(self, glyph: int, text: str) -> tuple[int, int]:
        """The layer and the code of a glyph that stands for a text."""
        known = self._codes.get((glyph, text))
        if known is None:
            known = self._codes[glyph, text] = self._new(glyph, text)
        return known

    def _new(self, glyph: int, text: str) -> tuple[int, int]:
        if self.face.is_truetype:
            layer, code = divmod(len(self._codes), 0xFFFF)
            code += 1
        else:
            layer, code = next((at for at, each in enumerate(self._layers) if glyph not in each), -1), glyph
            layer = len(self._layers) if layer < 0 else layer
        if layer == len(self._layers):
            self._layers.append({})
        self._layers[layer][code] = text
        self._glyphs[code + 0x10000 * layer * self.face.is_truetype] = glyph
        return layer, code

    def put(self, objects: Objects) -> list[int]:
        """The font object of each layer."""
        glyphs = sorted(set(self._glyphs.values()))
        name = tagged_name(self.face.name, sorted(self._codes))
        entry = self._put_program(objects, glyphs)
        descriptor = objects.reserve()
        objects.put(descriptor, self.face.descriptor(name, entry).encode())
        if not self.face.is_truetype:
            parent = self._put_descendant(objects, name, descriptor, {glyph: glyph for glyph in glyphs})
            return [self._put_layer(objects, name, parent, texts) for texts in self._layers]
        fonts = []
        for layer, texts in enumerate(self._layers):
            mapped = {code: self._glyphs[code + 0x10000 * layer] for code in texts}
            parent = self._put_descendant(objects, name, descriptor, mapped)
            fonts.append(self._put_layer(objects, name, parent, texts))
        return fonts

    def _put_program(self, objects: Objects, glyphs: list[int]) -> str:
        """The font's file; the entry of its description."""
        if self.face.is_truetype:
            content = font_file(tables_of(self.face.program(glyphs, renumbered=False)[0]))
            return f"FontFile2 {objects.stream(content, f'/Length1 {len(content)}')} 0 R"
        program, renumbered = self.face.program(glyphs, renumbered=True)
        codes = [old for old, new in sorted(renumbered.items(), key=lambda each: each[1]) if new]
        table = with_codes(bytes(program.reference_table("CFF ").data), codes)
        if table is None:
            program, _ = self.face.program(glyphs, renumbered=False)
            table = bytes(program.reference_table("CFF ").data)
        return f"FontFile3 {objects.stream(table, '/Subtype/CIDFontType0C')} 0 R"

    def _put_descendant(self, objects: Objects, name: str, descriptor: int, glyphs: dict[int, int]) -> int:
        kind, mapping = "CIDFontType0", ""
        if self.face.is_truetype:
            table = bytearray(2 * (max(glyphs) + 1))
            for code, glyph in glyphs.items():
                table[2 * code : 2 * code + 2] = glyph.to_bytes(2, "big")
            kind, mapping = "CIDFontType2", f"/CIDToGIDMap {objects.stream(bytes(table))} 0 R"
        widths = " ".join(f"{code}[{self.face.advance(glyph)}]" for code, glyph in sorted(glyphs.items()))
        number = objects.reserve()
        objects.put(number, f"<</Type/Font/Subtype/{kind}/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)"
                            f"/Ordering(Identity)/Supplement 0>>/DW 1000/W[{widths}]{mapping}"
                            f"/FontDescriptor {descriptor} 0 R>>".encode())  # fmt: skip
        return number

    def _put_layer(self, objects: Objects, name: str, parent: int, texts: dict[int, str]) -> int:
        unicode, number = objects.stream(to_unicode(texts, code_bytes=2)), objects.reserve()
        objects.put(number, f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
                            f"/DescendantFonts[{parent} 0 R]/ToUnicode {unicode} 0 R>>".encode())  # fmt: skip
        return number
