"""Modality: an upper bound is calculated as one and worded as one, never as an entitlement."""

from __future__ import annotations

import re

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.figures import Figure, read_figures
from evals.scorers.score import Score, verdict

_BOUND = re.compile(r"最高|最多|至多|不超过|不高于|上限|封顶|为限|以内")
_ENTITLED = re.compile(
    r"(?<![不未])(?:可以?|能够?|将|会|就)(?:[您你]|贵公司)?(?:得到?|拿到?|获得?|领取?|补到?|奖励?|享受)|应得|应补|"
    r"(?<![不未])(?<!不能)(?<!无法)(?:一定|保证|肯定|必定|确保)"
)
_SENTENCES = re.compile(r"[。；;！!？?\n]+")
_SAID = re.compile(r"“[^”]*”")  # words of the user or the policy, not the reply's own


def modality(case: Case, reply: Reply) -> Score | None:
    """Each expected clause's calculation has the expected modality; applies where an amount is expected too."""
    expected = {c: wanted for c, wanted in case.modality.items() if case.amounts.get(c, 0) is not None}
    if not expected:
        return None
    faults = []
    for clause, wanted in expected.items():
        found = {c.modality or "无" for c in reply.calculations if c.clause == clause and c.amount_yuan is not None}
        if found != {wanted}:
            faults.append(f"{clause} 应为 {wanted}，实为 {'、'.join(sorted(found)) or '无金额'}")
    return verdict("modality", faults)


def wording(case: Case, reply: Reply) -> Score | None:
    """Each at_most amount stands beside 最高/不超过/上限 somewhere, and beside 可得/一定 nowhere without them."""
    bounds = {c.amount_yuan for c in reply.calculations if c.modality == "at_most" and c.amount_yuan is not None}
    if not bounds:
        return None
    sentences = [_SAID.sub("", sentence) for sentence in _SENTENCES.split(reply.text)]
    faults = []
    for value in sorted(bounds):
        own = [s for s in sentences if any(Figure(value, "元").is_held_by(figure) for figure in read_figures(s))]
        if not any(_BOUND.search(s) for s in own):
            faults.append(f"{value.normalize():,f} 元是上限，正文没有写成“最高不超过”")
        entitled = [s.strip() for s in own if _ENTITLED.search(s) and not _BOUND.search(s)]
        faults += [f"上限写成了应得：“{s}”" for s in entitled]
    return verdict("wording", faults)
