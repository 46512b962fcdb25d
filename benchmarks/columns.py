"""The columns of the flights report, shared by the jobs without importing a dataframe library."""

from __future__ import annotations

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DETAIL = ["date", "airline", "flight", "origin", "dest", "destination", "dep_delay", "arr_delay", "distance", "tailnum",
          "manufacturer", "built", "seats", "conditions", "precip", "visib", "wind_speed"]  # fmt: skip
