"""python -m tests.faults: many seeded kills, and a summary of what was injected and what survived."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.faults.children import children
from tests.faults.loop import Loop, Outcome
from tests.faults.places import kinds
from tests.servers.session import close_session, open_session


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="all that is drawn comes from it")
    parser.add_argument("--kills", type=int, default=200, help="so many at least")
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first one: repeats it alone with --kills 1"
    )
    parser.add_argument("--only", default="", help="kinds whose name has this in it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who stops it is told what was seen so far
    alive = open_session()
    outcomes: list[Outcome] = []
    started = time.monotonic()
    try:
        with (suppress(KeyboardInterrupt), kinds() as known, children() as forked,
              tempfile.TemporaryDirectory(prefix="weirflow-faults-") as scratch):  # fmt: skip
            chosen = [each for each in known if options.only in each.name]
            loop = Loop(seed=options.seed, folder=Path(scratch), children=forked)
            number = options.first
            while sum(each.kills for each in outcomes) < options.kills and number < options.first + 3 * options.kills:
                outcome = loop.kill(chosen[number % len(chosen)], number)
                outcomes.append(outcome)
                _tell(outcome)
                number += 1
    finally:
        if alive is not None:
            close_session(alive)
    print(summary(outcomes, seed=options.seed, seconds=time.monotonic() - started))
    return int(any(each.broken for each in outcomes))


def _tell(outcome: Outcome) -> None:
    moments = " then ".join(str(each) for each in outcome.moments)
    for each in outcome.broken:
        print(
            f"BROKEN  number {outcome.number}, {outcome.kind}, killed at {moments}: {each}", file=sys.stderr, flush=True
        )


def summary(outcomes: list[Outcome], *, seed: int, seconds: float) -> str:
    """One line a kind of run: how often it was killed, by which moments, and how often all promises held."""
    lines = [f"seed {seed}: {sum(each.kills for each in outcomes)} kills in {len(outcomes)} runs, {seconds:.0f} s", ""]
    lines.append(f"{'kind of run':<40} {'kills':>5} {'survived':>8}  at")
    for kind in dict.fromkeys(each.kind for each in outcomes):
        mine = [each for each in outcomes if each.kind == kind]
        kills = sum(each.kills for each in mine)
        survived = sum(each.kills for each in mine if not each.broken)
        at = Counter(moment.kind for each in mine for moment in each.moments[: each.kills])
        told = ", ".join(f"{count} {name}" for name, count in sorted(at.items()))
        lines.append(f"{kind:<40} {kills:>5} {survived:>8}  {told}")
    begun_again = sum(not each.resumed for each in outcomes if each.kills)
    left = sum(bool(each.leftovers) for each in outcomes)
    lines += ["", f"begun again, killed before the journal knew of them: {begun_again}; "
                  f"runs that left unfinished files beside their targets: {left}"]  # fmt: skip
    broken = [each for each in outcomes if each.broken]
    if broken:
        lines.append(f"BROKEN: {len(broken)} runs; repeat one with --seed {seed} --kills 1 --first "
                     f"{', '.join(str(each.number) for each in broken)}")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
