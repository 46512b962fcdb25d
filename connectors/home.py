"""The home: the folder of what outlives a run."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Where WEIRFLOW_HOME says, else .weirflow of the current folder."""
    return Path(os.environ.get("WEIRFLOW_HOME") or ".weirflow").absolute()
