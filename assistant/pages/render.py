"""A Reply → pieces of safe HTML, in reading order; everything a user or a model wrote is escaped.

`Reply.text` holds the whole answer in words. Where the Reply also carries a part as data (a figure, its working, a
condition, a question asked back, a notice), that part is shown as data in the place of its words, so nothing is said
twice; words that no data repeats stay words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt

from assistant.amounts import format_yuan
from assistant.answer import STATES, Calculation, Check, Citation, Reply
from assistant.pages.marks import marked, phrases

_SHOWN_CITATIONS = 4
_MARK = {"meets": "✓", "fails": "✗", "unknown": "?"}
# Words that only join what a card shows; a block with nothing else in it is said by the card.
_JOINING = {"", "怎么算", "还需确认", "条件都符合并经认定时", "界限两侧", "条件逐条看"}
_MARKS = re.compile(r"[\s*>#`|，。；：、（）“”！!?？,.;:()\-—]+")
_LIST_MARK = re.compile(r"^\s*(?:\d+\.|[-*])\s+", re.MULTILINE)
# No raw HTML, no link and no picture: an answer's words can neither run anything nor fetch anything.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
_MARKDOWN.disable(["html_block", "html_inline", "link", "image", "autolink", "reference", "fence", "code"])


def render(reply: Reply, question: str = "") -> str:
    """The whole answer as one line of HTML."""
    return wrap(reply, list(pieces(reply, question)))


def wrap(reply: Reply, parts: Sequence[str]) -> str:
    """Pieces of an answer in the frame of its status, on one line: to a Markdown reader a blank line ends HTML."""
    return f'<div class="reply {escape(reply.status)}">{"".join(parts)}</div>'


def pieces(reply: Reply, question: str = "") -> Iterator[str]:
    """The answer piece by piece, the headline first; what it rests on and what was asked are marked in the clauses."""
    blocks = [b.strip() for b in re.split(r"\n\s*\n", reply.text) if b.strip()]
    waiting = list(reply.calculations)
    notices = [n for n in reply.notices if not any(_core(n) in _core(b) for b in blocks)]
    asked = [m.question for m in reply.missing if not any(_core(m.question) in _core(b) for b in blocks)]

    # A figure that the words do not lead with still comes first.
    for calculation in [c for c in waiting if c.amount_yuan is not None and not any(_is_head(b, c) for b in blocks)]:
        waiting.remove(calculation)
        yield card(calculation)

    for block in blocks:
        named = next((c for c in waiting if _is_head(block, c) or (c.amount_yuan is None and c.name in block)), None)
        if named is not None:
            waiting.remove(named)
        if any(_core(block) == _core(notice) for notice in reply.notices) and "**" not in block:
            yield _notice(_unmarked(block))
        elif any(_core(m.question) in _core(block) for m in reply.missing):
            yield f'<div class="ask">{_markdown(block)}</div>'
        elif not _is_said(block, reply.calculations):
            yield _words(block)
        if named is not None:
            yield card(named)

    yield from (card(calculation) for calculation in waiting)
    if asked:
        yield f'<div class="ask"><p>还需要您补充</p><ul>{"".join(f"<li>{escape(q)}</li>" for q in asked)}</ul></div>'
    yield from (_notice(notice) for notice in notices)
    if reply.citations:
        yield _citations(reply.citations, phrases(reply, question))
    if reply.receipt:
        yield f'<p class="receipt">回执 {escape(reply.receipt)}</p>'


def amount(calculation: Calculation) -> str:
    """The figure in plain words, an upper bound worded as one; "" when there is none."""
    if calculation.amount_yuan is None:
        return ""
    return f"{calculation.most}{format_yuan(calculation.amount_yuan)}"


def plain_text(message: str) -> str:
    """A user's message as HTML that every Markdown reader shows letter for letter; `html.unescape` gives it back."""
    text = re.sub(r"[!-/:-@\[-`{-~]", lambda m: f"&#{ord(m[0])};", message)
    return re.sub(r"(?m)^[ \t]+|(?<=\n)\n", lambda m: "".join(f"&#{ord(c)};" for c in m[0]), text)


def card(calculation: Calculation) -> str:
    """A measure: its figure large, then working, other figures and conditions; "" when it has none of them."""
    rest = _steps(calculation) + _readings(calculation) + _limits(calculation) + _conditions(calculation.conditions)
    name, per = escape(calculation.name), escape(calculation.per)
    if calculation.amount_yuan is None:
        return f'<section class="card"><p class="name">{name}</p>{rest}</section>' if rest else ""
    if_confirmed = any(c.state == "unknown" for c in calculation.conditions)
    number, _, unit = format_yuan(calculation.amount_yuan).partition(" ")
    return (
        f'<section class="card"><p class="name">{name}</p>'
        f'<p class="figure"><span class="most">{calculation.most.strip()}</span>'
        f'<strong>{number}</strong><span class="unit">{unit}</span></p>'
        f'<p class="per">{per}{"；条件都符合并经认定时" if if_confirmed else ""}</p>{rest}</section>'
    )


def _steps(calculation: Calculation) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in (*calculation.told, *calculation.working))
    return f"<h4>怎么算</h4><ol>{steps}</ol>" if steps else ""


def _limits(calculation: Calculation) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in calculation.limits)
    return f"<h4>界限两侧</h4><ul>{lines}</ul>" if lines else ""


def _readings(calculation: Calculation) -> str:
    if not calculation.readings:
        return ""
    rows = "".join(
        f"<tr><td>{escape(r.label)}</td><td>{calculation.most}{format_yuan(r.amount_yuan)}</td></tr>"
        for r in calculation.readings
    )
    return f'<table class="readings"><tbody>{rows}</tbody></table>'


def _conditions(checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    rows = ""
    for check in checks:
        said = f'<span class="said">您说：“{escape(check.words)}”</span>' if check.words else ""
        quote = f'<span class="said">条文：“{escape(check.quote)}”</span>' if check.quote else ""
        rows += (
            f'<li class="{check.state}"><span class="mark">{_MARK[check.state]}</span>'
            f'<span class="text">{escape(check.text)}{said}{quote}</span>'
            f'<span class="state">{STATES[check.state]}</span></li>'
        )
    return f'<h4>条件</h4><ul class="checks">{rows}</ul>'


def _citations(citations: Sequence[Citation], words: Sequence[str]) -> str:
    rows = [citation(c.clause, c.label, _quote(c.quote, words)) for c in citations]
    more = rows[_SHOWN_CITATIONS:]
    shown = "".join(rows[:_SHOWN_CITATIONS] if more else rows)
    if more:
        shown += f'<details class="more"><summary>其余 {len(more)} 条依据</summary>{"".join(more)}</details>'
    return f'<div class="citations"><h4>政策原文</h4>{shown}</div>'


def citation(clause: str, label: str, words: str) -> str:
    """A clause folded under its label, its words being safe HTML, with the way to its place in the text."""
    return (
        f'<details class="citation"><summary>{escape(label)}</summary><blockquote>{words}'
        f'<p class="whole"><a href="#clause-{escape(clause)}">在全文里看</a></p></blockquote></details>'
    )


def _quote(text: str, words: Sequence[str]) -> str:
    return "".join(f"<p>{marked(line, words)}</p>" for line in text.splitlines() if line.strip())


def _notice(text: str) -> str:
    return f'<p class="notice">{escape(text)}</p>'


def _words(block: str) -> str:
    kind = "departments" if block.startswith("责任部门") else "words"
    return f'<div class="{kind}">{_markdown(block)}</div>'


def _markdown(text: str) -> str:
    return str(_MARKDOWN.render(text)).replace("\n", "")


def _is_head(block: str, calculation: Calculation) -> bool:
    """Whether a block is the line that says a calculation's figure and nothing more."""
    if calculation.amount_yuan is None or amount(calculation) not in block:
        return False
    return _is_said(block, (calculation,)) and calculation.name in block


def _is_said(block: str, calculations: Sequence[Calculation]) -> bool:
    """Whether the cards of `calculations` show everything that a block says."""
    if not calculations or block.startswith(">"):
        return False
    rest = _unmarked(block)
    shown = sorted({words for c in calculations for words in _shown(c) if words}, key=len, reverse=True)
    for words in shown:
        rest = rest.replace(words, "")
    return _core(rest) in _JOINING


def _shown(calculation: Calculation) -> Iterator[str]:
    yield from (calculation.name, calculation.per, amount(calculation), *calculation.steps)
    for check in calculation.conditions:
        yield f"{STATES[check.state]}：{check.detail}"
        yield check.text
    for reading in calculation.readings:
        yield f"{reading.label}：{calculation.most}{format_yuan(reading.amount_yuan)}"
        yield f"{reading.label} {format_yuan(reading.amount_yuan)}"


def _unmarked(block: str) -> str:
    return _LIST_MARK.sub("", block).replace("**", "").replace("> ", "").strip()


def _core(text: str) -> str:
    """A text without marks and white space, to compare what is said."""
    return _MARKS.sub("", text)
