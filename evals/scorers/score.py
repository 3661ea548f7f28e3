"""One scorer's verdict on one reply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A named verdict: whether the reply is as expected, why not, and the number measured.

    `value` is 1 or 0 unless the scorer measures something finer (a share, a count). A score with `decides` off is only
    measured: it does not fail the case.
    """

    name: str
    passed: bool
    reason: str
    value: float
    decides: bool = True


def verdict(name: str, faults: list[str]) -> Score:
    """A score that passes when no fault was found; the faults are its reason."""
    return Score(name, not faults, "；".join(faults), float(not faults))
