"""The examples of diagnostics that only a store can give."""

from __future__ import annotations

import pytest

from docs.generator.findings import FailingCase, failing_cases
from tests.servers.drive import Drive
from tests.servers.dropbox import Dropbox
from tests.servers.s3 import Bucket
from tests.servers.s3_faults import Faults

SERVERS = ("s3", "s3-faults", "drive", "dropbox")
CASES = [each for each in failing_cases() if each.server in SERVERS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}/{case.golden.stem}")
def test_the_example_of_a_store_says_its_golden_text(case: FailingCase, request: pytest.FixtureRequest) -> None:
    store = request.getfixturevalue({"s3": "shop", "s3-faults": "faults"}.get(case.server or "", case.server or ""))
    prepare(case, store)
    assert case.said() == case.golden.read_text(encoding="utf-8")


def prepare(case: FailingCase, store: Bucket | Drive | Dropbox | Faults) -> None:
    """What stands or happens in the store."""
    match case.code, store:
        case "IR586", Dropbox():
            store.tokens.clear()
        case "IR588", Drive():
            store.add("orders.csv", b"id\n1\n")
            store.add("orders.csv", b"id\n2\n")
        case "IR623", Drive():
            put = store._put
            store._put = lambda id_, facts, content: put(id_, facts, content[:-1])  # type: ignore[method-assign]
        case "IR624", Faults():
            store.fail("PUT", "sold.csv", status=501, body=store.error("NotImplemented"))
