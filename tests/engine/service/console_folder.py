"""A service with all that the console shows: hostile rows, dead letters, a schedule, a webhook, a run that waits."""

from __future__ import annotations

from pathlib import Path

from tests.engine.service.long_orders import long_orders_folder

HOSTILE = "<script>document.title='stolen'</script>"
SIGNUPS = """\
ir_version: "3.1"
name: signups
goal: Sign-ups for <b>sales</b>.
runtime_inputs:
  - {name: team, type: select, label: Team, options: [north, south], required: true}
  - {name: least, type: number, label: Least amount, default_value: 0}
data_sources:
  - {type: file, alias: signups, location: signups.csv}
validation_rules:
  - {type: range, field: amount, min: 0, action: quarantine}
delivery_rules:
  file_delivery: {id: list, format: csv, filename_template: "signups_{{run.id}}.csv"}
schedule: {type: cron, cron_expression: "30 7 * * MON-FRI", timezone: Europe/Berlin}
"""
HOOK = """\
ir_version: "3.1"
name: shop
goal: Orders of the shop.
data_sources:
  - {type: webhook, alias: orders, webhook_config: {validation: {method: none}}}
delivery_rules:
  file_delivery: {format: csv, filename_template: "orders_{{run.id}}.csv"}
"""


def console_folder(folder: Path) -> Path:
    long_orders_folder(folder)
    (folder / "signups.yaml").write_text(SIGNUPS)
    (folder / "signups.csv").write_text(f'id,name,amount\n1,Ada,12.5\n2,"{HOSTILE}",7\n3,"{HOSTILE}",-3\n')
    (folder / "shop.yaml").write_text(HOOK)
    (folder / "broken.yaml").write_text(f'ir_version: "3.1"\nname: broken\ngoal: g\n"{HOSTILE}": 1\n')
    return folder
