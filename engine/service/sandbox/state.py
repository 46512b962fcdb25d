"""Whether the processes of runs are locked in here, and what is said of it when a service starts."""

from __future__ import annotations

from connectors.configuration import FILE
from connectors.home import home
from connectors.problem import ConnectorProblem
from engine.service.sandbox.landlock import LEAST, version
from engine.service.settings import ServiceSettings

_NONE = "this machine has no Landlock (Linux 5.19 or later, and not switched off)"


def is_enclosed(settings: ServiceSettings) -> bool:
    """Whether its processes of runs are locked in."""
    return settings.sandbox != "off" and version() >= LEAST


def is_home_open(settings: ServiceSettings) -> bool:
    """Whether the home is open to the processes of runs all the same: it lies in the folder in which they write."""
    return home().resolve().is_relative_to(settings.folder.resolve())


def check_sandbox(settings: ServiceSettings) -> str:
    """What to say of the sandbox at the start of a service.

    Raises:
        ConnectorProblem: IR687 where it is required and cannot be had.
    """
    is_required = settings.sandbox == "required"
    if settings.sandbox == "off":
        return "runs are not locked in: sandbox is off"
    if not is_enclosed(settings):
        if is_required:
            raise ConnectorProblem("IR687", f"{home() / FILE} requires a sandbox in [service], and {_NONE}",
                                   hint='update the kernel, or write sandbox = "auto"')  # fmt: skip
        return f"runs are not locked in by the kernel: {_NONE}; the policy is checked by the program alone"
    if is_home_open(settings):
        where = f"the home {home()} lies in the folder of the workflows"
        if is_required:
            raise ConnectorProblem("IR687", f"a sandbox is required in [service], and {where}, which runs may read",
                                   hint="set WEIRFLOW_HOME to a folder beside it")  # fmt: skip
        return f"runs are locked in by the kernel, but {where}: set WEIRFLOW_HOME to a folder beside it"
    return f"runs are locked in by the kernel (Landlock {version()})"
