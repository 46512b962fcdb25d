"""Runs that mail each row to somebody, and a summary with a file attached to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.faults.files import file_fact
from tests.faults.journal_facts import asked
from tests.faults.kinds import SETTINGS, SOURCE, Case, Fact, numbers, write
from tests.faults.wires import KillingWire
from tests.servers.smtp import MailServer

_MAILS = 20


@dataclass(slots=True, kw_only=True)
class Mails:
    """Mails through a server behind a wire, all of whose mails are told apart by their subjects."""

    name: str
    server: MailServer
    wire: KillingWire
    right: dict[str, str] = field(default_factory=dict)

    def prepare(self, case: Case) -> None:
        case.env["WEIRFLOW_EMAIL"] = f"smtp://127.0.0.1:{self.wire.port}?from=reports@example.com"
        write(case, {"settings": SETTINGS, "data_sources": [SOURCE], "delivery_rules": {
            "file_delivery": [{"id": "list", "format": "csv", "filename_template": "list.csv"}],
            "per_item_delivery": {"id": "letters", "recipient_source": "region", "subject": f"{case.place} {{{{id}}}}",
                                  "body_template": "{{amount}}"},
            "summary_delivery": {"id": "summary", "recipient": "team@example.com", "attachments": ["list"],
                                 "subject": f"{case.place} all"}}})  # fmt: skip
        # the region is an address here
        (case.folder / "sales.csv").write_text(
            numbers(_MAILS).replace(",north,", ",n@example.com,").replace(",south,", ",s@example.com,")
            .replace(",west,", ",w@example.com,")
        )  # fmt: skip

    def learn(self, case: Case) -> None:
        from hashlib import sha256

        self.right = {"list.csv": sha256((case.out / "list.csv").read_bytes()).hexdigest()}

    def facts(self, case: Case) -> Mapping[str, Fact]:
        came = Counter(each.subject for each in self.server.mails if each.subject.startswith(f"{case.place} "))
        letters = {number: came[f"{case.place} {number}"] for number in range(1, _MAILS + 1)}
        return {
            "list": file_fact(case.out, self.right),
            "letters": _fact(letters, uncertain(case, "letters")),
            "summary": _fact({1: came[f"{case.place} all"]}, uncertain(case, "summary")),
        }

    def may_be_partial(self, delivery: str) -> bool:
        return delivery != "list"

    def leftovers(self, case: Case) -> list[str]:
        return [each.name for each in case.out.glob(".*")] if case.out.exists() else []

    def tidy(self, case: Case) -> None:
        self.server.mails[:] = []


def uncertain(case: Case, delivery: str) -> set[int]:
    """The items, counted from 1, of which the journal does not know whether they went out."""
    found = asked(case.folder / "home", "select item from weirflow_items where delivery = ? and status = 'uncertain'",
                  delivery)  # fmt: skip
    return {int(str(item)) + 1 for (item,) in found}


def _fact(came: Mapping[int, int], unknown: set[int]) -> Fact:
    missing = [number for number, count in came.items() if not count and number not in unknown]
    twice = [number for number, count in came.items() if count > 1]
    said = f"{sum(came.values())} of {len(came)} mails; missing {missing}, twice {twice}, uncertain {sorted(unknown)}"
    return Fact(is_there=any(came.values()), is_right=not missing and not twice, identity=str(sorted(came.items())),
                said=said, is_doubled=bool(twice))  # fmt: skip
