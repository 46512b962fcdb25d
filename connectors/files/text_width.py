"""How wide text is on a screen with a fixed-width font, and what must not reach one."""

from __future__ import annotations

import polars as pl

GAP = "  "
"""What stands between two columns."""
_SPACES = {"\r\n": " ", "\n": " ", "\r": " ", "\t": " ", "\x0b": " ", "\x0c": " ", "\x85": " ", "\u2028": " ",
           "\u2029": " "}  # fmt: skip
_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = (*range(32), *range(127, 160))
_UNSEEN = {chr(code): "\ufffd" for code in (*_CONTROLS, *_TURNING) if chr(code) not in _SPACES}
_REPLACED = _SPACES | _UNSEEN
_TRANSLATED = {ord(each): by for each, by in _REPLACED.items() if len(each) == 1}


def on_one_line(text: pl.Expr) -> pl.Expr:
    """The text with spaces for line breaks and tabs, and � for what would steer a terminal or turn the line's order."""
    return text.str.replace_many(list(_REPLACED), list(_REPLACED.values()), leftmost=True)


def one_line(text: str) -> str:
    """A text of the report's own words, as `on_one_line`."""
    return text.replace("\r\n", " ").translate(_TRANSLATED)


def padded(texts: pl.Series, width: int, *, right: bool) -> pl.Series:
    """Each text filled up with blanks to the width, at its end or before it."""
    blanks = pl.lit(" ").repeat_by(pl.lit(width - display_widths(texts))).list.join("")
    pieces = [blanks, pl.lit(texts)] if right else [pl.lit(texts), blanks]
    return pl.select(pl.concat_str(pieces).alias(texts.name)).to_series()


def aligned(columns: list[pl.Series], widths: list[int], rights: list[bool]) -> pl.Series:
    """The texts side by side, a line a row, nothing behind the last."""
    cells = [padded(texts, width, right=right) for texts, width, right in zip(columns, widths, rights, strict=True)]
    return pl.select(pl.concat_str(cells, separator=GAP).str.strip_chars_end(" ").alias("line")).to_series()


def aligned_few(columns: list[list[str]], rights: list[bool]) -> list[str]:
    """As `aligned`, for tables of a message: a few hundred texts take less time than asking the engine once."""
    padded_columns = []
    for texts, right in zip(columns, rights, strict=True):
        widths = [_width(each) for each in texts]
        most = max(widths, default=0)
        blanks = [" " * (most - width) for width in widths]
        padded_columns.append([blank + text if right else text + blank
                               for text, blank in zip(texts, blanks, strict=True)])  # fmt: skip
    return [GAP.join(cells).rstrip(" ") for cells in zip(*padded_columns, strict=True)]


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(0, wcswidth(text))


def widest(texts: pl.Series) -> int:
    return int(str(display_widths(texts).max() or 0))


def display_widths(texts: pl.Series) -> pl.Series:
    """The columns that each text takes: two for East Asian characters and emoji, none for accents and joiners."""
    widths = texts.str.len_chars().cast(pl.Int64)
    foreign = texts.str.len_bytes() != texts.str.len_chars()
    if not foreign.any():
        return widths
    from wcwidth import wcswidth

    # What a terminal joins into one picture is known of whole texts only; each different one is asked once.
    different = texts.filter(foreign).unique()
    known = {text: max(0, wcswidth(text)) for text in different}
    measured = texts.replace_strict(known, default=None, return_dtype=pl.Int64)
    return measured.zip_with(foreign, widths) if measured.len() else widths
