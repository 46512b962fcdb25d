"""Whether the processes of runs are locked in here, and what is said of it when a service starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connectors.configuration import FILE
from connectors.home import home
from connectors.problem import ConnectorProblem
from engine.service.sandbox.landlock import LEAST, NETWORK, is_forbidden, version
from engine.service.sandbox.network import ports_of
from engine.service.sandbox.trial import why_not_locked
from engine.service.settings import ServiceSettings

_NONE = "this machine has no Landlock (Linux 5.19 or later, and not switched off)"
_FORBIDDEN = "a filter of system calls forbids Landlock (SystemCallFilter= of a unit, or the container)"


def is_enclosed(settings: ServiceSettings) -> bool:
    """Whether its processes of runs are locked in."""
    return settings.sandbox != "off" and version() >= LEAST


def opened_by(settings: ServiceSettings) -> Path | None:
    """The folder by which the home is open to the processes of runs all the same, as they write there and it lies in
    it."""
    place, written = home().resolve(), (settings.folder, *map(Path, settings.write_paths))
    return next((each for each in written if place.is_relative_to(each.resolve())), None)


def with_sandbox(settings: ServiceSettings) -> tuple[ServiceSettings, str]:
    """The settings by which a service starts, after a process was locked in for a trial, and what to say of it.

    Raises:
        ConnectorProblem: IR687 where a sandbox is required and cannot be had.
    """
    is_required = settings.sandbox == "required"
    if settings.sandbox == "off":
        return settings, "runs are not locked in: sandbox is off"
    if not is_enclosed(settings):
        none, remedy = (_FORBIDDEN, "allow the calls landlock_…") if is_forbidden() else (_NONE, "update the kernel")
        if is_required:
            raise ConnectorProblem("IR687", f"{home() / FILE} requires a sandbox in [service], and {none}",
                                   hint=f'{remedy}, or write sandbox = "auto"')  # fmt: skip
        return settings, f"runs are not locked in by the kernel: {none}; {_ALONE}"
    if (why := why_not_locked(settings)) is not None:
        if is_required:
            raise ConnectorProblem("IR687", f"{home() / FILE} requires a sandbox in [service], and {why}",
                                   hint=f'{_TO_DO}, or write sandbox = "auto"')  # fmt: skip
        return replace(settings, sandbox="off"), f"runs are not locked in by the kernel: {why}; {_ALONE}; {_TO_DO}"
    if (folder := opened_by(settings)) is not None:
        where = f"the home {home()} lies in {folder}, where runs read and write"
        if is_required:
            raise ConnectorProblem("IR687", f"a sandbox is required in [service], and {where}",
                                   hint=f"move it to a place beside {folder}, and set WEIRFLOW_HOME")  # fmt: skip
        return settings, (f"runs are locked in by the kernel, but its secrets are not closed to them: {where}; "
                          f"move it to a place beside that, and set WEIRFLOW_HOME")  # fmt: skip
    return settings, f"runs are locked in by the kernel (Landlock {version()}{_of_network(settings)})"


def _of_network(settings: ServiceSettings) -> str:
    ports = ports_of(settings)
    if ports is None:
        return ""
    if version() < NETWORK:
        return ", which does not close the network: that takes Linux 6.7"
    if not ports:
        return ", no network"
    return f", no network but the journal's port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}"


_ALONE = "the policy is checked by the program alone"
_TO_DO = "what Python reads as it starts goes into read_paths"
