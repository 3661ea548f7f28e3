"""The quantities of a message → those the user tells as their own, and those that are a benefit spoken of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from assistant.amounts import VAGUE, Quantity
from assistant.questions import Questions
from assistant.subjects import Words
from assistant.targets import Pointer

_CLAIMABLE = {"money", "rate", "years"}
_NEAR = 10  # characters before a rate in which its label stands
_ASKED = re.compile(r"[呢啊呀吗]?(?:$|[?？。!！])")
_THIS_YEAR = re.compile(r"[今本]年[^，。；]*$")
_PAST = re.compile(r"(?:[去前上]年|以前|之前|此前|往年|历史)[^，。；]*$")
# 净利润 1.5 亿，想问首破 1 亿的奖励
_AWARD = re.compile(r"元?的(?:那个|这个)?奖")
_ASKS_FOR = re.compile(
    r"(?:^|[，。；?])(?:想?问(?:一?下)?|请问|看看|能不能|能否|可不可以|是不是|能|可以|拿|领|申请|报|那个?|这个?)*"
    r"(?:首次|头一次|第一次|首)?(?:突破|破|过|达到|到)?$"
)
_SO = re.compile(r"[，。?!吧吗对是]|$")  # 补贴一年，对吧 speaks of the years, 补贴一年多少 asks
_OF_SUCH = re.compile(r"元?(?:的|左右的|这种|那种|这样的|以下的|以内的)")
_PER_HEAD = re.compile(r"(?:能|可以?)?(?:给|补|奖|拿|领)?(?:多少|几)")
_HOW_MUCH = re.compile(r"(?:几|多少)(?:块|元|钱)?钱?$")
_DENIED = re.compile(r"(?:不是|而非|并非|唔系)(?:原来的?|之前的?|刚才的?)?$")
_CORRECTION = re.compile(
    r"(?<=[，。])[哦啊噢呃]?不(?:是)?，|不对|说错|讲错|写错|搞错|打错|记错|更正|应该是|不不不|错了"
)
_INSTEAD = re.compile(r"了?[，,]?(?:第(?P<nth>[一二三四五])[批台个笔次期张家])?(?:应该|其实|实际|就)?(?:是|为)?")


class Figures:
    """Tells the quantities of messages apart by one policy's data."""

    def __init__(self, pointer: Pointer, questions: Questions, words: Words) -> None:
        """`words` are the compiled words of each input, by the ids of its measure and its own."""
        self._pointer = pointer
        self._questions = questions
        self._words = words

    def claims(self, text: str, quantities: Sequence[Quantity], intents: Collection[str]) -> tuple[Quantity, ...]:
        """The quantities that are a benefit the user speaks of (最高 2000 万元), not an input."""
        if "reverse" in intents and not self._pointer.match(text):
            return ()
        ask, is_premise = self._questions, "premise" in intents
        return tuple(
            q
            for q in quantities
            if (
                q.kind in (_CLAIMABLE | ({"unit_rent"} if is_premise else set()))
                and q.bound != "over"
                and not (q.kind == "years" and q.low == 1 and not _SO.match(text[q.end :]))
                and self._is_benefit(text, q, is_premise)
            )
            or (q.kind in ("unit_rent", "rate") and ask.standard_before.search(text[: q.start]))
        )

    def told(
        self,
        text: str,
        quantities: Sequence[Quantity],
        claims: Collection[Quantity],
        clauses: Collection[str],
        intents: Collection[str],
    ) -> list[Quantity]:
        """The quantities told as the user's own: no claim, no clause's number, no tier, and not what is asked."""
        told = [
            q
            for q in quantities
            if q not in claims
            and q.text not in clauses
            and not self._is_tier(text, q, quantities)
            and not _is_asked(text, q)
        ]
        if "amount" in intents or "reckon" in intents:
            return told
        # 几百万的小项目能不能报 asks of such projects and tells no sum
        return [q for q in told if q.problem != VAGUE or not _OF_SUCH.match(text[q.end :])]

    def _is_tier(self, text: str, quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
        """Whether a sum only names a tier (5 亿那一档) beside the sum the user has."""
        others = [q for q in quantities if q.kind == quantity.kind and q is not quantity]
        before, after = text[: quantity.start], text[quantity.end :]
        is_named = bool(self._questions.tier_after.search(after)) and not _THIS_YEAR.search(before)
        is_asked = bool(_AWARD.match(after) and _ASKS_FOR.search(before))
        is_asked = is_asked and not all(_PAST.search(text[: q.start]) for q in others)
        return bool(others) and quantity.kind == "money" and (is_named or is_asked)

    def _is_benefit(self, text: str, quantity: Quantity, is_premise: bool) -> bool:
        ask, before, after = self._questions, text[: quantity.start], text[quantity.end :]
        if quantity.kind == "rate":
            if "股" in before[-12:] + after[:12]:
                return False
            matched = self._pointer.match(text)
            labels = [self._words[m.id, i.name] for m in matched for i in m.inputs if i.kind == "rate"]
            if not labels and ask.rate_before.search(before):
                return True
            if labels and is_premise and not any(label.search(before[-_NEAR:]) for label in labels):
                return True
        return bool(ask.benefit_before.search(before) or ask.benefit_after.search(after))


def corrected(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities without those that the same message takes back (3000 万，不对，是 5000 万).

    A figure given without a word of its own stands where the one taken back stood, be that one of several
    (1900 万、2260 万、1480 万，打错了，第三批是 1840 万).
    """
    quantities = [q for q in quantities if not _DENIED.search(text[: q.start])] or list(quantities)
    for match in _CORRECTION.finditer(text):
        after = next((q for q in quantities if q.start >= match.end()), None)
        before = [q for q in quantities if after and q.end <= match.start() and q.kind == after.kind]
        if after is None or not before:
            continue
        bare = _INSTEAD.fullmatch(text[match.end() : after.start])
        at = "一二三四五".find(bare["nth"] or "") if bare else -1
        taken_back = before[at] if bare and bare["nth"] and at < len(before) else before[-1]
        quantities = [q for q in quantities if q is not taken_back]
        if bare:
            quantities.remove(after)
            quantities.append(replace(after, start=taken_back.start, end=taken_back.end))
    return sorted(quantities, key=lambda q: q.start)


def _is_asked(text: str, quantity: Quantity) -> bool:
    """Whether a quantity is what is asked (最多投几千万？几块一平？) and not told."""
    vague = quantity.text.startswith("几") and (
        _ASKED.match(text[quantity.end :]) or text[: quantity.start].endswith("有")
    )
    after, before = text[quantity.end :], text[: quantity.start]
    per_head = quantity.kind == "count" and quantity.low == 1 and _PER_HEAD.match(after)
    return bool(vague or per_head or (quantity.text.startswith("一") and _HOW_MUCH.search(before)))
