"""A part of a report as plain text, for who reads a message without its HTML."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from connectors.files.display import display_columns, is_right_aligned
from connectors.files.fitting import fitted_formats, total_formats
from connectors.files.report import Facts, Part, Report
from connectors.files.text_width import aligned_few, on_one_line, one_line
from connectors.files.total_words import function_word, total_word
from ir.types import Schema
from transforms.expressions.polars_columns import exact


def text_of(part: Part, facts: Facts, report: Report, rows: pl.DataFrame, note: str | None) -> str:
    """The part's words around its rows; a group's keys are columns, and totals the last line."""
    lines = [""]
    if part.heading:
        heading = one_line(part.heading)
        lines += [heading, "-" * min(len(heading), 78)]
    lines += [*(one_line(each) for each in part.text.splitlines()), ""] if part.text else []
    lines += _table(part, facts, report, rows) if rows.height else [report.empty_message or "No rows"]
    return "\n".join([*lines, *([note] if note else []), *([one_line(part.caption)] if part.caption else [])])


def _table(part: Part, facts: Facts, report: Report, rows: pl.DataFrame) -> list[str]:
    kinds = {**dict(part.group_by.items()), **dict(part.columns.items())}
    whole = replace(part, columns=Schema(kinds.items()))
    formats = fitted_formats(whole, rows)
    texts = rows.select(
        _plain(each, name) for name, each in zip(kinds, display_columns(whole, report, formats), strict=True)
    )
    if part.totals and facts.totals is not None:
        values = display_columns(replace(part, columns=part.total_types), report, total_formats(part, formats))
        totals = facts.totals.select(
            _plain(f"{function_word(part, name)} ".lstrip() + text, name)
            for name, text in zip(part.total_types, values, strict=True)
        )
        texts = pl.concat([texts, totals], how="diagonal").fill_null("")
        label = next((name for name in kinds if name not in part.total_types), None)
        if label is not None:
            last = pl.int_range(pl.len()) == pl.len() - 1
            texts = texts.with_columns(
                pl.when(last).then(pl.lit(total_word(part))).otherwise(exact(label)).alias(label)
            )
    rights = [is_right_aligned(kind, formats[name]) for name, kind in kinds.items()]
    return aligned_few([[one_line(name), *texts[name].to_list()] for name in kinds], rights)


def _plain(text: pl.Expr, name: str) -> pl.Expr:
    return on_one_line(text.fill_null("")).alias(name)
