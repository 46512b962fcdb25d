"""What is installed is the whole program."""

from __future__ import annotations

from pathlib import Path

import pytest
from setuptools import Distribution

ROOT = Path(__file__).parents[2]
INSTALLED = ("ir", "transforms", "connectors", "engine")


def test_a_wheel_holds_every_file_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Manifests, templates, styles and sample data as well, which an installation lacks where nobody names them."""
    monkeypatch.chdir(ROOT)
    distribution = Distribution({"script_name": "setup.py"})
    distribution.parse_config_files()
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    files = {each for top in INSTALLED for each in Path(top).rglob("*") if each.is_file()}
    kept = {each for each in files if "__pycache__" not in each.parts}
    modules = {Path(path) for _, _, path in build.find_all_modules()}
    others = {Path(folder, name) for _, folder, _, names in build.data_files for name in names}
    assert modules | others == kept | {Path("weirflow.py")}
