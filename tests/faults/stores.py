"""Runs that deliver a file in several parts to an object store, and a small one after it."""

from __future__ import annotations

import hashlib
import json
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.faults.kinds import SOURCE, Case, Fact, numbers, write
from tests.faults.wires import KillingWire
from tests.servers.s3 import Bucket

_ROWS = 9000


@cache
def _large() -> str:
    """More than one part takes, which is 8 MiB."""
    return numbers(_ROWS, note_bytes=1000)


@dataclass(slots=True, kw_only=True)
class Stores:
    """Two objects in a bucket behind a wire."""

    name: str
    bucket: Bucket
    wire: KillingWire
    right: dict[str, str] = field(default_factory=dict)

    def prepare(self, case: Case) -> None:
        (case.folder / "sales.csv").write_text(_large())
        case.env["SHOP"] = json.dumps({
            "access_key_id": self.bucket.access_key, "secret_access_key": self.bucket.secret_key,
            "endpoint_url": f"http://127.0.0.1:{self.wire.port}", "region": self.bucket.region,
        })  # fmt: skip
        place = {"plugin_key": "s3", "credentials_ref": "env:SHOP", "path": f"{self.bucket.name}/{case.place}"}
        few = {"type": "limit", "input_source": "sales", "config": {"count": 10}, "output_variable": "few"}
        order = {"type": "sort", "input_source": "sales", "config": {"by": ["id"]}, "output_variable": "sales_sorted"}
        write(case, {"data_sources": [SOURCE], "transforms": [order, {**few, "input_source": "sales_sorted"}],
                     "delivery_rules": {"file_delivery": [
                         {"id": "large", "input_source": "sales", "format": "csv", "filename_template": "large.csv",
                          "destination": place},
                         {"id": "small", "input_source": "few", "format": "json", "filename_template": "small.json",
                          "destination": place, "depends_on": ["large"]}]}})  # fmt: skip

    def learn(self, case: Case) -> None:
        for name in ("large.csv", "small.json"):
            self.right[name] = hashlib.sha256(self.bucket.get(f"{case.place}/{name}")).hexdigest()

    def facts(self, case: Case) -> Mapping[str, Fact]:
        return {name.partition(".")[0]: self._fact(f"{case.place}/{name}", right) for name, right in self.right.items()}

    def _fact(self, key: str, right: str) -> Fact:
        try:
            content, changed = self.bucket.get(key), self.bucket.changed(key)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return Fact(is_there=False, is_right=False, identity="", said="there is no object")
        is_right = hashlib.sha256(content).hexdigest() == right
        return Fact(is_there=True, is_right=is_right, identity=changed, said=f"{len(content)} bytes")

    def may_be_partial(self, delivery: str) -> bool:
        return False

    def leftovers(self, case: Case) -> list[str]:
        return [each for each in self.bucket.uploads() if each.startswith(f"{case.place}/")]

    def tidy(self, case: Case) -> None:
        for key in [each for each in self.bucket.keys() if each.startswith(f"{case.place}/")]:  # noqa: SIM118
            self.bucket.remove(key)
