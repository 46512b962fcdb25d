"""The flights report as weirflow runs it: the example's own file."""

from __future__ import annotations

from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "flights" / "flights.yaml"


def run(data: Path, out: Path, *, engine: str = "auto") -> None:
    """Write the seven files of the flights example into `out`; `data` stands beside the example."""
    from engine.api import run as run_workflow

    if data.resolve() != (EXAMPLE.parent / "data").resolve():
        raise ValueError(f"the example reads {EXAMPLE.parent / 'data'}, not {data}")
    result = run_workflow(EXAMPLE, engine=engine, out=out)
    if result.exit_code:
        raise RuntimeError(f"the run ended as {result.status}")
