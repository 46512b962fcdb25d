"""The settings of a service as config.toml and the environment say them, and the command line over both."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, get_args

from connectors.configuration import FILE, section, variable
from connectors.home import home
from connectors.problem import ConnectorProblem
from engine.memory_sizes import bytes_of
from engine.service.settings import Sandbox, ServiceSettings

SECTION = "service"


def configured(folder: Path, given: Mapping[str, Any]) -> ServiceSettings:
    """The settings of a service over the folder; what is `given` and not None comes first.

    Raises:
        ConnectorProblem: IR687 for a key that there is not, or a value that is none of its kind; it is not quoted.
    """
    found = section(SECTION)
    values: dict[str, Any] = {}
    for key, value in found.items():
        name, read = _READERS[key]
        try:
            values[name] = read(value)
        except (TypeError, ValueError):
            raise ConnectorProblem(
                "IR687", f"{home() / FILE} has a {key} in [{SECTION}] that is no {_WANTED[read]}",
                hint=f"write {key} = {_EXAMPLES[read]}, or {variable(SECTION, key)} in the environment",
            ) from None  # fmt: skip
    values.update({name: value for name, value in given.items() if value is not None})
    return ServiceSettings(folder=folder, **values)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value.strip()


def _count(value: Any) -> int:
    if isinstance(value, bool | float) or int(value) < 0:
        raise TypeError
    return int(value)


def _counts(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise TypeError
    return {str(name): _count(each) for name, each in value.items()}


def _days(value: Any) -> int | None:
    """None is for good."""
    return None if value == _FOR_GOOD else _count(value) or None


def _event_days(value: Any) -> int | None:
    """Not fewer than are promised to whoever sends events."""
    found = _days(value)
    if found is not None and found < _LEAST_EVENT_DAYS:
        raise ValueError
    return found


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not 0 < float(value) < float("inf"):
        raise ValueError
    return float(value)


def _memory(value: Any) -> int:
    found = _count(value) if isinstance(value, int) else bytes_of(_text(value))
    if found < _LEAST_MEMORY:
        raise ValueError
    return found


def _size(value: Any) -> int:
    return _count(value) if isinstance(value, int) else bytes_of(_text(value))


def _names(value: Any) -> frozenset[str]:
    """A list of texts; of the environment one text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise TypeError
    return frozenset(_text(each) for each in parts if each != "")


def _networks(value: Any) -> frozenset[str]:
    return frozenset(str(ip_network(each)) for each in _names(value))


def _hosts(value: Any) -> frozenset[str]:
    return frozenset(each.lower().rstrip(".") for each in _names(value))


def _sandbox(value: Any) -> str:
    if value not in get_args(Sandbox):
        raise ValueError
    return str(value)


def _paths(value: Any) -> tuple[str, ...]:
    """Whole paths: what they would start at is no matter of where the service was started."""
    found = tuple(os.path.expanduser(each) for each in sorted(_names(value)))
    if not all(os.path.isabs(each) for each in found):
        raise ValueError
    return found


def _switch(value: Any) -> bool:
    known = {"true": True, "false": False, "1": True, "0": False}
    return value if isinstance(value, bool) else known[str(value).lower()] if str(value).lower() in known else _no()


def _no() -> bool:
    raise ValueError


_FOR_GOOD, _LEAST_EVENT_DAYS = "forever", 30
_LEAST_MEMORY = 256 * 1024**2
"""With less even a run of ten rows is killed: Python, Polars and DuckDB hold half of it before they read anything."""
_READERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "host": ("host", _text), "port": ("port", _count), "slots": ("slots", _count),
    "max_memory": ("max_memory_bytes", _memory), "max_seconds": ("max_seconds", _seconds), "hosts": ("hosts", _hosts),
    "private_hosts": ("private_hosts", _hosts), "secrets": ("secrets", _names), "programs": ("programs", _switch),
    "drain_s": ("drain_s", _seconds), "lease_s": ("lease_s", _seconds), "max_runs": ("max_runs", _counts),
    "starts_per_minute": ("starts_per_minute", _count), "webhook_bytes": ("webhook_bytes", _count),
    "webhook_waiting": ("webhook_waiting", _count), "webhook_rate": ("webhook_rate", _count),
    "keep_days": ("keep_days", _days), "keep_failed_days": ("keep_failed_days", _days),
    "keep_event_days": ("keep_event_days", _event_days), "upload_bytes": ("upload_bytes", _size),
    "uploads_bytes": ("uploads_bytes", _size), "webhook_address_rate": ("webhook_address_rate", _count),
    "forwarded": ("forwarded", _networks),
    "sandbox": ("sandbox", _sandbox), "read_paths": ("read_paths", _paths), "write_paths": ("write_paths", _paths),
    "own_processes": ("own_processes", _switch),
}  # fmt: skip
"""The field and the reader of each key."""
_WANTED: Mapping[Callable[[Any], Any], str] = {
    _text: "text", _count: "whole number", _seconds: "number of seconds", _memory: "amount of memory from 256MiB on",
    _names: "list of texts", _hosts: "list of texts", _switch: "true or false",
    _counts: "table of whole numbers", _days: "number of days, 0 or \"forever\"",
    _networks: "list of addresses and networks", _size: "amount such as 100MB",
    _event_days: "number of days from 30 on, 0 or \"forever\"",
    _sandbox: 'one of "auto", "required" and "off"', _paths: "list of whole paths",
}  # fmt: skip
_EXAMPLES: Mapping[Callable[[Any], Any], str] = {
    _text: '"127.0.0.1"', _count: "4", _seconds: "3600", _memory: '"2GB"', _names: '["shop_db"]',
    _hosts: '["db.internal"]', _switch: "true", _counts: "{orders = 1}", _days: "30",
    _event_days: "30", _networks: '["10.0.0.5", "10.1.0.0/24"]', _size: '"100MB"',
    _sandbox: '"required"', _paths: '["/opt/driver"]',
}  # fmt: skip
