"""What docs/plugin-requests.md says of filters and limits is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from connectors.plugins.filters import all_filters
from connectors.plugins.manifest import Limit

PAGE = (Path(__file__).parents[2] / "docs" / "plugin-requests.md").read_text(encoding="utf-8")


def test_every_filter_has_its_place_and_no_other_is_named() -> None:
    table = PAGE.partition("| filter |")[2].partition("\n\n")[0]
    assert set(re.findall(r"\$[a-z0-9_]+", table)) == set(all_filters())


def test_the_limits_that_it_shows_are_ones() -> None:
    (shown,) = re.findall(r"```yaml\n(limits:.*?)```", PAGE, flags=re.DOTALL)
    assert len([Limit.model_validate(each) for each in yaml.safe_load(shown)["limits"]]) == 3
