"""The flights report as it is written today: pandas, openpyxl and reportlab's tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from benchmarks.columns import DETAIL, MONTHS

PERCENT = {"on_time": "0.0%", **dict.fromkeys(MONTHS, "0%")}
NUMBERS = {"flights": "#,##0", "cancelled": "#,##0", "average_delay": "0.0", "worst_delay": "0"}


def run(data: Path, out: Path) -> None:
    """Write the seven files of the flights example into `out`."""
    journeys = _journeys(data)
    punctuality, weather, late = _punctuality(journeys), _weather(journeys), _late(journeys)
    punctuality.to_csv(out / "punctuality.csv", index=False)
    punctuality.to_json(out / "punctuality.json", orient="records")
    _to_excel(punctuality, out / "punctuality.xlsx", {**NUMBERS, **PERCENT})
    _to_pdf(punctuality, out / "punctuality.pdf")
    weather.to_csv(out / "weather.csv", index=False)
    late.to_csv(out / "very-late-flights.csv", index=False)
    _to_excel(late, out / "very-late-flights.xlsx", {})


def _journeys(data: Path) -> pd.DataFrame:
    flights = pd.read_csv(data / "flights.csv.zip")
    airlines = pd.read_csv(data / "airlines.csv").rename(columns={"name": "airline"})
    airports = pd.read_csv(data / "airports.csv").rename(columns={"faa": "dest", "name": "destination"})
    planes = pd.read_csv(data / "planes.csv").rename(columns={"year": "built"})
    weather = pd.read_csv(data / "weather.csv")[["origin", "time_hour", "precip", "visib", "wind_speed"]]
    rows = (
        flights.merge(airlines, on="carrier", how="left")
        .merge(airports[["dest", "destination"]], on="dest", how="left")
        .merge(planes[["tailnum", "built", "manufacturer", "seats"]], on="tailnum", how="left")
        .merge(weather, on=["origin", "time_hour"], how="left")
    )
    rows["date"] = pd.to_datetime(rows[["year", "month", "day"]])
    rows["destination"] = rows["destination"].fillna("outside the states")
    rows["is_cancelled"] = rows["dep_time"].isna()
    rows["is_on_time"] = (rows["arr_delay"] <= 15).astype(float).where(rows["arr_delay"].notna())
    rows["conditions"] = "fair"
    rows.loc[rows["wind_speed"] >= 25, "conditions"] = "strong wind"
    rows.loc[rows["visib"] < 3, "conditions"] = "fog"
    rows.loc[rows["precip"] > 0, "conditions"] = "rain or snow"
    rows.loc[rows["precip"] > 0.1, "conditions"] = "heavy rain or snow"
    rows.loc[rows["precip"].isna(), "conditions"] = "unknown"
    return rows


def _punctuality(rows: pd.DataFrame) -> pd.DataFrame:
    totals = rows.groupby("airline").agg(
        flights=("flight", "size"), cancelled=("is_cancelled", "sum"), on_time=("is_on_time", "mean"),
        average_delay=("arr_delay", "mean"), worst_delay=("arr_delay", "max"),
    )  # fmt: skip
    months = rows.pivot_table(index="airline", columns="month", values="is_on_time", aggfunc="mean")
    months.columns = [MONTHS[number - 1] for number in months.columns]
    return totals.join(months).reset_index().sort_values(["on_time", "airline"], ascending=[False, True])


def _weather(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(["origin", "conditions"], as_index=False).agg(
        flights=("flight", "size"), cancelled=("is_cancelled", "mean"), on_time=("is_on_time", "mean"),
        average_delay=("arr_delay", "mean"),
    )  # fmt: skip


def _late(rows: pd.DataFrame) -> pd.DataFrame:
    late = rows[rows["arr_delay"] > 120]
    keys = ["arr_delay", "date", "carrier", "flight"]
    late = late.sort_values(keys, ascending=[False, True, True, True])[DETAIL].copy()
    late["date"] = late["date"].dt.date
    return late.astype({"dep_delay": "Int64", "arr_delay": "Int64", "built": "Int64", "seats": "Int64"})


def _to_excel(rows: pd.DataFrame, path: Path, formats: dict[str, str]) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        rows.to_excel(writer, index=False, sheet_name="Report")
        sheet = writer.sheets["Report"]
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
        for index, name in enumerate(rows.columns, start=1):
            letter = get_column_letter(index)
            sheet[f"{letter}1"].font = Font(bold=True)
            widest = rows[name].astype(str).str.len().max()
            sheet.column_dimensions[letter].width = min(max(len(name), widest), 40) + 2
            if name in formats:
                for (cell,) in sheet[f"{letter}2:{letter}{len(rows) + 1}"]:
                    cell.number_format = formats[name]


def _to_pdf(rows: pd.DataFrame, path: Path) -> None:
    styles = getSampleStyleSheet()
    cells = rows.itertuples(index=False)
    shown = [[_text(name, value) for name, value in zip(rows.columns, row, strict=True)] for row in cells]
    shown.insert(0, list(rows.columns))
    table = Table(shown, repeatRows=1)
    table.setStyle(TableStyle([
        ("FONTSIZE", (0, 0), (-1, -1), 7), ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e8eef4")), ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
    ]))  # fmt: skip
    document = SimpleDocTemplate(str(path), pagesize=landscape(A4), title="Punctuality")
    document.build([Paragraph("Punctuality of flights from New York, 2013", styles["Title"]), table])


def _text(name: str, value: object) -> str:
    if not isinstance(value, int | float) or pd.isna(value):
        return "" if not isinstance(value, str) else value
    if name in PERCENT:
        return f"{value:.{1 if name == 'on_time' else 0}%}"
    return f"{value:,.1f}" if name == "average_delay" else f"{value:,.0f}"
