"""The process that carries runs out, one after the other, as the lines on stdin say."""

from __future__ import annotations

import os
import sys

from engine.journal.journal import Journal
from engine.service.runners.carrying_out import carry_out
from engine.service.runners.protocol import Job, read
from engine.service.settings import ServiceSettings


def main() -> None:
    settings = ServiceSettings.read(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        job = Job(**read(line)["job"])
        with Journal(tenant=job.tenant) as journal:
            outcome = carry_out(journal, job, settings)
        print(outcome.line(), file=answers, flush=True)


if __name__ == "__main__":
    main()
