"""Shipped manifests against those that the history of this project tells: as much of it as there is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.plugins.checking.compatibility import breaking_changes
from connectors.plugins.manifest import Manifest
from connectors.plugins.reading import read_plugin
from connectors.plugins.versions import parse_version

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "connectors" / "plugins" / "manifests").glob("*.yaml"))


def _git(*arguments: str) -> str:
    asked = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return asked.stdout if asked.returncode == 0 else ""


def _earlier(path: Path, folder: Path, now: str) -> Iterator[Manifest]:
    """Each version before this one with its major number, as it was last."""
    seen = {now}
    for commit in _git("log", "--format=%H", "--", str(path.relative_to(ROOT))).split():
        text = _git("show", f"{commit}:{path.relative_to(ROOT).as_posix()}")
        version = next((line.split()[1] for line in text.splitlines() if line.startswith("version:")), now)
        if version not in seen and parse_version(version)[0] == parse_version(now)[0]:
            seen.add(version)
            file = folder / f"{path.stem}@{version}.yaml"
            file.write_text(text)
            yield read_plugin(file).manifest


@pytest.mark.skipif(not _git("rev-parse", "HEAD"), reason="there is no history here")
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_works_with_an_earlier_version_works_with_every_later_one_of_its_major_number(
    path: Path, tmp_path: Path
) -> None:
    manifest = read_plugin(path).manifest
    for old in _earlier(path, tmp_path, manifest.version):
        found = [f"{'/'.join(map(str, at))}: {what}" for at, what in breaking_changes(old, manifest)]
        assert found == [], f"{old.version} to {manifest.version}"
