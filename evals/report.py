"""A report and what changed → one HTML file that asks nothing of the network: plots, then every failed case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from assistant.answer import Reply, plain
from evals import plots
from evals.comparison import Comparison, Report
from evals.metrics import Result, Row

KINDS = {
    "fact": "事实", "calculation": "计算", "eligibility": "资格", "missing_input": "缺少信息", "silent": "文件未规定",
    "outside": "文件之外", "near_miss": "容易混淆", "false_premise": "前提有误", "reverse_lookup": "反查",
    "expired_term": "期限已过", "dialogue": "多轮", "colloquial": "口语", "typo": "错别字",
    "mixed_script": "繁体与混写", "hostile": "恶意或无意义", "overview": "总览", "department": "部门", "multi": "多项",
    "all": "全部",
}  # fmt: skip
METRICS = {
    "n": "题数", "passed": "全部通过", "amount": "金额准确", "modality": "限定词正确", "wording": "上限措辞",
    "status": "状态", "cited": "引到条款", "first_clause": "首条条款", "citation_precision": "引用精度",
    "words": "用语", "evidence": "数有依据", "unbound_figures": "无依据的数",
    "dialogue_last_turn": "多轮末轮", "outside_refused": "应拒已拒",
    "false_refusals": "误拒", "paraphrase_agreement": "改写一致", "p50_ms": "p50（毫秒）", "p95_ms": "p95（毫秒）",
}  # fmt: skip
_COUNTS = {"n", "unbound_figures"}
_HEADLINES = (
    "passed", "amount", "first_clause", "status", "unbound_figures", "dialogue_last_turn", "outside_refused",
    "false_refusals", "paraphrase_agreement", "citation_precision",
)  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #c23b2a; --good: #23804f; --accent: #2f6fc0; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a78; --good: #6fd39f; --accent: #8ab8f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 5rem; max-width: 68rem; line-height: 1.6;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.6rem 0 .8rem; }
.lead { margin: .2rem 0 1.4rem; opacity: .75; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(11.5rem, 45%), 1fr)); gap: .7rem; }
.tile { border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .85rem .7rem; }
.tile h3 { font-size: .85rem; font-weight: 500; margin: 0 0 .25rem; opacity: .8; }
.tile div { display: flex; justify-content: space-between; align-items: baseline; gap: .5rem; }
.tile b { font-size: 1.2rem; font-variant-numeric: tabular-nums; } .tile small { opacity: .7; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
tr.all td { font-weight: 650; } thead th { font-weight: 600; font-size: .85rem; }
.low { color: var(--bad); font-weight: 650; } .better { color: var(--good); } .worse { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1.2rem; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .3rem; } svg { width: 100%; height: auto; }
.wide { overflow-x: auto; } .wide svg { min-width: 38rem; }
.warning { border: 1px solid var(--bad); border-left-width: .35rem; border-radius: .5rem; padding: .6rem 1rem; }
.warning ul { margin: .3rem 0 0; padding-left: 1.2rem; }
details.case { border: 1px solid var(--line); border-radius: .6rem; margin: .55rem 0; }
details.case > summary { cursor: pointer; padding: .6rem .9rem; display: flex; flex-wrap: wrap; gap: .3rem .7rem;
  align-items: baseline; list-style-position: inside; }
details.case[open] > summary { border-bottom: 1px solid var(--line); background: var(--soft); }
summary code { font-size: .85rem; opacity: .8; } summary .asked { flex: 1 1 20rem; font-weight: 550; }
.chip { font-size: .78rem; border-radius: 1rem; padding: .05rem .6rem; border: 1px solid var(--line); }
.chip.bad { color: var(--bad); border-color: currentColor; }
.trace { padding: .8rem 1rem 1rem; overflow-wrap: anywhere; }
.trace h4 { margin: 1rem 0 .3rem; font-size: .85rem; opacity: .75; }
.trace ul { margin: 0; padding-left: 1.2rem; } .reasons li { color: var(--bad); }
.user, .reply { border-radius: .7rem; padding: .5rem .85rem; margin: .35rem 0; white-space: pre-wrap; }
.user { background: color-mix(in srgb, var(--accent) 16%, transparent); margin-left: 15%; }
.reply { background: var(--soft); margin-right: 5%; } .reply small { display: block; opacity: .7; }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 1.5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: 0; } dd { margin: 0; }
dt { opacity: .7; } blockquote { margin: .1rem 0 .4rem; padding-left: .7rem; border-left: 3px solid var(--line);
  font-size: .9rem; opacity: .85; } nav a { margin-right: .8rem; white-space: nowrap; } a { color: var(--accent); }
"""


def write_html(
    path: Path,
    report: Report,
    since_accepted: Comparison | None,
    since_earlier: Comparison | None,
    shortfalls: Sequence[str],
) -> None:
    """Write the page; every word that came from a case or a reply is escaped."""
    font = plots.chinese_font()
    failed = [r for r in report.results if not r.passed]
    turns = sum(len(r.case.turns) for r in report.results)
    parts = [
        "<h1>评测报告</h1>",
        f'<p class="lead">{len(report.results)} 题、{turns} 轮提问，按 {report.as_of} 回答；'
        f"{len(failed)} 题未全部通过。</p>",
        _warning(shortfalls),
        _tiles(report, since_accepted),
        "<h2>质量</h2>",
        _figure("全部通过的比例，按题型", _wide(plots.quality_by_kind(report.table, KINDS, font))),
        '<div class="plots" style="margin-top:1.5rem">',
        _figure("状态：应有与实际", plots.status_confusion(report.results, font)),
        _figure("用时分布", plots.latency(report.results, font)),
        "</div>",
        "<h2>与采纳的基线相比</h2>",
        _drift(since_accepted, font),
        _turned(since_earlier, {r.case.id for r in failed}),
        "<h2>明细表</h2>",
        _table(report.table),
        "<h2>与现成做法相比</h2>",
        _peers(path.with_name("peers.json")),
        f'<h2 id="failed">未通过的题（{len(failed)}）</h2>',
        _failed(failed),
        _disagreements(report.results),
    ]
    page = (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>评测报告</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style></head><body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )
    path.write_text(page, "utf-8")


def _shown(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    if metric in _COUNTS:
        return f"{value:.0f}"
    return f"{value:.1f}" if metric.endswith("_ms") else f"{value:.1%}"


def _is_low(metric: str, value: float | None) -> bool:
    if value is None or metric == "citation_precision":  # measured, not demanded
        return False
    return value > 0 if metric in {"unbound_figures", "false_refusals"} else value < 0.95


def _figure(caption: str, svg: str) -> str:
    return f"<figure><figcaption>{caption}</figcaption>{svg}</figure>"


def _wide(svg: str) -> str:
    """A plot that a narrow screen scrolls rather than shrinks."""
    return f'<div class="wide">{svg}</div>' if svg else ""


def _warning(shortfalls: Sequence[str]) -> str:
    if not shortfalls:
        return ""
    items = "".join(f"<li>{escape(fault)}</li>" for fault in shortfalls)
    return f'<div class="warning" role="alert"><b>有 {len(shortfalls)} 个指标越过门槛</b><ul>{items}</ul></div><br>'


def _tiles(report: Report, since: Comparison | None) -> str:
    moved = {(c.split, c.metric): c for c in since.changes} if since else {}
    tiles = []
    for metric in _HEADLINES:
        lines = []
        for split, metrics in report.metrics.items():
            value = metrics[metric]
            low = ' class="low"' if _is_low(metric, value) else ""
            change = moved.get((split, metric))
            delta = "" if change is None else _delta(metric, change.before, change.now)
            lines.append(f"<div><small>{split}</small><span>{delta} <b{low}>{_shown(metric, value)}</b></span></div>")
        tiles.append(f'<section class="tile"><h3>{METRICS[metric]}</h3>{"".join(lines)}</section>')
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _delta(metric: str, before: float | None, now: float | None) -> str:
    if before is None or now is None:
        return ""
    is_better = (now > before) != (metric in {"unbound_figures", "false_refusals"})
    shown = f"{now - before:+.0f}" if metric in _COUNTS else f"{(now - before) * 100:+.1f}"
    return f'<small class="{"better" if is_better else "worse"}">{shown}</small>'


def _drift(since: Comparison | None, font: str) -> str:
    if since is None:
        return "<p>没有可比的基线；用 <code>--accept</code> 采纳一次完整的运行。</p>"
    if not since.changes:
        return "<p>所有指标都与基线相同。</p>"
    rows = "".join(
        f"<tr><td>{c.split}</td><td>{METRICS.get(c.metric, escape(c.metric))}</td><td>{_shown(c.metric, c.before)}</td>"
        f"<td>{_shown(c.metric, c.now)}</td><td>{_delta(c.metric, c.before, c.now)}</td></tr>"
        for c in since.changes
    )
    heads = "<tr><th>题集</th><th>指标</th><th>基线</th><th>现在</th><th>变化</th></tr>"
    return (
        _wide(plots.changes(since, METRICS, font))
        + f'<div class="scroll"><table><thead>{heads}</thead><tbody>{rows}</tbody></table></div>'
    )


def _turned(since: Comparison | None, failed: set[str]) -> str:
    if since is None:
        return ""
    groups = (
        ("新出现的失败", since.newly_failing), ("新通过", since.newly_passing),
        ("新增的题", since.only_now), ("不再有的题", since.only_before),
    )  # fmt: skip
    items = ""
    for name, ids in groups:
        links = "、".join(_link(i) if i in failed else escape(i) for i in ids)
        items += f"<dt>{name}（{len(ids)}）</dt><dd>{links or '无'}</dd>"
    return f"<h2>与所选的旧报告相比</h2><dl>{items}</dl>"


def _link(case: str) -> str:
    return f'<a href="#case-{escape(case)}">{escape(case)}</a>'


def _table(rows: Iterable[Row]) -> str:
    metrics = ("n", "passed", "amount", "first_clause", "status", "unbound_figures", "p50_ms", "p95_ms")
    heads = "".join(f"<th>{name}</th>" for name in ("题集", "题型", *(METRICS[m] for m in metrics)))
    lines = []
    for row in rows:
        values = row.model_dump()
        cells = "".join(_cell(m, values[m], is_judged=m not in {"n", "p50_ms", "p95_ms"}) for m in metrics)
        lines.append(f'<tr class="{row.kind}"><td>{row.split}</td><td>{KINDS.get(row.kind, row.kind)}</td>{cells}</tr>')
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _peers(path: Path) -> str:
    """Our answers beside a stock pipeline's, as `evals.peers` last measured them; times as ratios to ours."""
    if not path.exists():
        return "<p>还没有比较过。运行 <code>python -m evals.peers</code> 后重新生成报告。</p>"
    result = json.loads(path.read_text("utf-8"))
    names = ("做法", "算出的数对", "该拒的拒了", "该答的答了", "含正确条款原话", "字数", "用时（对我们的倍数）")
    heads = "".join(f"<th>{name}</th>" for name in names)
    ours = result["scores"][0]["median_ms"]
    lines = [
        f"<tr><td>{escape(s['pipeline'])}</td>"
        + "".join(f"<td>{_shown('amount', s[key])}</td>" for key in ("figures", "refusals", "answers", "clauses"))
        + f"<td>{s['length']}</td><td>{s['median_ms'] / ours:.1f}</td></tr>"
        for s in result["scores"]
    ]
    note = f"<p>同一批单轮题 {result['counts']['questions']} 道，同一个嵌入模型，同一次运行里轮流作答。</p>"
    return (
        f'{note}<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _cell(metric: str, value: float | None, is_judged: bool) -> str:
    low = ' class="low"' if is_judged and _is_low(metric, value) else ""
    return f"<td{low}>{_shown(metric, value)}</td>"


def _failed(failed: Sequence[Result]) -> str:
    if not failed:
        return "<p>没有。</p>"
    # A few are opened at once; many are a list to choose from.
    is_open = " open" if len(failed) <= 5 else ""
    return "\n".join(_case(result, is_open) for result in failed)


def _case(result: Result, is_open: str) -> str:
    case = result.case
    scorers = [s.name for s in result.scores if s.decides and not s.passed]
    chips = "".join(
        f'<span class="chip bad">{METRICS.get(n, n)}</span>' for n in (["出错"] if result.error else scorers)
    )
    talk = []
    for n, turn in enumerate(case.turns):
        talk.append(f'<div class="user">{escape(turn.strip()) or "（空）"}</div>')
        if n < len(result.replies):
            reply = result.replies[n]
            talk.append(
                f'<div class="reply"><small>{escape(reply.status)} · {result.elapsed_ms[n]:.1f} ms · '
                f"{escape(reply.receipt)}</small>{escape(reply.text)}</div>"
            )
    last = _evidence(result.replies[-1]) if result.replies else ""
    asked = escape(case.turns[-1].strip()) or "（空）"
    return (
        f'<details class="case" id="case-{escape(case.id)}"{is_open}><summary><code>{escape(case.id)}</code>'
        f'<span class="asked">{asked}</span><span class="chip">{KINDS[case.kind]}</span>'
        f'<span class="chip">{case.split}</span>{chips}</summary><div class="trace">'
        f'<ul class="reasons">{"".join(f"<li>{escape(_named(reason))}</li>" for reason in result.reasons)}</ul>'
        f"<h4>对话</h4>{''.join(talk)}"
        f'<div class="side"><div><h4>期望</h4>{_expectation(result)}</div><div><h4>末轮依据</h4>{last}</div></div>'
        "</div></details>"
    )


def _named(reason: str) -> str:
    name, mark, rest = reason.partition("：")
    return METRICS.get(name, "出错" if name == "error" else name) + mark + rest


def _expectation(result: Result) -> str:
    case = result.case
    amounts = "；".join(
        f"{clause}：{'无金额' if value is None else plain(value) + ' 元'}"
        + (f"（{case.modality[clause]}）" if clause in case.modality else "")
        + (f" = {case.worked[clause]}" if clause in case.worked else "")
        for clause, value in case.amounts.items()
    )
    fields = {
        "状态": " 或 ".join(case.status), "条款": "、".join(case.clauses), "金额": amounts,
        "应有": "　".join(case.must), "不应有": "　".join(case.must_not), "同": case.paraphrase_of, "出处": case.source,
    }  # fmt: skip
    return "<dl>" + "".join(f"<dt>{n}</dt><dd>{escape(v)}</dd>" for n, v in fields.items() if v) + "</dl>"


def _evidence(reply: Reply) -> str:
    parts = []
    for item in reply.calculations:
        amount = "无金额" if item.amount_yuan is None else f"{plain(item.amount_yuan)} 元"
        parts.append(
            f"<div>{escape(item.clause)} {escape(item.name)}：<b>{amount}</b>（{escape(item.modality or '–')}）</div>"
        )
    for quoted in reply.citations:
        parts.append(f"<div>{escape(quoted.label)}</div><blockquote>{escape(quoted.quote)}</blockquote>")
    return "".join(parts) or "<div>没有引用，也没有计算。</div>"


def _disagreements(results: Sequence[Result]) -> str:
    found = [
        f"<li>{escape(r.case.id) if r.passed else _link(r.case.id)}：{escape(score.reason)}</li>"
        for r in results
        for score in r.scores
        if score.name == "paraphrase" and not score.passed
    ]
    return f"<h2>改写后答复不一致（{len(found)}）</h2><ul>{''.join(found)}</ul>" if found else ""
