"""Words: the patterns the text must and must not hold, with and without the spaces between figures and units."""

from __future__ import annotations

import re

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.score import Score, verdict

_SPACES = re.compile(r"[^\S\n]+")  # line ends stay: words on two lines are not neighbours


def words(case: Case, reply: Reply) -> Score | None:
    if not case.must and not case.must_not:
        return None
    plain = _SPACES.sub("", reply.text)
    texts = (reply.text, plain, plain.replace("*", ""))
    faults = [f"缺 /{pattern}/" for pattern in case.must if not any(re.search(pattern, text) for text in texts)]
    for pattern in case.must_not:
        if hit := next((hit for text in texts if (hit := re.search(pattern, text))), None):
            faults.append(f"不应有“{hit[0]}”（/{pattern}/）")
    return verdict("words", faults)
