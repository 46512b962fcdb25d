"""Write ten days of web-server log, one file an hour, gzipped, zstd-compressed or plain: the same lines every time."""

from __future__ import annotations

import gzip
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 240
PATHS = ("/", "/pricing", "/docs", "/docs/install", "/blog", "/login", "/api/orders", "/api/orders/export", "/health")
WEIGHTS = (30, 8, 14, 9, 7, 10, 16, 1, 5)
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Mozilla/5.0 (Macintosh)",
    "curl/8.5.0",
    "ExampleBot/2.1 (+https://bot.test)",
)


def make(folder: Path, *, hours: int = HOURS, requests_an_hour: int = 400) -> list[Path]:
    """The files written into `folder`: every third hour is gzipped, the next one zstd-compressed, the next plain."""
    rng = random.Random(20260301)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(hours):
        hour = START + timedelta(hours=number)
        # Busy by day, calm by night; on the fourth day the export broke for three hours.
        busy = 0.4 + 0.6 * (8 <= hour.hour <= 20)
        is_broken = 3 * 24 + 13 <= number < 3 * 24 + 16
        lines = sorted(_line(rng, hour, is_broken=is_broken) for _ in range(int(requests_an_hour * busy)))
        text = "".join(line + "\n" for _, line in lines).encode()
        files.append(_write(folder / f"access-{hour:%Y-%m-%dT%H}.log", text, compression=number % 3))
    return files


def _line(rng: random.Random, hour: datetime, *, is_broken: bool) -> tuple[datetime, str]:
    at = hour + timedelta(seconds=rng.randrange(3600))
    path = rng.choices(PATHS, WEIGHTS)[0]
    method = "POST" if path in ("/login", "/api/orders") and rng.random() < 0.6 else "GET"
    chance = rng.random()
    if is_broken and path.startswith("/api") and chance < 0.7:
        status = 503
    elif chance < 0.006:
        status = 500
    elif chance < 0.04:
        status, path = 404, f"/old/{rng.randrange(1000)}"
    else:
        status = 302 if method == "POST" and path == "/login" else 200
    sent = "-" if status == 302 else str(int(rng.lognormvariate(8, 1)))
    took_ms = int(rng.lognormvariate(3.2, 0.8)) + (4000 if status == 503 else 0)
    client = f"198.51.100.{rng.randrange(1, 255)}"
    agent = rng.choices(AGENTS, (50, 30, 8, 12))[0]
    return (
        at,
        f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "{method} {path} HTTP/1.1" {status} {sent} "{agent}" {took_ms}',
    )


def _write(path: Path, content: bytes, *, compression: int) -> Path:
    match compression:
        case 0:
            path = path.with_name(f"{path.name}.gz")
            # Without a fixed time the header, and so the file, would differ on every run.
            path.write_bytes(gzip.compress(content, mtime=0))
        case 1:
            path = path.with_name(f"{path.name}.zst")
            path.write_bytes(pyarrow.compress(content, codec="zstd", asbytes=True))
        case _:
            path.write_bytes(content)
    return path


if __name__ == "__main__":
    written = make(Path(__file__).parent / "data")
    print(f"wrote {len(written)} files, {sum(file.stat().st_size for file in written):,} bytes", file=sys.stderr)
