"""LibreOffice without a window, for tests that ask a spreadsheet program what it makes of a file."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import openpyxl
import pytest

_CALCULATED = re.compile(rb"(<f\b[^>]*(?:/>|>[^<]*</f>))<v>[^<]*</v>")
_INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "libreoffice-calc")


@cache
def soffice() -> str | None:
    """The program, installed if this is a machine of its own on which that may be done; None where it is not."""
    if (found := shutil.which("soffice")) is not None:
        return found
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        return None
    with (Path(tempfile.gettempdir()) / "weirflow-tests-office.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests' other processes wait here and find it installed
        if shutil.which("soffice") is None:
            for command in (("apt-get", "update", "-qq"), _INSTALL):
                subprocess.run(command, capture_output=True, timeout=900, check=False)
    return shutil.which("soffice")


def converted(path: Path, ending: str, folder: Path) -> Path:
    """The file as LibreOffice saves it again."""
    program = soffice()
    if program is None:
        pytest.skip(
            "LibreOffice is not installed (apt-get install libreoffice-calc): its reading of XLSX is not tested"
        )
    folder.mkdir(parents=True, exist_ok=True)
    profile = f"-env:UserInstallation={(folder / 'profile').absolute().as_uri()}"
    done = subprocess.run(
        [program, profile, "--headless", "--convert-to", ending, "--outdir", str(folder), str(path)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    made = folder / f"{path.stem}.{ending}"
    assert made.exists(), f"LibreOffice does not open {path.name}: {done.stdout} {done.stderr}"
    return made


def calculated(path: Path, folder: Path) -> openpyxl.Workbook:
    """The workbook with the values that LibreOffice gives its formulas, those they had before being taken away."""
    folder.mkdir(parents=True, exist_ok=True)
    bare = folder / f"{path.stem}-bare.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(bare, "w", zipfile.ZIP_DEFLATED) as stripped:
        for name in whole.namelist():
            content = whole.read(name)
            stripped.writestr(name, _CALCULATED.sub(rb"\1", content) if "worksheets/sheet" in name else content)
    return openpyxl.load_workbook(converted(bare, "xlsx", folder / "made"), data_only=True)
