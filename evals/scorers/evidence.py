"""Evidence: every figure of the text stands in a cited quote, a calculation or the user's own words."""

from __future__ import annotations

from assistant.answer import Reply, plain
from evals.questions import Case
from evals.scorers.figures import Figure, read_figures
from evals.scorers.score import Score


def unbound(case: Case, reply: Reply) -> tuple[Figure, ...]:
    """The figures of the text that no evidence holds, each once."""
    places = [item.label for item in reply.citations]
    ids = [item.clause for item in reply.citations] + [item.clause for item in reply.calculations]
    places += [clause for clause in ids if "." in clause]
    held = [figure for piece in _evidence(case, reply) for figure in read_figures(piece)]
    shown = dict.fromkeys(read_figures(reply.text, places))
    return tuple(figure for figure in shown if not any(figure.is_held_by(other) for other in held))


def evidence(case: Case, reply: Reply) -> Score:
    """Applies to every reply; the value is the number of unbound figures, and must be zero."""
    loose = unbound(case, reply)
    return Score("evidence", not loose, "无依据的数：" + "、".join(f.text for f in loose) if loose else "", len(loose))


def _evidence(case: Case, reply: Reply) -> tuple[str, ...]:
    pieces = [*case.turns, *(item.quote for item in reply.citations)]
    for item in reply.calculations:
        pieces += item.steps
        pieces += [reading.label for reading in item.readings]
        values = [item.amount_yuan, *(reading.amount_yuan for reading in item.readings)]
        pieces += [f"{plain(value)} 元" for value in values if value is not None]
    return tuple(pieces)
