"""Installs the servers that the tests need, and the browser, where something is missing and we may.

    python -m tests.servers.install

`make test` calls it. It needs apt-get, and root or a sudo that asks for no password; without them it changes nothing
and says which tests are left out. No service is started: each session of tests starts servers of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.servers.azure import Azurite
from tests.servers.kinds import TOOLS
from tests.servers.running import how_to_get

INSTALL = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "install", "--no-install-recommends"]
# RUNLEVEL=1: what a package's script would start does not start.
QUIETLY = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]


def main() -> int:
    """0 when every server is there, or may be left out."""
    # what needs no package came with the lock
    missing = [each for each in TOOLS if each.packages and not each.is_installed()]
    packages = list(dict.fromkeys(package for each in missing for package in each.packages))
    if packages and (right := _right()) is not None:
        print(f"installing {', '.join(packages)} for the tests", file=sys.stderr)
        if not _runs([*right, *QUIETLY, *INSTALL, *packages]):
            _runs([*right, "apt-get", "-q", "update"])  # the lists may be older than the packages, or not there at all
            _runs([*right, *QUIETLY, *INSTALL, *packages])
        missing = [each for each in missing if not each.is_installed()]
    azurite = Azurite()
    missing = [each for each in missing if not isinstance(each, Azurite)]
    if not azurite.is_installed():
        print("fetching Azurite for the tests", file=sys.stderr)
        if not azurite.fetch():
            missing.append(azurite)
    for each in missing:
        print(f"{each.title} is not installed, and may not be from here: the tests that need it are left out "
              f"({how_to_get(each)})", file=sys.stderr)  # fmt: skip
    is_required = os.environ.get("CI") or os.environ.get("WEIRFLOW_REQUIRE_SERVERS")
    return 1 if missing and is_required else 0


def _right() -> list[str] | None:
    """What stands before a command that needs root; None without the right."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and _runs(["sudo", "-n", "true"]) else None


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
