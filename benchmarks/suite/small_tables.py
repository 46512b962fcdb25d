"""The tables whose size does not depend on the number of parcels."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from engine.bench.draws import below, one_of

DEPOTS = 60
REGIONS = ["Nordland", "Fjell", "Østby", "Vik", "Lund", "Skåne", "Dal", "Sund", "Holm", "Ås", "Berg", "Åland"]
COUNTRIES = ["NO", "SE", "DK"]

# code, service, price of a parcel and of a kilogram in cents, days it may take
TARIFFS = [
    ("X1", "express", 990, 210, 1),
    ("X2", "express", 1490, 260, 2),
    ("S1", "standard", 490, 95, 3),
    ("S2", "standard", 690, 120, 4),
    ("E1", "economy", 290, 60, 6),
    ("E2", "economy", 350, 75, 8),
    ("F1", "freight", 2900, 35, 9),
    ("F2", "freight", 3900, 30, 12),
]


def regions() -> pl.DataFrame:
    """Twelve, of which the last has no depot; customers also name a thirteenth."""
    return pl.DataFrame(
        {
            "region": range(1, len(REGIONS) + 1),
            "name": REGIONS,
            "country": [COUNTRIES[each % 3] for each in range(len(REGIONS))],
        }
    )


def depots() -> pl.DataFrame:
    """One in seven has closed."""
    n = pl.col("depot")
    opened = date(2005, 3, 1) + pl.duration(days=below(n, 2, 5_000))
    return pl.DataFrame({"depot": range(1, DEPOTS + 1)}).select(
        "depot",
        region=n % (len(REGIONS) - 1) + 1,
        name=pl.format("{} {}", one_of(n, 1, ["Harbour", "Station", "North", "Mill"]), n),
        opened=opened,
        closed=pl.when(below(n, 3, 7) == 0).then(opened + pl.duration(days=6_000)),
        capacity=(below(n, 4, 40) + 5) * 100,
    )


def tariffs() -> pl.DataFrame:
    codes, services, base, per_kg, days = zip(*TARIFFS, strict=True)
    return pl.DataFrame({"tariff": codes, "service": services, "base": base, "per_kg": per_kg, "days": days}).select(
        "tariff", "service",
        (pl.col("base", "per_kg") / 100).cast(pl.Decimal(8, 2)),
        "days",
    )  # fmt: skip


def holidays() -> pl.DataFrame:
    """Four a year in each country, some of them on the same days."""
    return pl.DataFrame(
        [
            {"country": country, "day": date(year, month, 1) + timedelta(days=17 + (index if month == 6 else 0)),
             "name": name}
            for index, country in enumerate(COUNTRIES)
            for year in (2023, 2024, 2025)
            for month, name in ((1, "Winter day"), (5, "Spring day"), (6, "Midsummer"), (12, "Saint Lucy"))
        ]
    )  # fmt: skip
