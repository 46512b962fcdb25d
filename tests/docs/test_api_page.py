"""Every call that docs/api.md shows is answered as the page says."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.docs.test_commands_page import command_lines, matches
from tests.engine.service.serving import ORDERS, orders_folder, serving

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")

SALES = """\
ir_version: "3.1"
name: sales
goal: Orders of a region.
runtime_inputs: [{name: region, type: select, options: [north, south], required: true}]
data_sources:
  - type: file
    alias: orders
    location: sales.csv
    config: {schema: {id: integer, amount: integer}, max_bad: 5}
delivery_rules: {file_delivery: {format: csv, filename_template: "{{inputs.region}}.csv"}}
"""


def test_every_call_is_answered_as_the_page_shows(tmp_path: Path) -> None:
    folder = orders_folder(tmp_path / "flows")
    (folder / "sales.yaml").write_text(SALES)
    (folder / "sales.csv").write_text("id,amount\n1,7\n2,many\n3,9\n")
    (folder / "big.yaml.txt").write_text(ORDERS.replace("name: orders", "name: big"))
    with serving(folder) as served:
        os.rename(folder / "big.yaml.txt", tmp_path / "big.yaml")
        environment = {**served.environment, "URL": served.url, "KEY": served.key("run"), "EDIT": served.key("edit")}
        run_id = None
        for command, shown in command_lines(PAGE):
            if command.startswith("curl"):
                if run_id is not None:
                    environment["RUN"] = run_id
                done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, text=True, check=True,
                                      capture_output=True, timeout=60)  # fmt: skip
                assert matches(shown, done.stdout.splitlines()), f"$ {command}\n{done.stdout}"
                if run_id is None:
                    run_id = json.loads(done.stdout)["run_id"]
                    assert served.ended(run_id)["status"] == "incomplete"
