"""What a Python reads that is started like the processes of runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_ASKED = """\
import json, sys
print(json.dumps([sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]))
"""
_WITHIN_S = 60
_PACKAGES = ("weirflow.py", "ir", "transforms", "connectors", "engine")


def read_by_python(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Where its own files lie and what modules are imported from; weirflow's packages lie elsewhere where it is
    installed editable.

    Raises:
        OSError: no such Python starts.
    """
    root = Path(__file__).parents[3]
    return (*_asked(tuple(sorted(environment.items()))), *(str(root / each) for each in _PACKAGES))


@lru_cache(maxsize=4)
def _asked(environment: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    # a process of its own: what this one imports from is also where it was started, or what a test put there
    command = [sys.executable, "-P", "-c", _ASKED]
    try:
        done = subprocess.run(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, timeout=_WITHIN_S, check=True)  # fmt: skip
        found = [str(each) for each in json.loads(done.stdout.splitlines()[-1])]
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        raise OSError(f"Python does not start: {error}") from error
    return tuple(dict.fromkeys(each for each in found if os.path.isabs(each)))
