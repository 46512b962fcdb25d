"""Every filter stands on docs/plugin-templates.md with an example, which gives what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from connectors.plugins import filters, finding, reckoning
from connectors.plugins.templating import MISSING, Roots, compiled

PAGE = (Path(__file__).parents[2] / "docs" / "plugin-templates.md").read_text(encoding="utf-8")
PARAMS = yaml.safe_load(re.findall(r"^`params` (\{.*\})\.$", PAGE, flags=re.MULTILINE)[0])
[BLOCK] = re.findall(r"^```filters\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
EXAMPLES = [tuple(line.rsplit(" => ", 1)) for line in BLOCK.splitlines()]


@pytest.mark.parametrize(("template", "expected"), EXAMPLES)
def test_a_filter_gives_what_stands_beside_it(template: str, expected: str) -> None:
    found = compiled(yaml.safe_load(template))(Roots(values={"params": PARAMS}))
    assert (found is MISSING) if expected == "missing" else found == json.loads(expected)


def test_every_filter_is_on_the_page() -> None:
    known = {**filters.FILTERS, **finding.FILTERS, **reckoning.FILTERS}
    assert [name for name in known if f"{{{name}:" not in PAGE] == []
