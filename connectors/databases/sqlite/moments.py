"""Dates and times as SQLite keeps them: ISO 8601 texts of several lengths. Anything else is a Misfit."""

from __future__ import annotations

import polars as pl

from connectors.databases.column import Misfit

_SECONDS = "%Y-%m-%d %H:%M:%S%.f"
_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_OFFSET = r" *(?:[Zz]|[+-](?:0\d|1[0-4]):[0-5]\d)"
_DATE = rf"^{_DAY}(?:[ T]00:00:00(?:\.0+)?)?$"
_DATETIME = rf"^{_DAY}(?:[ T]{_CLOCK}(?:{_OFFSET})?)?$"


# under a plain name: Polars reads that of a series, such as ^x$, as a pattern


def dates(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String).alias("text").map_batches(_dates, return_dtype=pl.Date())


def datetimes(value: pl.Expr) -> pl.Expr:
    """Without a zone; one with an offset as it is in UTC."""
    return value.cast(pl.String).alias("text").map_batches(_datetimes, return_dtype=pl.Datetime("us"))


def times(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String).alias("text").map_batches(_times, return_dtype=pl.Time())


def _dates(texts: pl.Series) -> pl.Series:
    return _complete(_shaped(texts, _DATE).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False), texts)


def _times(texts: pl.Series) -> pl.Series:
    shaped = _shaped(texts, f"^{_CLOCK}$")
    filled = pl.when(pl.col("text").str.len_chars() == 5).then(pl.col("text") + ":00").otherwise("text")
    whole = shaped.alias("text").to_frame().select(filled).to_series()
    return _complete(whole.str.to_time("%H:%M:%S%.f", strict=False), texts)


def _datetimes(texts: pl.Series) -> pl.Series:
    """Most are written with seconds; only where one is not all are looked at again."""
    spaced = _shaped(texts, _DATETIME).str.replace("T", " ", literal=True)
    found = spaced.str.to_datetime(_SECONDS, time_unit="us", strict=False)
    if found.null_count() == texts.null_count():
        return found
    text = pl.col("text")
    offset = text.str.extract(rf"({_OFFSET})$", 1).str.strip_chars_start(" ")
    bare = text.str.replace(rf"{_OFFSET}$", "")
    filled = (
        pl.when(bare.str.len_chars() == 10).then(bare + " 00:00:00")
        .when(bare.str.len_chars() == 16).then(bare + ":00").otherwise(bare)
    )  # fmt: skip
    # no minutes for Z
    minutes = offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60
    minutes += offset.str.slice(4, 2).cast(pl.Int64, strict=False)
    signed = pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)
    others = filled.str.to_datetime(_SECONDS, time_unit="us", strict=False) - pl.duration(minutes=signed)
    frame = pl.DataFrame({"text": spaced, "found": found})
    return _complete(frame.select(pl.coalesce("found", others)).to_series(), texts)


def _shaped(texts: pl.Series, pattern: str) -> pl.Series:
    """The texts, all of which have that form."""
    # not only by parsing: that skips spaces, and takes months of one digit
    if not texts.str.contains(pattern).all():
        raise Misfit(f"not {pattern}")
    return texts


def _complete(found: pl.Series, texts: pl.Series) -> pl.Series:
    """What was found in the texts: something in each."""
    if found.null_count() != texts.null_count():
        raise Misfit("a day that no calendar has")
    return found
