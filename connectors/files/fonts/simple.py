"""A font of 256 codes, the first of them ASCII: whole columns of Latin text are encoded by one expression."""

from __future__ import annotations

from connectors.files.fonts.embedding import Objects, font_file, tables_of, tagged_name, to_unicode
from connectors.files.fonts.face import Face


class SimpleFont:
    """ASCII keeps its own codes; 160 other characters get one each as they come."""

    def __init__(self, face: Face) -> None:
        self._face = face
        # Codes 10 and 13 are left free: a reader may normalise line ends inside a string.
        self._free = [code for code in (*range(1, 32), *range(127, 256)) if code not in (10, 13)][::-1]
        self.codes: dict[str, int] = {chr(code): code for code in range(32, 127)}

    def code(self, character: str) -> int | None:
        """The character's code, given at its first use; none once all are taken."""
        if character not in self.codes and self._free:
            self.codes[character] = self._free.pop()
        return self.codes.get(character)

    def put(self, objects: Objects) -> int:
        glyphs = {code: self._face.glyph(character) for character, code in sorted(self.codes.items())}
        program, renumbered = self._face.program(glyphs.values(), renumbered=True)
        table = bytearray(2 * 256)
        for code, glyph in glyphs.items():
            table[2 * code : 2 * code + 2] = renumbered[glyph].to_bytes(2, "big")
        cmap = (b"\0\0\0\1\0\1\0\0\0\0\0\x0c" + b"\0\6" + (10 + len(table)).to_bytes(2, "big")
                + b"\0\0\0\0" + (256).to_bytes(2, "big") + bytes(table))  # fmt: skip
        content = font_file({**tables_of(program), "cmap": cmap})
        name = tagged_name(self._face.name, sorted(glyphs.items()))
        file = objects.stream(content, f"/Length1 {len(content)}")
        descriptor, font = objects.reserve(), objects.reserve()
        objects.put(descriptor, self._face.descriptor(name, f"FontFile2 {file} 0 R").encode())
        unicode = objects.stream(to_unicode({code: text for text, code in self.codes.items()}, code_bytes=1))
        widths = " ".join(str(self._face.advance(glyphs[code]) if code in glyphs else 0) for code in range(256))
        objects.put(font, f"<</Type/Font/Subtype/TrueType/BaseFont/{name}/FirstChar 0/LastChar 255/Widths[{widths}]"
                          f"/FontDescriptor {descriptor} 0 R/ToUnicode {unicode} 0 R>>".encode())  # fmt: skip
        return font
