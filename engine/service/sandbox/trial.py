"""Whether a process of runs can be locked in here: one is, as a service starts."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
from collections.abc import Mapping

from engine.service.runners.environment import of_processes
from engine.service.runners.scratch import Scratch
from engine.service.sandbox.enclosure import OwnPlaces, enclosure_of
from engine.service.sandbox.entering import NOT_LOCKED, entrance, written
from engine.service.settings import ServiceSettings

_LOG = logging.getLogger("weirflow.service")

_WITHIN_S = 60.0
_IS_OPEN = 77
_LOCKED = f"""\
import errno, os, sys
try:
    os.symlink("nowhere", os.path.join(os.environ["TMPDIR"], "link"))
except OSError as error:
    sys.exit(0 if error.errno == errno.EACCES else {_IS_OPEN})
sys.exit({_IS_OPEN})
"""
"""Links are made by no process that is locked in, wherever it may write."""


def why_not_locked(settings: ServiceSettings, environment: Mapping[str, str] = os.environ) -> str | None:
    """Why a process cannot be locked in; None where one was, or where a busy machine left no time for the trial: the
    lock is kept then, and a run that cannot lock itself in fails by itself.

    Raises:
        ConnectorProblem: config.toml cannot be read.
    """
    found = of_processes(environment, secrets=settings.secrets)
    try:
        scratch = Scratch.made()
        try:
            return _tried(settings, {**found, "TMPDIR": str(scratch.path)}, scratch)
        finally:
            scratch.remove()
    except OSError as error:
        return str(error.strerror or error)


def _tried(settings: ServiceSettings, environment: Mapping[str, str], scratch: Scratch) -> str | None:
    enclosure = enclosure_of(settings, OwnPlaces.now(), environment=environment, scratch=scratch.path)
    command = entrance("-P", "-c", _LOCKED)
    try:
        done = subprocess.run(command, env=dict(environment), input=written(enclosure.as_json()), timeout=_WITHIN_S,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              start_new_session=True, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        _LOG.warning("whether runs can be locked in was not to be told within %g s; they are", _WITHIN_S)
        return None
    if done.returncode == -signal.SIGKILL:
        _LOG.warning("whether runs can be locked in was not to be told, as the trial was killed; they are")
        return None
    if done.returncode == 0:
        return None
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if done.returncode == NOT_LOCKED and last:
        return last
    if done.returncode == _IS_OPEN:
        return "a process that had locked itself in could make a link all the same"
    return f"a process that was locked in has ended with {done.returncode}" + (f": {last}" if last else "")
