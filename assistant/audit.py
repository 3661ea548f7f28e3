"""A policy → every fault of its data, all at once: quotes, bound figures, references, the text's wholeness."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from assistant.amounts import read_quantities
from assistant.guard import figures
from assistant.measures import Measure, Series
from assistant.policies import Policy, lost_or_added

# The units whose figures in a support chapter must each be bound to a measure or declared as no rule.
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:亿元|万元|元|%|年)")
_BOUNDED = re.compile("最高|不超过")
LONGEST_LINE = 60  # characters of what is read aloud


def audit(policy: Policy) -> list[str]:
    """Every fault found, as sentences that name the file, the key and the value; [] when the data is sound."""
    return [
        *_wholeness(policy),
        *_references(policy),
        *_quotes(policy),
        *_values(policy),
        *_lines_to_read_aloud(policy),
        *_unbound_figures(policy),
        *_formulas(policy),
        *_wordings(policy),
        *_examples(policy),
    ]


def unfinished(policy: Policy) -> list[str]:
    """Clauses that do not end like a sentence: likely page breaks nobody has declared yet."""
    return [c.id for c in policy.clauses if c.body and c.id not in ("0", "end") and not re.search(r"[。：”]$", c.body)]


def _wholeness(policy: Policy) -> Iterator[str]:
    if difference := lost_or_added(policy):
        yield f"条款合起来与全文不一致：{difference}"
    for clause_id in unfinished(policy):
        yield f"条款 {clause_id} 不以句号结尾，可能是没有登记的换页断句（policy.toml 的 repairs）"


def _references(policy: Policy) -> Iterator[str]:
    counts = Counter(m.id for m in policy.measures)
    yield from (f"measures.toml：编号 {name} 重复 {n} 次" for name, n in counts.items() if n > 1)
    places = [(f"measures.toml {m.id}", m.clause) for m in policy.measures]
    places += [(f"silences.toml {s.id}", c) for s in policy.silences for c in s.near]
    places += [("topics.toml", c) for t in policy.topics for c in (t.clause, *t.parts)]
    places += [("measures.toml not_rules", n.clause) for n in policy.not_rules]
    places += [("policy.toml", policy.description.term.clause), ("policy.toml", policy.description.contact.clause)]
    yield from (f"{where}：没有条款 {clause}" for where, clause in places if not policy.has_clause(clause))
    for measure in policy.measures:
        for name in (*measure.twins, *measure.overrides):
            if name not in counts:
                yield f"measures.toml {measure.id}：twins/overrides 里没有事项 {name}"
    chapter = policy.description.support_chapter
    covered = {m.clause for m in policy.measures}
    for clause in policy.clauses:
        if clause.id.startswith(f"{chapter}.") and clause.id.count(".") == 1 and clause.id not in covered:
            yield f"measures.toml：支持条款 {clause.id} 没有任何事项"


def _quotes(policy: Policy) -> Iterator[str]:
    description = policy.description
    quotes = [("policy.toml term", description.term.clause, description.term.quote)]
    quotes += [("policy.toml contact", description.contact.clause, description.contact.quote)]
    quotes += [("topics.toml", t.clause, t.quote) for t in policy.topics]
    quotes += [("measures.toml not_rules", n.clause, n.quote) for n in policy.not_rules]
    for m in policy.measures:
        texts = [(m.clause, m.quote), *((m.clause, f.quote) for f in m.figures())]
        texts += [(c.clause or m.clause, c.quote) for c in m.conditions]
        quotes += [(f"measures.toml {m.id}", clause, text) for clause, text in texts]
    for where, clause, quote in quotes:
        if policy.has_clause(clause) and quote not in policy.clause(clause).text:
            yield f"{where}：引文不在条款 {clause} 里：“{quote}”"


def _values(policy: Policy) -> Iterator[str]:
    for measure in policy.measures:
        for figure in measure.figures():
            values = figure.values if isinstance(figure, Series) else (figure.value,)
            read = [q.low for q in read_quantities(figure.quote)]
            if [v for v in read if v in values] != list(values):
                yield f"measures.toml {measure.id}：{[str(v) for v in values]} 与引文读出的数不一致：“{figure.quote}”"


def _lines_to_read_aloud(policy: Policy) -> Iterator[str]:
    for measure in policy.measures:
        where, line = f"measures.toml {measure.id} aloud", measure.aloud
        if len(line) > LONGEST_LINE:
            yield f"{where}：{len(line)} 字，最多 {LONGEST_LINE} 字"
        if policy.has_clause(measure.clause) and not figures(line) <= figures(policy.clause(measure.clause).text):
            yield f"{where}：有条款 {measure.clause} 没有的数：“{line}”"
        if measure.modality == "at_most" and not _BOUNDED.search(line):
            yield f"{where}：上限没有写成“最高”或“不超过”：“{line}”"


def _unbound_figures(policy: Policy) -> Iterator[str]:
    chapter = policy.description.support_chapter
    for clause in policy.clauses:
        if not clause.id.startswith(f"{chapter}."):
            continue
        bound = [f.quote for m in policy.measures if m.clause == clause.id for f in m.figures()]
        bound += [n.quote for n in policy.not_rules if n.clause == clause.id]
        spans = [m.span() for quote in bound for m in re.finditer(re.escape(quote), clause.text)]
        for match in _FIGURE.finditer(clause.text):
            if not any(start <= match.start() and match.end() <= end for start, end in spans):
                yield f"条款 {clause.id} 的“{match[0]}”没有绑定到任何事项，也没有在 not_rules 里说明"


def _wordings(policy: Policy) -> Iterator[str]:
    for measure in policy.measures:
        for condition in measure.conditions:
            wording = condition.wording
            for pattern in (*wording.settles, *wording.fails, *wording.meets):
                try:
                    re.compile(pattern)
                except re.error as error:
                    name = f"{measure.id}/{condition.name}"
                    yield f"conditions.toml {name}：{pattern[:60]} 不是有效的正则表达式（{error}）"


# Targets of examples that are no part of the policy: kinds of question.
_KINDS = frozenset(("term", "overview", "reverse", "compare", "outside"))


def _examples(policy: Policy) -> Iterator[str]:
    known = {f"measure:{m.id}" for m in policy.measures} | {f"silence:{s.id}" for s in policy.silences} | _KINDS
    known |= {f"topic:{t.clause}" for t in policy.topics}
    yield from (f"examples/：没有目标 {target}" for target in policy.examples if target not in known)
    if policy.examples:
        yield from (
            f"examples/：事项 {m.id} 没有例句" for m in policy.measures if f"measure:{m.id}" not in policy.examples
        )
    owners: dict[str, str] = {}
    for target, texts in policy.examples.items():
        for text in texts:
            if (owner := owners.setdefault(text, target)) != target:
                yield f"examples/：“{text}”同时在 {owner} 和 {target} 下"


def _formulas(policy: Policy) -> Iterator[str]:
    for measure in policy.measures:
        names = {i.name for i in measure.inputs}
        used = _used(measure)
        for name in sorted(used - names):
            yield f"measures.toml {measure.id}：公式或条件用到没有定义的输入项 {name}"
        for name in sorted(names - used):
            yield f"measures.toml {measure.id}：输入项 {name} 没有用到"
        yield from (f"measures.toml {measure.id}：{fault}" for fault in _shape(measure))


def _used(measure: Measure) -> set[str]:
    formula = measure.formula
    named = (
        formula.base,
        formula.asset,
        formula.interest_rate,
        formula.previous,
        formula.area,
        formula.unit_rent,
        formula.months,
    )
    parts = {i.part_of for i in measure.inputs} | {name for i in measure.inputs if i.derived for name in i.derived.of}
    return {n for n in (*named, *formula.heads, *parts, *measure.condition_inputs()) if n}


_NEEDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "cap_only": ("cap",),
    "share": ("base", "rate"),
    "interest": ("base", "interest_rate", "asset", "asset_share"),
    "tiers": ("base", "thresholds", "awards"),
    "per_head": ("heads", "awards"),
    "rent": ("area", "unit_rent", "months"),
}


def _shape(measure: Measure) -> Iterator[str]:
    formula = measure.formula
    for key in _NEEDS[formula.name]:
        if not getattr(formula, key):
            yield f"公式 {formula.name} 缺少 {key}"
    if formula.name == "none" and measure.modality is not None:
        yield "没有金额的事项不应写 modality"
    if formula.name != "none" and measure.modality is None:
        yield "有金额的事项须写 modality（exact 或 at_most）"
    series = formula.thresholds
    if series is not None and list(series.values) != sorted(series.values):
        yield "thresholds 须由低到高"
    if series is not None and formula.awards is not None and len(series.values) != len(formula.awards.values):
        yield "thresholds 与 awards 个数不同"
    if formula.heads and formula.awards is not None and len(formula.heads) != len(formula.awards.values):
        yield "heads 与 awards 个数不同"
