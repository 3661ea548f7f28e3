"""A Reply → questions that fit it, to be asked next by a click."""

from __future__ import annotations

from assistant.answer import Reply

WHY, SURE, TEXT, WHO, REST = (
    "这个数怎么来的？",
    "这个数一定能拿到吗？",
    "原文是怎么写的？",
    "该找哪个部门？",
    "还有呢？",
)
UNKNOWN, ALL, LAND = "不知道", "有哪些补贴？", "补贴标准是多少？"


def followups(reply: Reply) -> tuple[str, ...]:
    """Up to four short questions, each of which the conversation so far gives a subject; none after a refusal."""
    if reply.status == "refused" or not (reply.citations or reply.status == "not_covered"):
        return ()
    if reply.missing:
        return (UNKNOWN, TEXT, WHO)
    if len(reply.calculations) == 1 and not reply.calculations[0].failed:
        found = reply.calculations[0]
        figure = (WHY,) if found.amount_yuan is not None and found.working else ()
        return (*figure, SURE, TEXT, WHO)
    if reply.calculations:
        return (TEXT, WHO)
    return (ALL,) if reply.status == "not_covered" else (TEXT, WHO) if len(reply.citations) <= 2 else ()
