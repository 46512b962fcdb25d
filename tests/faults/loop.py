"""Killing a run at a seeded moment, going on with it, and looking at what stands."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.children import LIVE, Children, Ended
from tests.faults.invariants import after_a_kill, after_another_resuming, after_resuming
from tests.faults.journal_facts import delivered, is_uncertain, last_run
from tests.faults.kinds import NOW, Case, Kind
from tests.faults.moments import COUNTED, Moment, MomentKind

NEVER = 10**9
RUN = ("run", "case.yaml", "--out", "out", "--now", NOW, "--format", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One injected kill (or more, where going on was killed too), and which promises it broke."""

    kind: str
    number: int
    moments: Sequence[Moment]
    kills: int
    broken: Sequence[str]
    resumed: bool
    """Whether there was a run to go on with: one that is killed before it is in the journal is begun again."""
    leftovers: Sequence[str] = ()
    folder: Path | None = None


@dataclass(slots=True, kw_only=True)
class Loop:
    """Kills runs in folders below `folder`. All that is drawn comes from `seed` and the number of the kill."""

    seed: int
    folder: Path
    children: Children
    engines: Sequence[str] = ("polars", "duckdb")
    _rehearsed: dict[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)

    def rehearse(self, kind: Kind, engine: str) -> Mapping[str, float]:
        """How often an undisturbed run does what is counted; it also tells what a run should make."""
        if (kind.name, engine) not in self._rehearsed:
            counts: dict[str, float] = {}
            for moment in (LIVE, Moment("call", n=NEVER), Moment("event", n=NEVER)):  # the last one for its seconds
                case = self._case(kind, f"rehearsal-{len(self._rehearsed)}-{moment.kind}")
                ended = self._run(kind, case, (*RUN, "--engine", engine), "run", moment=moment)
                if ended.code != 0:
                    raise AssertionError(f"{kind.name} does not run undisturbed: {ended.err}")
                if not counts:
                    kind.learn(case)
                wrong = [f"{name}: {fact.said}" for name, fact in kind.facts(case).items() if not fact.is_right]
                assert not wrong, f"{kind.name} does not make the same each time: {wrong}"
                counts |= {**ended.counts, "seconds": ended.seconds}
                kind.tidy(case)
            if kind.wire is not None:
                counts["wire"] = kind.wire.sent
            self._rehearsed[kind.name, engine] = counts
        return self._rehearsed[kind.name, engine]

    def kill(self, kind: Kind, number: int) -> Outcome:
        """One run that is killed, perhaps killed again as it is gone on with, and gone on with to its end."""
        rng = random.Random(f"{self.seed}:{number}")
        engine = rng.choice(self.engines)
        counts = self.rehearse(kind, engine)
        case = self._case(kind, f"kill-{number}")
        moments = [self._moment(rng, counts)]
        ended = self._run(kind, case, (*RUN, "--engine", engine), "run", moment=moments[0])
        kills, broken = int(ended.was_killed), []
        if not ended.was_killed and ended.code != 0:
            broken.append(f"it ended with {ended.code} before it was killed: {ended.err}")
        facts, known = kind.facts(case), delivered(case.folder / "home")
        broken += after_a_kill(kind, facts, known)
        found = last_run(case.folder / "home")
        going_on = ("resume", found[0], "--format", "json") if found else (*RUN, "--engine", engine)
        if kills and found and rng.random() < 0.25:
            moments.append(self._moment(rng, counts))
            ended = self._run(kind, case, going_on, "resume-killed", moment=moments[-1])
            kills += ended.was_killed
            facts, known = kind.facts(case), delivered(case.folder / "home")
            broken += after_a_kill(kind, facts, known)
        if kills:
            last = self._run(kind, case, going_on, "resume")
            after = kind.facts(case)
            broken += after_resuming(facts, after, known)
            # a run with a message of which nobody knows whether it went out is not called succeeded
            if last.code != 0 and not (last.code in {1, 3} and is_uncertain(case.folder / "home")):
                broken.append(f"going on ended with {last.code}: {_told(last)}")
            run = last_run(case.folder / "home")
            if run is not None:
                self._run(kind, case, ("resume", run[0], "--format", "json"), "again")
                broken += after_another_resuming(after, kind.facts(case))
        outcome = Outcome(kind=kind.name, number=number, moments=moments, kills=kills, broken=broken,
                          resumed=found is not None, leftovers=kind.leftovers(case))  # fmt: skip
        kind.tidy(case)
        if broken:
            return replace(outcome, folder=case.folder)
        shutil.rmtree(case.folder)
        return outcome

    def _moment(self, rng: random.Random, counts: Mapping[str, float]) -> Moment:
        """Any of the kinds that this run has something of, and any of its moments."""
        kinds: list[MomentKind] = [each for each in COUNTED if counts.get(each)]
        kinds.append("delay")
        if counts.get("wire"):
            kinds += ["wire", "wire"]
        chosen = rng.choice(kinds)
        if chosen == "delay":
            return Moment("delay", seconds=rng.uniform(0.0, counts["seconds"]))
        return Moment(chosen, n=rng.randint(1, int(counts[chosen])), after=rng.random() < 0.5)

    def _case(self, kind: Kind, name: str) -> Case:
        folder = self.folder / name
        folder.mkdir(parents=True)
        case = Case(folder=folder, place=f"t_{name.replace('-', '_')}")
        case.env |= {"WEIRFLOW_HOME": str(folder / "home"), "WEIRFLOW_LOG_FORMAT": "json"}
        kind.prepare(case)
        return case

    def _run(self, kind: Kind, case: Case, arguments: Sequence[str], name: str, *, moment: Moment = LIVE) -> Ended:
        wire = kind.wire

        def arm(pid: int) -> None:
            if wire is not None:
                wire.arm(pid if moment.kind == "wire" else None, moment.n, after=moment.after)

        return self.children.run(arguments, name=name, folder=case.folder, env=case.env, moment=moment, begun=arm)


def _told(ended: Ended) -> str:
    wrong = [line for line in ended.err.splitlines() if '"level": "error"' in line]
    return "\n".join(wrong or [ended.err.strip() or ended.out.strip()])[:1500]
