"""The first rows of a stream of frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl


def first_rows(frames: Iterable[pl.DataFrame], rows: int | None) -> Iterator[pl.DataFrame]:
    """The frames until so many rows have passed, or all of them; no further frame is asked for after the last row."""
    left = rows
    for each in frames:
        frame = each if left is None else each.head(left)
        yield frame
        if left is not None:
            left -= frame.height
            if left == 0:
                return
