"""What DBOS does by itself: workflows that do nothing, through a queue. Prints what they took."""

from __future__ import annotations

import json
import os
import sys
import time

from dbos import DBOS, DBOSClient


def main(url: str, runs: int) -> None:
    DBOS(config={"name": "bare", "system_database_url": url, "log_level": "ERROR", "executor_id": "bare",
                 "application_version": "1"})  # fmt: skip
    ended: list[float] = []
    DBOS.workflow(name="nothing")(lambda number: ended.append(time.time()))
    DBOS.launch()
    DBOS.register_queue("bare", worker_concurrency=200, polling_interval_sec=0.1)
    client = DBOSClient(system_database_url=url)
    began, cpu = time.time(), time.process_time()
    asked = []
    for number in range(runs):
        asked.append(time.time())
        client.enqueue({"queue_name": "bare", "workflow_name": "nothing", "app_version": "1"}, number)
    while len(ended) < runs:
        time.sleep(0.05)
    print(json.dumps({"seconds": max(ended) - began, "cpu": time.process_time() - cpu,
                      "waited": sorted(end - ask for end, ask in zip(ended, asked, strict=True))}))  # fmt: skip
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
