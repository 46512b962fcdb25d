"""Counts, sizes and times as people read them."""

from __future__ import annotations


def count(number: int | None) -> str:
    """336776 as "336,776"; an unknown count is empty."""
    return "" if number is None else f"{number:,}"


def size(number_of_bytes: int | None) -> str:
    """In decimal units, as file managers show it: "999 B", "1.5 kB", "12 MB"."""
    if number_of_bytes is None:
        return ""
    amount = float(number_of_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        # 999.95 would be rounded to 1000.0 and shown in the wrong unit.
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 9.95 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def seconds(duration_s: float | None) -> str:
    """As "0.31 s", "12.4 s" or "3 min 05 s"."""
    if duration_s is None:
        return ""
    if duration_s < 9.995:
        return f"{duration_s:.2f} s"
    if duration_s < 99.95:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes} min {rest:02d} s"
