"""How long what is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.service.settings import ServiceSettings
from ir.records import dataclass

AWAY = timedelta(days=7)
"""So much longer a run stays that another machine carried out: that one can remove its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The instants before which things are removed, as the journal writes them; None where they stay for good."""

    runs: str | None
    """Of runs that ended well."""
    failed: str | None
    """Of runs that somebody may still have to do something about."""
    events: str | None
    """Of events that runs have taken: until then they are known when they come again."""
    now: str

    @classmethod
    def of(cls, settings: ServiceSettings, now: datetime) -> Terms:
        days = settings.keep_days
        failed = None if days is None or settings.keep_failed_days is None else max(days, settings.keep_failed_days)
        return cls(runs=_before(now, days), failed=_before(now, failed), events=_before(now, settings.keep_event_days),
                   now=_text(now))  # fmt: skip

    def of_others(self, moment: str) -> str:
        """The same for runs of other machines."""
        return _text(datetime.fromisoformat(moment) - AWAY)


def _before(now: datetime, days: int | None) -> str | None:
    return None if days is None else _text(now - timedelta(days=days))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
