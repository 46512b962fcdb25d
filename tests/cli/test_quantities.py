import pytest

from engine.cli.quantities import count, seconds, size


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1549, "1.5 kB"), (12_000_000, "12 MB"), (999_999, "1.0 MB"),
     (999_950, "1.0 MB"), (9_960, "10 kB"), (3_200_000_000_000, "3.2 TB"), (None, "")],
)  # fmt: skip
def test_sizes_are_shown_in_decimal_units(number: int | None, shown: str) -> None:
    assert size(number) == shown


@pytest.mark.parametrize(
    ("duration_s", "shown"),
    [(0.0, "0.00 s"), (0.314, "0.31 s"), (9.994, "9.99 s"), (9.996, "10.0 s"), (99.94, "99.9 s"),
     (99.96, "1 min 40 s"), (185.2, "3 min 05 s"), (None, "")],
)  # fmt: skip
def test_times_are_shown_with_fitting_digits(duration_s: float | None, shown: str) -> None:
    assert seconds(duration_s) == shown


def test_counts_group_their_thousands() -> None:
    assert count(336776) == "336,776"
    assert count(0) == "0"
    assert count(None) == ""
