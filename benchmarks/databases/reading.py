"""A table into a Parquet file: by weirflow, and by hand with each driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.databases.data import COLUMNS, orders
from benchmarks.databases.places import Place

BATCH_ROWS = 50_000


def by_weirflow(place: Place, table: str, path: Path) -> None:
    import weirflow as wf

    connection = {"plugin_key": place.kind}
    source: dict[str, Any] = {"type": "database", "database_config": {"connection": connection, "table": table}}
    if place.kind == "sqlite":
        source["location"] = place.url
    else:
        connection["credentials_ref"] = "env:WEIRFLOW_BENCH"
    document = {
        "ir_version": "3.1", "goal": "Keep a copy of the orders", "data_sources": [source],
        "delivery_rules": {"file_delivery": {"format": "parquet", "filename_template": path.name,
                                             "destination": {"path": str(path.parent)},
                                             "options": {"overwrite": True}}},
    }  # fmt: skip
    done = wf.run(document, engine="polars")
    if done.status != "succeeded":
        raise RuntimeError(str([each.error for each in done.deliveries]))


def by_adbc(place: Place, table: str, path: Path) -> None:
    if place.kind == "postgres":
        from adbc_driver_postgresql import dbapi
    else:
        from adbc_driver_sqlite import dbapi
    with dbapi.connect(place.url) as connection, connection.cursor() as cursor:
        if place.kind == "sqlite":
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
        cursor.execute(f"select * from {table}")
        _written(cursor.fetch_record_batch(), path)


def by_connectorx(place: Place, table: str, path: Path) -> None:
    import connectorx

    url, columns = place.url, "*"
    if place.kind == "sqlite":  # of a decimal column it expects whole numbers
        url = f"sqlite://{place.url}"
        columns = ", ".join("cast(price as real) as price" if name == "price" else name for name in COLUMNS)
    query = f"select {columns} from {table}"
    _written(connectorx.read_sql(url, query, return_type="arrow_stream", batch_size=BATCH_ROWS), path)


def by_sqlalchemy(place: Place, table: str, path: Path) -> None:
    import polars as pl
    import sqlalchemy as sa

    schemes = {"postgres": ("postgresql://", "postgresql+psycopg://"), "mysql": ("mysql://", "mysql+pymysql://")}
    url = f"sqlite:///{place.url}" if place.kind == "sqlite" else place.url.replace(*schemes[place.kind], 1)
    engine = sa.create_engine(url)
    writer, kinds = None, _driver_types(place.kind)
    with engine.connect().execution_options(stream_results=True, yield_per=BATCH_ROWS) as connection:
        rows = connection.execute(sa.text(f"select * from {table}"))
        for part in rows.partitions():
            batch = pl.DataFrame([tuple(row) for row in part], schema=kinds, orient="row", strict=False).to_arrow()
            writer = writer or pq.ParquetWriter(path, batch.schema)
            writer.write_table(batch)
    if writer is not None:
        writer.close()
    engine.dispose()


def _driver_types(kind: str) -> dict[str, Any]:
    """What the rows of a driver become; SQLite's have neither decimals nor dates nor booleans."""
    import polars as pl

    kinds = dict(orders(1).collect_schema())
    if kind != "sqlite":
        return kinds | ({"is_paid": pl.Int64} if kind == "mysql" else {})
    return kinds | {"price": pl.Float64, "is_paid": pl.Int64, "day": pl.String, "at": pl.String}


def _written(batches: Any, path: Path) -> None:
    writer = None
    for batch in _each(batches):
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_batch(batch)
    if writer is not None:
        writer.close()


def _each(batches: Any) -> Iterator[pa.RecordBatch]:
    yield from batches


PROGRAMS: dict[str, dict[str, Callable[[Place, str, Path], None]]] = {
    "postgres": {"weirflow": by_weirflow, "adbc": by_adbc, "connectorx": by_connectorx, "sqlalchemy": by_sqlalchemy},
    "mysql": {"weirflow": by_weirflow, "connectorx": by_connectorx, "sqlalchemy": by_sqlalchemy},
    "sqlite": {"weirflow": by_weirflow, "adbc": by_adbc, "connectorx": by_connectorx, "sqlalchemy": by_sqlalchemy},
}
