"""Whether a run is to be traced: what the environment says, and the package that it takes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from engine.events import Event, Progress
from engine.hooks import Hooks

OURS = "WEIRFLOW_TELEMETRY"
_STANDARD = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def telemetry(progress: Progress, env: Mapping[str, str] = os.environ) -> Sequence[Hooks]:
    """The hook that makes spans, where they are wanted; nothing of OpenTelemetry is imported where they are not."""
    if not is_wanted(env):
        return ()
    if find_spec("opentelemetry") is None:
        if env.get(OURS):
            text = f"{OURS} is set, and OpenTelemetry is not installed: pip install 'weirflow[telemetry]'"
            progress(Event(kind="warning", text=text))
        return ()
    from engine.telemetry.spans import Spans

    return (Spans.of(env),)


def is_wanted(env: Mapping[str, str]) -> bool:
    """WEIRFLOW_TELEMETRY decides; without it the standard variables that say where spans go."""
    ours = env.get(OURS, "").strip().lower()
    if ours:
        return ours not in {"0", "false", "no", "off"}
    if env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(env.get(name, "").strip().lower() not in {"", "none"} for name in _STANDARD)
