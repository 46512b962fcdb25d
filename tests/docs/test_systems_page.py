"""The page about databases and other systems says what its examples do, and names the plugins that there are."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import yaml

import weirflow as wf
from connectors.plugins.registry import find_plugin
from tests.servers.http_receiver import HttpReceiver

PAGE = (Path(__file__).parents[2] / "docs" / "systems.md").read_text(encoding="utf-8")
TABLES, ADDRESS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_example_of_tables_changes_rows_and_counts_those_that_are_left(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table orders (id integer primary key, total numeric)")
        connection.executemany("insert into orders (id) values (?)", [(1,), (2,), (3,)])
    connection.close()
    result = wf.run(yaml.safe_load(TABLES), base=tmp_path, out=tmp_path / "out")
    assert result["paid_rows"]["updated"].to_list() == [2]
    assert result["left_over"]["open"].to_list() == [1]


def test_the_example_of_an_address_reads_all_its_pages(tmp_path: Path) -> None:
    with HttpReceiver().running() as service:
        for page in ([{"id": 1, "total": 2.5}, {"id": 2, "total": 1}], [{"id": 3, "total": 4}]):
            service.fail("GET", "/orders", status=200, body=json.dumps({"data": page}))
        result = wf.run(yaml.safe_load(ADDRESS.replace("https://api.example.com", service.url)), base=tmp_path,
                        out=tmp_path / "out")  # fmt: skip
    assert result["data"]["id"].to_list() == [1, 2, 3]


def test_the_plugins_it_lists_are_there_with_the_actions_it_names() -> None:
    table = PAGE.partition("| --- |")[2].partition("\n\n")[0]
    keys = [
        key for row in table.splitlines()[1:] for key in re.findall(r"`([a-z0-9-]+)`", "|".join(row.split("|")[1:3]))
    ]
    assert len(keys) == 25
    for each in keys:
        find_plugin(each)
    for key, action in (("postgres", "update_where"), ("mysql", "delete_where"), ("http", "post_form"),
                        ("outlook", "search_emails"), ("stripe", "list_balance_transactions"),
                        ("salesforce", "query_leads"), ("salesforce", "create_records")):  # fmt: skip
        assert find_plugin(key).action(action).name == action
        assert f"`{action}`" in PAGE
