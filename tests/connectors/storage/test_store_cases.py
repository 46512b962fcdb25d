"""The examples of diagnostics that only a store can give."""

from __future__ import annotations

import pytest

from docs.generator.findings import FailingCase, failing_cases
from tests.servers.s3 import Bucket


def cases(server: str) -> list[FailingCase]:
    return [each for each in failing_cases() if each.server == server]


@pytest.mark.parametrize("case", cases("s3"), ids=lambda case: f"{case.code}/{case.golden.stem}")
def test_the_example_of_s3_says_its_golden_text(case: FailingCase, shop: Bucket) -> None:
    assert case.said() == case.golden.read_text(encoding="utf-8")
