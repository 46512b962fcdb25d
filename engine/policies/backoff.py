"""How long to wait before a failed attempt is made again, and whether it is at all."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from ir.model.constraints import Retry

LONGEST_ASKED_S = 3600.0
"""A server that asks for more than this is not waited for, where the workflow does not say how long a wait may be."""
_LEAST_JITTER = 0.5


def pause_s(retry: Retry, attempt: int, asked_s: float | None, rng: random.Random) -> float:
    """The seconds to wait behind attempt number `attempt`, from 1 on.

    Waits are shorter than written by up to a half, by chance, so that those who failed together do not come back
    together. What the server asks for is never undercut.
    """
    first = retry.initial_delay_ms / 1000
    match retry.backoff_strategy:
        case "fixed":
            wait = first
        case "linear":
            wait = first * attempt
        case "exponential":
            wait = first * 2.0 ** (attempt - 1)
    if retry.max_delay_ms is not None:
        wait = min(wait, retry.max_delay_ms / 1000)
    return max(wait * rng.uniform(_LEAST_JITTER, 1.0), asked_s or 0.0)


def why_not_again(problem: ConnectorProblem, retry: Retry, attempt: int, *, is_repeatable: bool) -> str | None:
    """Why there is no further attempt, in words for the failure; empty where that needs none. None: there is one."""
    if problem.reason is None or problem.reason not in retry.retry_on_errors:
        return ""
    if attempt >= retry.max_attempts:
        return "" if attempt == 1 else f"attempt {attempt} of {retry.max_attempts} failed too"
    if problem.sent and not is_repeatable:
        return "it may have taken effect, and nothing would tell a second attempt from a second delivery"
    most_s = LONGEST_ASKED_S if retry.max_delay_ms is None else retry.max_delay_ms / 1000
    if problem.retry_after_s is not None and problem.retry_after_s > most_s:
        return f"the server asks to be left alone for {problem.retry_after_s:,.0f} s, and no wait may be so long"
    return None
