"""Charts laid out: places, ticks and labels worked out by hand, with letters that are each half their size wide."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest

from connectors.files.charts.layout import draw_chart
from connectors.files.charts.lettering import cut, estimated_width
from connectors.files.charts.primitives import Dots, Drawing, Path, Polygon, Polyline, Rectangle, Text
from connectors.files.charts.svg import svg
from connectors.files.charts.ticks import EPOCH, calendar_ticks, number_ticks
from connectors.files.report import Chart, Facts, Part, Report
from ir import types as t
from ir.column_format import ColumnFormat
from transforms.dtypes import polars_dtype

NAME, NUMBER, WHOLE, DAY = t.String(), t.Number(), t.Integer(), t.Date()


def half(text: str, size: float, *, bold: bool = False) -> float:
    return len(text) * size / 2


def drawn(type: Any, columns: dict[str, tuple[t.DataType, list[Any]]], x: str, *y: str, series: str | None = None,
          title: str | None = None, formats: dict[str, dict[str, Any]] | None = None, width: float = 400,
          rows: int | None = None, locale: str = "en") -> Drawing:  # fmt: skip
    kinds = t.Schema({name: kind for name, (kind, _) in columns.items()})
    points = pl.DataFrame({name: pl.Series(values, dtype=polars_dtype(kind)) for name, (kind, values) in
                           columns.items()})  # fmt: skip
    how = {name: ColumnFormat.model_validate(each) for name, each in (formats or {}).items()}
    part = Part(columns=kinds, chart_types=kinds, formats=how,
                chart=Chart(type=type, x=x, y=y, series=series, title=title))  # fmt: skip
    facts = Facts(rows=points.height if rows is None else rows, points=points)
    report = Report(columns=kinds, locale=locale)
    return draw_chart(part, facts, report, width=width, max_height=300, measure=half, size=10)


def texts(drawing: Drawing) -> list[str]:
    return [each.text for each in drawing.shapes if isinstance(each, Text)]


def bars(drawing: Drawing) -> list[Rectangle]:
    return [each for each in drawing.shapes if isinstance(each, Rectangle)]


def lines(drawing: Drawing, color: str) -> list[Polyline]:
    return [each for each in drawing.shapes if isinstance(each, Polyline) and each.color == color]


def test_number_ticks_are_one_two_or_five_of_a_power_of_ten() -> None:
    assert number_ticks(0, 97, 5).at == (0, 20, 40, 60, 80, 100)
    assert number_ticks(-3, 11, 4).at == (-5, 0, 5, 10, 15)
    assert number_ticks(0, 0.3, 3).at == (0, 0.1, 0.2, 0.3)
    assert number_ticks(0, 0.3, 3).decimals == 1
    assert number_ticks(0, 2, 8, whole=True).at == (0, 1, 2)


def seconds(*moment: int) -> float:
    return (datetime(*moment) - EPOCH).total_seconds()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "most", "expected", "pattern"),
    [
        ((2024, 1, 15), (2024, 7, 2), 6, [(2024, 2, 1), (2024, 3, 1), (2024, 4, 1), (2024, 5, 1), (2024, 6, 1),
                                          (2024, 7, 1)], "%Y-%m"),
        ((2019, 5, 1), (2024, 2, 1), 6, [(2020, 1, 1), (2021, 1, 1), (2022, 1, 1), (2023, 1, 1), (2024, 1, 1)], "%Y"),
        ((2024, 2, 27), (2024, 3, 2), 5, [(2024, 2, 27), (2024, 2, 28), (2024, 2, 29), (2024, 3, 1), (2024, 3, 2)],
         "%Y-%m-%d"),
        ((2024, 1, 1), (2024, 1, 30), 5, [(2024, 1, 1), (2024, 1, 8), (2024, 1, 15), (2024, 1, 22), (2024, 1, 29)],
         "%Y-%m-%d"),
        ((2024, 1, 1, 8), (2024, 1, 1, 11, 30), 4, [(2024, 1, 1, 8), (2024, 1, 1, 9), (2024, 1, 1, 10),
                                                    (2024, 1, 1, 11)], "%H:%M"),
    ],
)  # fmt: skip
def test_calendar_ticks_are_starts_of_years_months_weeks_days_and_hours(
    low: Any, high: Any, most: int, expected: list[Any], pattern: str
) -> None:
    found = calendar_ticks(seconds(*low), seconds(*high), most)
    assert found.at == tuple(seconds(*each) for each in expected)
    assert found.pattern == pattern


def test_bars_stand_on_zero_in_proportion_to_their_values() -> None:
    found = drawn("bar", {"who": (NAME, ["a", "b", "c"]), "n": (WHOLE, [10, -5, 20])}, "who", "n")
    first, second, third = bars(found)
    zero = first.y + first.height
    assert third.height == pytest.approx(2 * first.height, abs=0.02)
    assert second.y == pytest.approx(zero, abs=0.02)
    assert second.height == pytest.approx(first.height / 2, abs=0.02)
    assert [each for each in texts(found) if each in {"a", "b", "c"}] == ["a", "b", "c"]
    assert {"10", "-5", "20"} <= set(texts(found))


def test_bars_of_a_series_stand_in_groups_and_a_row_without_one_leaves_its_place_free() -> None:
    found = drawn("bar", {"m": (NAME, ["Jan", "Jan", "Feb"]), "n": (WHOLE, [1, 2, 3]), "s": (NAME, ["x", "y", "y"])},
                  "m", "n", series="s")  # fmt: skip
    legend_x, legend_y, x, y_jan, y_feb = bars(found)
    assert (legend_x.color, legend_y.color) == ("#1F4E79", "#D9822B")
    assert (x.color, y_jan.color, y_feb.color) == ("#1F4E79", "#D9822B", "#D9822B")
    assert x.x + x.width <= y_jan.x < y_feb.x
    assert texts(found)[:2] == ["x", "y"]


def test_rows_that_share_name_and_series_are_each_a_bar() -> None:
    found = drawn("bar", {"m": (NAME, ["Jan", "Jan"]), "n": (WHOLE, [1, 2]), "s": (NAME, ["x", "x"])}, "m", "n",
                  series="s")  # fmt: skip
    assert len(bars(found)) == 1 + 2  # the legend's and two bars
    assert texts(found).count("Jan") == 2


def test_bars_lie_down_where_their_names_are_long() -> None:
    names = [f"a name that is rather long, number {each}" for each in range(5)]
    found = drawn("bar", {"who": (NAME, names), "n": (WHOLE, [1, 2, 3, 4, 5])}, "who", "n")
    widths = [each.width for each in bars(found)]
    assert widths[4] == pytest.approx(5 * widths[0], abs=0.06)
    assert len({each.x for each in bars(found)}) == 1
    # 0.34 of 400 points hold 27 letters of 4.75 points and the ellipsis
    assert "a name that is rather long,…" in texts(found)


def test_more_bars_than_have_room_are_counted() -> None:
    names = [f"a name that is rather long {each}" for each in range(100)]
    found = drawn("bar", {"who": (NAME, names), "n": (WHOLE, list(range(100)))}, "who", "n", title="Sales")
    (warning,) = found.warnings
    assert warning == f'chart "Sales": the first {len(bars(found))} of 100 values of who are drawn'
    assert texts(found)[-1] == f"The first {len(bars(found))} of 100 values of who are drawn"


def test_axis_labels_follow_the_column_s_format_and_the_locale() -> None:
    columns = {"who": (NAME, ["a", "b"]), "n": (NUMBER, [500.0, 1500.5])}
    money = {"n": {"style": "currency", "currency": "EUR"}}
    german = texts(drawn("bar", columns, "who", "n", formats=money, locale="de-DE"))
    assert {"0\u00a0€", "1.000\u00a0€", "2.000\u00a0€", "1.500,50\u00a0€"} <= set(german)
    english = texts(drawn("bar", columns, "who", "n", formats=money))
    assert {"€0", "€1,000", "€2,000", "€1,500.50"} <= set(english)
    shares = texts(drawn("bar", {"who": (NAME, ["a"]), "n": (NUMBER, [0.5])}, "who", "n",
                         formats={"n": {"style": "percent"}}))  # fmt: skip
    assert {"0%", "20%", "40%", "60%"} <= set(shares)


def test_a_null_is_a_gap_in_a_line_and_a_lone_value_a_dot() -> None:
    found = drawn("line", {"n": (WHOLE, [1, 2, 3, 4, 5]), "v": (NUMBER, [1.0, 2.0, None, 3.0, None])}, "n", "v")
    (line,) = lines(found, "#1F4E79")
    assert len(line.points) == 2
    (dots,) = [each for each in found.shapes if isinstance(each, Dots)]
    assert len(dots.points) == 3


def test_a_line_is_drawn_along_its_axis_whatever_order_the_rows_have() -> None:
    found = drawn("line", {"n": (WHOLE, [3, 1, 2]), "v": (NUMBER, [30.0, 10.0, 20.0])}, "n", "v")
    (line,) = lines(found, "#1F4E79")
    (x1, y1), (x2, y2), (x3, y3) = line.points
    assert x1 < x2 < x3
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.02)
    assert y2 - y1 == pytest.approx(y3 - y2, abs=0.02)


def test_years_along_an_axis_have_no_thousands() -> None:
    found = texts(drawn("line", {"year": (WHOLE, [2020, 2021, 2022]), "v": (WHOLE, [1000, 2000, 3000])}, "year", "v"))
    assert {"2020", "2021", "2022", "1,000", "2,000", "3,000"} <= set(found)


def test_months_along_an_axis_are_named_by_year_and_month() -> None:
    days = [date(2025, month, 1) for month in (1, 2, 3, 4)]
    found = texts(drawn("line", {"month": (DAY, days), "v": (WHOLE, [1, 2, 3, 4])}, "month", "v"))
    assert [each for each in found if each.startswith("2025")] == ["2025-01", "2025-02", "2025-03", "2025-04"]


@pytest.mark.parametrize(
    ("pattern", "first"),
    [("%b %Y", "Jan 2025"), ("%B %y", "January 25"), ("%d %b %Y", "2025-01"), ("%Y", "2025-01"), ("%Y-%m", "2025-01")],
)
def test_months_along_an_axis_are_written_as_the_column_where_its_pattern_says_months(pattern: str, first: str) -> None:
    months = [date(2025, month, 1) for month in range(1, 10)]
    columns = {"month": (t.Date(), months), "y": (t.Integer(), [3] * 9)}
    assert first in texts(
        drawn("line", columns, "month", "y", formats={"month": {"style": "date", "pattern": pattern}})
    )


def test_labels_along_an_axis_never_overlap() -> None:
    days = [date(2020, 1, 1) + timedelta(days=each) for each in range(400)]
    for kind in ("bar", "line", "area"):
        found = drawn(kind, {"day": (DAY, days), "v": (WHOLE, list(range(400)))}, "day", "v", width=900)
        lowest = max(each.y for each in found.shapes if isinstance(each, Text) and each.text[:2] == "20")
        row = [each for each in found.shapes if isinstance(each, Text) and each.y == lowest]
        ends = [(each.x - half(each.text, each.size) / 2, each.x + half(each.text, each.size) / 2) for each in row]
        assert len(ends) > 3
        assert all(right < left for (_, right), (left, _) in pairwise(ends))


def test_a_long_line_keeps_its_peaks_and_says_how_many_values_it_draws() -> None:
    values = [float(each % 7) for each in range(50_000)]
    values[31_234] = 99.0
    found = drawn("line", {"n": (WHOLE, list(range(50_000))), "v": (NUMBER, values)}, "n", "v")
    (line,) = lines(found, "#1F4E79")
    assert len(line.points) < 1000
    top = min(y for _, y in line.points)
    scale = [each for each in found.shapes if isinstance(each, Text) and each.text == "100"]
    assert top == pytest.approx(scale[0].y - 3.3, abs=3)
    assert f"{len(line.points):,} of 50,000 values are drawn" in found.warnings[0]
    assert len(svg(found, name="c")) < 20_000


def test_many_dots_are_thinned_and_counted() -> None:
    many = 20_000
    first, second = ([float(each * prime % many) for each in range(many)] for prime in (7919, 104_729))
    found = drawn("scatter", {"a": (NUMBER, first), "b": (NUMBER, second)}, "a", "b")
    (dots,) = [each for each in found.shapes if isinstance(each, Dots)]
    assert len(dots.points) <= 3000
    assert f"{len(dots.points):,} of 20,000 dots are drawn" in found.warnings[0]


def test_areas_of_several_series_stand_upon_each_other() -> None:
    found = drawn("area", {"n": (WHOLE, [1, 2]), "a": (WHOLE, [10, 10]), "b": (WHOLE, [20, 20])}, "n", "a", "b")
    below, above = [each for each in found.shapes if isinstance(each, Polygon)]
    ground = max(y for _, y in below.points)
    middle, top = min(y for _, y in below.points), min(y for _, y in above.points)
    assert ground - top == pytest.approx(3 * (ground - middle), abs=0.05)
    assert max(y for _, y in above.points) == middle


def test_a_pie_sums_small_slices_as_other_and_says_so() -> None:
    values = [1, 2, 3, 4, 5, 6, 7, 8, 64]  # 100 together
    found = drawn("pie", {"who": (NAME, list("abcdefghi")), "n": (WHOLE, values)}, "who", "n")
    assert len([each for each in found.shapes if isinstance(each, Path)]) == 8
    shown = texts(found)
    assert shown[:3] == ["i", "64", "64.0%"]
    assert shown[21:24] == ["other", "3", "3.0%"]
    assert "other: the 2 smallest of 9 together" in found.warnings[0]


def test_a_quarter_of_a_pie_is_a_quarter_turn_clockwise_from_the_top() -> None:
    found = drawn("pie", {"who": (NAME, ["a", "b"]), "n": (WHOLE, [3, 1])}, "who", "n")
    large, small = [each for each in found.shapes if isinstance(each, Path)]
    (middle_x, middle_y), (top,) = large.start, large.segments[0]
    assert top[0] == middle_x
    radius = middle_y - top[1]
    assert len(large.segments) == 1 + 3
    assert large.segments[-1][-1] == pytest.approx((middle_x - radius, middle_y), abs=0.02)
    assert len(small.segments) == 1 + 1
    assert small.segments[-1][-1] == pytest.approx(top, abs=0.02)


def test_a_pie_of_values_below_zero_is_refused() -> None:
    found = drawn("pie", {"who": (NAME, ["a", "b"]), "n": (WHOLE, [3, -1])}, "who", "n", title="Shares")
    assert texts(found) == ["Shares", "A pie cannot show values below zero"]
    assert found.warnings == ('chart "Shares": A pie cannot show values below zero',)


@pytest.mark.parametrize("kind", ["bar", "line", "area", "pie", "scatter"])
def test_a_chart_without_rows_or_values_says_so(kind: str) -> None:
    columns: dict[str, tuple[t.DataType, list[Any]]] = {"who": (NAME, []), "n": (WHOLE, [])}
    assert texts(drawn(kind, columns, "who", "n")) == ["No rows to draw"]
    columns = {"who": (NAME, ["a"]), "n": (WHOLE, [None])}
    found = drawn(kind, columns, "who", "n")
    assert texts(found) == ["No values to draw"]
    assert not found.warnings


@pytest.mark.parametrize("kind", ["bar", "line", "area", "scatter"])
@pytest.mark.parametrize("values", [[0.0], [7.0], [1e150, -1e150], [1e-300, 2e-300], [1e15, 1e15 + 1], [5.0, 5.0]])
def test_odd_ranges_are_drawn_within_the_sheet(kind: str, values: list[float]) -> None:
    columns = {"n": (NUMBER, [float(each) for each in range(len(values))]), "v": (NUMBER, values)}
    found = drawn(kind, columns, "n", "v")
    for each in found.shapes:
        for x, y in [(each.x, each.y)] if isinstance(each, Rectangle | Text) else getattr(each, "points", ()):
            assert -1 <= x <= found.width + 1
            assert -1 <= y <= found.height + 1


def test_values_that_are_no_finite_number_are_left_out_and_counted() -> None:
    values = [1.0, float("inf"), float("nan"), 2.0]
    found = drawn("line", {"n": (WHOLE, [1, 2, 3, 4]), "v": (NUMBER, values)}, "n", "v")
    assert "2 values without a finite size left out" in found.warnings[0]


def test_rows_beyond_the_points_are_counted() -> None:
    found = drawn("bar", {"who": (NAME, ["a"]), "n": (WHOLE, [1])}, "who", "n", rows=250_000)
    assert "drawn from the first 1 of 250,000 rows" in found.warnings[0]


def test_text_is_cut_to_its_room_with_an_ellipsis() -> None:
    assert cut("abcdefgh", 20, 10, half) == "abc…"
    assert cut("abcd", 20, 10, half) == "abcd"
    assert estimated_width("東京", 10) == 20


def test_svg_is_well_formed_and_holds_no_markup_of_the_data() -> None:
    names = ["<script>alert(1)</script>", "a&b", "\x00\u202egnp"]
    found = drawn("bar", {"who": (NAME, names), "n": (WHOLE, [1, 2, 3])}, "who", "n", title='"><script>')
    text = svg(found, name="chart-1")
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "chart-1-title chart-1-text"
    assert root[0].text == '"><script>'
    assert root[1].text == "Bar chart of n by who: 3 values from 1 to 3."
    assert "<script" not in text
    assert "\u202e" not in text


def test_equal_points_give_equal_drawings_in_hundredths() -> None:
    columns = {"who": (NAME, ["a", "b", "c"]), "n": (NUMBER, [1 / 3, 2 / 3, 0.1])}
    first, second = svg(drawn("bar", columns, "who", "n"), name="c"), svg(drawn("bar", columns, "who", "n"), name="c")
    assert first == second
    root = ElementTree.fromstring(first)
    numbers = [value for each in root.iter() for key, value in each.items() if key in {"x", "y", "width", "height"}]
    assert all(len(value.partition(".")[2]) <= 2 for value in numbers)


def test_values_beyond_all_digits_are_labelled_by_their_powers() -> None:
    found = texts(drawn("bar", {"who": (NAME, ["a"]), "n": (NUMBER, [2e20])}, "who", "n", locale="de"))
    assert {"0", "1e+20", "2e+20"} <= set(found)


def test_a_narrow_pie_has_its_legend_below() -> None:
    found = drawn("pie", {"who": (NAME, ["a", "b"]), "n": (WHOLE, [3, 1])}, "who", "n", width=240)
    bottom = max(y for each in found.shapes if isinstance(each, Path) for segment in each.segments for _, y in segment)
    assert all(each.y > bottom for each in bars(found))


def test_labels_keep_joined_emoji_and_lose_marks_that_turn_them() -> None:
    names = ["👨\u200d👩\u200d👧", "می\u200cخواهم", "a\u202eb\nc"]
    found = texts(drawn("bar", {"who": (NAME, names), "n": (WHOLE, [1, 2, 3])}, "who", "n"))
    assert {names[0], names[1], "a b c"} <= set(found)


def test_times_at_the_ends_of_the_calendar_are_drawn() -> None:
    for day in (date(1, 1, 1), date(9999, 12, 31)):
        found = drawn("line", {"day": (DAY, [day]), "n": (WHOLE, [1])}, "day", "n")
        assert found.description == "Line chart of n by day: one value, 1."
