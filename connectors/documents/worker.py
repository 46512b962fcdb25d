"""The process that reads documents: it has no secrets, little memory and little time, and is ended when it hangs."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from connectors.documents.document import Limits
from connectors.documents.frames import receive, send
from connectors.documents.problems import too_much
from connectors.documents.reading import read_here
from connectors.problem import ConnectorProblem


def main() -> None:
    """Answer one document after the other until the other side closes."""
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (message := receive(sys.stdin.buffer)) is not None:
        words, content = message
        limits = Limits(**words.pop("limits"))
        _bound(limits, is_recognising=words["ocr"] != "never")
        send(answers, _answer(words, content, limits))


def _answer(words: dict[str, Any], content: bytes, limits: Limits) -> dict[str, Any]:
    try:
        return {"document": read_here(content, limits=limits, **words).to_json()}
    except ConnectorProblem as problem:
        return _told(problem)
    except (MemoryError, RecursionError):
        return _told(too_much(words["name"], "needs more memory than a document may"))
    except Exception as error:  # what libraries raise for hostile files is not known beforehand
        kind = type(error).__name__
        return _told(ConnectorProblem("IR781", f"{words['name']} could not be read: {kind}", notes=[str(error)[:200]],
                                      hint="open it in the program it comes from and save it again"))  # fmt: skip


def _told(problem: ConnectorProblem) -> dict[str, Any]:
    return {"problem": {"code": problem.code, "message": problem.message, "hint": problem.hint,
                        "notes": list(problem.notes)}}  # fmt: skip


def _bound(limits: Limits, *, is_recognising: bool) -> None:
    """No more memory than this, and an end even where the process that asked is gone."""
    try:
        import resource
    except ImportError:  # Windows: the time is bounded by the process that asks
        return
    seconds = limits.max_recognising_s if is_recognising else limits.max_s
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + 4 * seconds) + 1
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = limits.max_memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))


if __name__ == "__main__":
    main()
