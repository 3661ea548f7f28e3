"""A Reply → questions that fit it, to be asked next by a click."""

from __future__ import annotations

from assistant.answer import Reply

SURE, FULL, TEXT, WHO = "这个数一定能拿到吗？", "要多少才能拿满？", "原文是怎么写的？", "该找哪个部门？"
UNKNOWN, REACHED, ALL = "不知道", "帮我算一下", "有哪些补贴？"


def followups(reply: Reply) -> tuple[str, ...]:
    """Up to four short questions, each of which the conversation so far gives a subject; none after a refusal.

    What a language model has taken the message for is asked back instead.
    """
    if reply.trace and reply.trace.offers:
        return reply.trace.offers
    match reply.status:
        case "refused":
            return ()
        case "not_covered":
            return (ALL,)
        case "needs_input":
            return (UNKNOWN, TEXT, WHO)
    if len(reply.calculations) == 1 and reply.calculations[0].amount_yuan is not None:
        found = reply.calculations[0]
        full = (FULL,) if found.modality == "at_most" and len(found.given) == 1 else ()
        return (SURE, *full, TEXT, WHO)
    if reply.calculations:
        return (TEXT, WHO)
    # Who was told a rule may have it worked out; what is no support has no figure.
    return (REACHED, WHO) if reply.notices and len(reply.citations) <= 2 else ()
