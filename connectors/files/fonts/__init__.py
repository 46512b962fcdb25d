"""Fonts: the files there are, the glyphs of a text, and what of them goes into a PDF."""
