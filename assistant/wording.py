"""Support measures, and what they were worked out to → sections in Chinese Markdown, with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistant.amounts import Quantity, format_yuan
from assistant.answer import STATES, Calculation, Missing, percent
from assistant.boundaries import boundaries
from assistant.clauses import Clause
from assistant.measures import Figure, Input, Measure, Series
from assistant.policies import Policy
from assistant.sections import Section, blocks, cite, departments_line, quoted
from assistant.sweep import Row


class Writer:
    """Words for one policy's answers; every figure it writes comes from the clauses or from a calculation."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        chapter = policy.description.support_chapter
        self._support = [c for c in policy.clauses if c.id.startswith(f"{chapter}.")]

    def understood(self, calculations: Sequence[Calculation], unused: Sequence[str]) -> str:
        """In one line what each measure was worked on and what was left out, so that a wrong reading is seen."""
        if not any(c.given or c.failed for c in calculations):
            return ""
        told: dict[str, str] = {}
        for calculation in calculations:  # a condition that several measures share is said once
            new = [words for words in _read(calculation) if not any(words in earlier for earlier in told.values())]
            told |= {calculation.name: "；".join(new)} if new else {}
        said = [f"{name}——{words}" for name, words in told.items()] if len(calculations) > 1 else [*told.values()]
        left = f"没有计入{'、'.join(f'“{words}”' for words in unused)}。" if unused else ""
        return f"我的理解：{'。'.join(said)}。{left}不对请直接改，例如“不是……，是……”。"

    def calculated(self, measure: Measure, calculation: Calculation, asks_conditions: bool = False) -> Section:
        """A measure worked out: figure, working, words of the clause, what is still to be confirmed."""
        clause = self.policy.clause(measure.clause)
        failed = calculation.failed
        if failed:
            why = "；".join(f"要求“{c.text}”" + (f"，您说的是“{c.words}”" if c.words else "") for c in failed)
            head = f"**按您说的情况，不符合“{measure.name}”的条件**：{why}。"
        elif calculation.amount_yuan is not None:
            head = (
                f"{self._condition_clause(calculation)}**{headline(calculation)}**（{measure.name}，{calculation.per}）"
            )
        elif calculation.readings:
            ends = "至 ".join(format_yuan(r.amount_yuan) for r in calculation.readings)
            bound = f"{self._condition_clause(calculation)}按您给的范围，**{calculation.most}{ends}**"
            head = f"{bound}（{measure.name}，{calculation.per}）"
        else:
            why = calculation.working[-1] if calculation.working else ""
            head = f"**按您说的情况，“{measure.name}”没有可计算的金额**：{why}。"
        confirm = _checklist(calculation) if failed or asks_conditions else self._to_confirm(calculation)
        return Section(
            text=blocks(head, "" if failed else _working(calculation), _limits(calculation),
                         self._evidence(measure, clause), confirm, _notes(measure, calculation),
                         departments_line(clause), *_ambiguity(calculation)),
            status="answered",
            citations=(cite(clause),),
            notices=_ambiguity(calculation),
            about_support=True,
        )  # fmt: skip

    def asked_back(self, measure: Measure, calculation: Calculation, missing: Sequence[Input]) -> Section:
        """What is still needed to work a measure out, with the rule and any bound that already holds."""
        clause = self.policy.clause(measure.clause)
        head = f"**{missing[0].ask}** 有了这个数就能算出“{measure.name}”。"
        return Section(
            text=blocks(head, _bounds(calculation), self._evidence(measure, clause), self._to_confirm(calculation),
                         _notes(measure, calculation), departments_line(clause)),
            status="needs_input",
            citations=(cite(clause),),
            missing=tuple(Missing(name=item.name, question=item.ask) for item in missing),
            about_support=True,
        )  # fmt: skip

    def checked(self, measure: Measure, calculation: Calculation, missing: Sequence[Input]) -> Section:
        """Whether the conditions hold, for who asks that and not yet for an amount."""
        clause = self.policy.clause(measure.clause)
        wants = f"要算出金额，还需要：{'、'.join(i.label for i in missing)}。"
        return Section(
            text=blocks(f"**{measure.name}**（{clause.label}）", _checklist(calculation), _limits(calculation),
                         self._evidence(measure, clause), wants, _notes(measure, calculation),
                         departments_line(clause)),
            status="answered",
            citations=(cite(clause),),
            missing=tuple(Missing(name=item.name, question=item.ask) for item in missing),
            about_support=True,
        )  # fmt: skip

    def rule(self, measure: Measure, calculation: Calculation | None = None) -> Section:
        """What the clause says of a measure, and the bounds of a calculation that hold whatever the inputs."""
        clause = self.policy.clause(measure.clause)
        conditions = "\n".join(f"- {c.text}" for c in measure.conditions)
        listed = f"条件：\n{conditions}" if conditions else ""
        return Section(
            text=blocks(f"**{measure.name}**（{clause.label}）", _bounds(calculation) if calculation else "",
                         self._whole_quote(measure, clause), listed, _notes(measure, None), departments_line(clause)),
            status="answered",
            citations=(cite(clause),),
            about_support=True,
        )  # fmt: skip

    def which(self) -> Section:
        """A sum without what it is for: asks which of the measures with a calculation is meant."""
        asked = [m for m in self.policy.measures if m.inputs]
        names = "\n".join(f"- {m.name}（{m.input(m.inputs[0].name).label}）" for m in asked)
        question = "这笔钱是用在哪一项上的？"
        return Section(
            text=blocks(f"**{question}** 不同事项的算法不一样：", names),
            status="needs_input",
            missing=(Missing(name="measure", question=question),),
        )

    def compared(self, measures: Sequence[Measure], calculations: Sequence[Calculation] = ()) -> Section:
        """Measures side by side in the words of their clauses, with what they come to where that is known."""
        sums = {c.measure: f"{headline(c)}（{c.per}）" for c in calculations}
        heads = ["事项", "条款", "原文", *(["按您说的数"] if sums else [])]
        rows = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
        for m in measures:
            cells = [f"**{m.name}**", self.policy.clause(m.clause).label, m.quote]
            rows.append(f"| {' | '.join([*cells, *([sums.get(m.id, '')] if sums else [])])} |")
        clauses = dict.fromkeys(m.clause for m in measures)
        return Section(
            text=blocks("区别看原文最清楚：", "\n".join(rows)),
            status="answered",
            citations=tuple(cite(self.policy.clause(c)) for c in clauses),
            about_support=True,
        )

    def with_twin(self, section: Section, twin: Measure) -> Section:
        """A section and, in one line, the measure that is easily taken for its own."""
        clause = self.policy.clause(twin.clause)
        line = f"容易混淆的另一项：{twin.name}（{clause.label}）——{twin.quote}。"
        return replace(section, text=blocks(section.text, line), citations=(*section.citations, cite(clause)))

    def reached(self, measure: Measure, calculation: Calculation) -> tuple[Section, Calculation] | None:
        """From which figure on a measure gives its cap or its tiers, for who asks the other way round."""
        formula = measure.formula
        limits = [b for b in boundaries(measure) if b.item.name == formula.base]
        if not limits:
            return None
        label = limits[0].item.label
        if formula.cap and formula.rate:
            cap = format_yuan(formula.cap.value)
            at = format_yuan(limits[-1].value)
            steps: tuple[str, ...] = (f"{cap} ÷ {percent(formula.rate.value)} = {at}",)
            head = f"**{label}达到 {at}时到上限 {cap}**（{steps[0]}），再多也按上限。"
        elif formula.awards and formula.thresholds:
            pairs = zip(formula.thresholds.values, formula.awards.values, strict=True)
            steps = tuple(f"{label}达到 {format_yuan(t)}：{format_yuan(a)}" for t, a in pairs)
            head = "**各档对应如下：**\n" + "\n".join(f"- {step}" for step in steps)
        else:
            return None
        rule = self.rule(measure)
        shown = calculation.model_copy(update={"amount_yuan": None, "steps": steps, "readings": (), "given": ()})
        return replace(rule, text=blocks(head, rule.text)), shown

    def overview(self) -> Section:
        """Every support item with the words of its bound."""
        chapter = self.policy.clause(self.policy.description.support_chapter).title
        rows = [f"- **{self.policy.clause(m.clause).label}**：{m.quote}" for m in self.policy.measures]
        return Section(
            text=blocks(
                f"文件“{chapter}”一章的各项支持如下（“最高”“不超过”都是上限，以认定为准）：", "\n".join(rows),
                "说说您的情况（做什么、投资或贷款多少、买什么设备），就能逐项计算。",
            ),
            status="answered",
            citations=tuple(cite(c) for c in self._support),
            about_support=True,
        )  # fmt: skip

    def swept(self, rows: Sequence[Row]) -> Section:
        """Every measure as it stands for one enterprise: a table, each row with its own bound, and no total."""
        lines = ["| 事项 | 条款 | 情况 | 金额 | 还缺 |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {row.measure.name} | {self.policy.clause(row.measure.clause).label} | {_standing(row)} "
            f"| {_amount(row)} | {_lacking(row)} |"
            for row in rows
        ]
        return Section(
            text=blocks(
                "按您说的情况，逐项对照如下（“最高”是上限，以认定为准；各项不能相加）：", "\n".join(lines),
                "说说缺的信息，或者点名一项，就能看条件、算法和原文。",
            ),
            status="answered",
            citations=tuple(cite(self.policy.clause(c)) for c in dict.fromkeys(row.measure.clause for row in rows)),
            about_support=True,
        )  # fmt: skip

    def claimed(self, measure: Measure, claims: Sequence[Quantity], calculation: Calculation | None) -> str:
        """Whether the figures the user heard of stand in the measure's clause."""
        own = {value for figure in measure.figures() for value in _values(figure)}
        if calculation is not None and calculation.amount_yuan is not None and calculation.steps:
            # Where the amount is worked out, that alone is what a claimed sum is held against.
            money = {calculation.amount_yuan, *(r.amount_yuan for r in calculation.readings)}
            own = money if all(q.kind == "money" for q in claims) else own | money
        wrong = [q for q in claims if q.high not in own]
        if wrong:
            said = "、".join(f"“{q.text}”" for q in wrong)
            return f"**不是。** {said}与文件不符，本项的原文是：{measure.quote}。"
        said = "、".join(f"“{q.text}”" for q in claims)
        return f"{said}这个数在本项原文里有，但请看清它的意思：{measure.quote}。"

    def _whole_quote(self, measure: Measure, clause: Clause) -> str:
        """The whole clause where it has one route only, else the words of this route."""
        is_alone = sum(m.clause == clause.id for m in self.policy.measures) == 1
        return quoted(clause.body) if is_alone else f"> {measure.quote}。"

    def _evidence(self, measure: Measure, clause: Clause) -> str:
        return f"依据 {clause.label}：\n> {measure.quote}。"

    def _condition_clause(self, calculation: Calculation) -> str:
        return "条件都符合并经认定时，" if any(c.state == "unknown" for c in calculation.conditions) else ""

    def _to_confirm(self, calculation: Calculation) -> str:
        unknown = [c.text for c in calculation.conditions if c.state == "unknown"]
        return "还需确认：" + "；".join(unknown) + "。" if unknown else ""


def _standing(row: Row) -> str:
    match row.standing:
        case "fails":
            return "不适用：" + "；".join(
                f"不符合“{c.text}”" + (f"（“{c.words}”）" if c.words else "") for c in row.calculation.failed
            )
        case "unmentioned":
            return "没有说到"
        case "lacks":
            return "可能适用，缺数"
        case _:
            return "可能适用"


def _amount(row: Row) -> str:
    """What it comes to, else what bounds it: the cap or the rate of the clause."""
    formula, calculation = row.measure.formula, row.calculation
    if row.standing == "fails" or formula.name == "none":
        return "无"
    if calculation.amount_yuan is not None and row.standing == "worked_out":
        return f"**{headline(calculation)}**（{calculation.per}）"
    if calculation.readings:
        return "至 ".join(f"{calculation.most}{format_yuan(r.amount_yuan)}" for r in calculation.readings)
    if row.standing == "worked_out":
        return calculation.working[-1] if calculation.working else "无"
    if formula.cap is not None:
        return f"上限 {format_yuan(formula.cap.value)}（{calculation.per}）"
    if formula.rate is not None:
        return f"不超过 {percent(formula.rate.value)}，没有写上限"
    return f"每档 {_span(formula.awards)}" if formula.awards is not None else "按条文"


def _span(series: Series) -> str:
    return f"{format_yuan(min(series.values))}至 {format_yuan(max(series.values))}"


def _lacking(row: Row) -> str:
    """The inputs still needed, then the conditions nothing has been said about."""
    if row.standing == "fails":
        return ""
    unknown = [c.text for c in row.calculation.conditions if c.state == "unknown"]
    return "；".join([*(i.label for i in row.missing), *unknown])


def headline(calculation: Calculation) -> str:
    """The figure with its modality: an upper bound is worded as one."""
    assert calculation.amount_yuan is not None
    return f"{calculation.most}{format_yuan(calculation.amount_yuan)}"


def _read(calculation: Calculation) -> tuple[str, ...]:
    """What a calculation took from the user: inputs, and conditions that the user's words decide."""
    decided = [
        c
        for c in calculation.conditions
        if c.words and c.state != "unknown" and c.words not in "".join(calculation.told)
    ]
    return (*calculation.told, *(f"“{c.words}”按{STATES[c.state]}“{c.text}”理解" for c in decided))


def _limits(calculation: Calculation) -> str:
    """Either side of the limits that a figure comes near."""
    return "界限两侧：\n" + "\n".join(f"- {line}" for line in calculation.limits) if calculation.limits else ""


def _checklist(calculation: Calculation) -> str:
    """Each condition with its state, the user's words that decide it and the words of the clause."""
    rows = [f"- **{STATES[c.state]}**：{c.detail}" for c in calculation.conditions]
    return "条件逐条看：\n" + "\n".join(rows) if rows else ""


def _working(calculation: Calculation) -> str:
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(calculation.working, 1))
    return blocks(f"怎么算：\n{steps}" if steps else "", _bounds(calculation))


def _bounds(calculation: Calculation) -> str:
    """The figures beside the main one, a line each."""
    return "\n".join(f"- {r.label}：{calculation.most}{format_yuan(r.amount_yuan)}" for r in calculation.readings)


def _notes(measure: Measure, calculation: Calculation | None) -> str:
    if calculation is not None and calculation.failed:
        return ""
    return "说明：" + "".join(measure.notes) if measure.notes else ""


def _ambiguity(calculation: Calculation) -> tuple[str, ...]:
    labels = [r.label for r in calculation.readings]
    if any("累加" in label for label in labels):
        return ("一年内跨过几档时只奖最高一档还是逐档累加，文件未规定；这里以达到的最高一档为主，另列累加的读法。",)
    return ()


def _values(figure: Figure | Series) -> tuple[Decimal, ...]:
    return figure.values if isinstance(figure, Series) else (figure.value,)
