"""Results → plots as SVG to stand inside a page: glyphs as paths, text in the page's own colour."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

import matplotlib
from matplotlib import font_manager, patches, ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evals.comparison import Comparison
from evals.metrics import Result, Row

STATUSES = ("answered", "needs_input", "not_covered", "refused", "error")
_INK = "#010203"  # stands for the page's text colour
_FAINT = "#8a8f98"
_COLOURS = {"dev": "#3f7fd0", "test": "#e08a3c"}
_GOOD, _BAD = "#2f9e63", "#d2503f"
_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC",
    "SimHei", "Heiti SC",
)  # fmt: skip


def chinese_font() -> str:
    """A font of this machine that has Chinese, or nothing: the labels are English then, never empty boxes."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).exists()}
    return next((name for name in _FONTS if name in installed), "")


def quality_by_kind(rows: Sequence[Row], names: dict[str, str], font: str) -> str:
    """The share of cases that passed everything, by kind and split, the worst on top; `names` labels kinds."""
    worst: dict[str, float] = {}
    for row in rows:
        if row.kind != "all":
            worst[row.kind] = min(worst.get(row.kind, 1.0), row.passed or 0.0)
    kinds = sorted(worst, key=lambda kind: (worst[kind], kind), reverse=True)  # drawn upwards: the worst on top
    splits = sorted({row.split for row in rows})
    figure, axes = _axes(10, 0.8 + 0.17 * len(kinds) * (len(splits) + 0.4), font)
    height = 0.8 / len(splits)
    for n, split in enumerate(splits):
        found = {row.kind: row for row in rows if row.split == split}
        for y, kind in enumerate(kinds):
            if kind not in found:
                continue
            row, place = found[kind], y + 0.4 - height * (n + 0.5)
            share = row.passed or 0.0
            axes.barh(place, 1, height * 0.86, color=_FAINT, alpha=0.15)
            axes.barh(place, share, height * 0.86, color=_COLOURS[split], label=split if y == 0 else "")
            axes.text(1.01, place, f"{share:.0%}  n={row.n}", va="center", fontsize=8, color=_INK)
    axes.set_yticks(range(len(kinds)), [names.get(kind, kind) if font else kind for kind in kinds])
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    axes.set_ylim(-0.6, len(kinds) - 0.4)
    handles = [patches.Patch(color=_COLOURS[s], label=s) for s in splits]
    axes.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.43, 1.0),
        ncol=2,
        frameon=False,
        labelcolor=_INK,
        fontsize=9,
    )
    return _svg(figure, "quality by kind")


def status_confusion(results: Sequence[Result], font: str) -> str:
    """Expected status down, the reply's across; an acceptable reply counts on the diagonal."""
    pairs = Counter((r.status if r.status in r.case.status else str(r.case.status[0]), r.status) for r in results)
    across = [s for s in STATUSES if s != "error" or any(got == s for _, got in pairs)]
    down = STATUSES[:4]
    figure, axes = _axes(5.2, 3.3, font)
    for y, expected in enumerate(down):
        total = sum(n for (wanted, _), n in pairs.items() if wanted == expected)
        for x, got in enumerate(across):
            count = pairs[expected, got]
            colour = _GOOD if expected == got else _BAD
            alpha = 0.08 if not count else 0.25 + 0.6 * count / total
            axes.add_patch(patches.Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, color=colour, alpha=alpha, lw=0))
            if count:
                axes.text(x, y, str(count), ha="center", va="center", fontsize=11, color=_INK)
    axes.set_xticks(range(len(across)), across)
    axes.set_yticks(range(len(down)), down)
    axes.set_xlim(-0.55, len(across) - 0.45)
    axes.set_ylim(len(down) - 0.45, -0.55)
    axes.grid(visible=False)
    axes.set_xlabel("实际状态" if font else "actual", color=_INK)
    axes.set_ylabel("应有状态" if font else "expected", color=_INK)
    return _svg(figure, "confusion of statuses")


def latency(results: Sequence[Result], font: str) -> str:
    """How long replies took, every turn counted; p50 and p95 marked."""
    times = sorted(t for r in results for t in r.elapsed_ms)
    figure, axes = _axes(5.2, 3.3, font)
    if times:
        top = max(times)
        axes.hist(times, bins=min(40, max(5, len(times) // 4)), range=(0, top), color=_COLOURS["dev"], alpha=0.85)
        for share, style in ((0.5, "-"), (0.95, "--")):
            value = times[min(len(times) - 1, int(share * len(times)))]
            axes.axvline(value, color=_BAD, ls=style, lw=1.2, label=f"p{share * 100:.0f} = {value:.1f} ms")
        axes.legend(frameon=False, labelcolor=_INK)
        axes.set_yscale("symlog", linthresh=10)
        axes.yaxis.set_major_formatter(ticker.ScalarFormatter())
        axes.set_ylim(bottom=0)
    axes.set_xlabel("每次答复，毫秒" if font else "ms a reply", color=_INK)
    axes.set_ylabel("次数（对数）" if font else "replies (log)", color=_INK)
    return _svg(figure, "latency")


def changes(comparison: Comparison, names: dict[str, str], font: str) -> str:
    """Each share that moved since the accepted run, in percentage points; empty when none did."""
    moved = [
        (c, (c.now - c.before) * 100)
        for c in comparison.changes
        if c.before is not None and c.now is not None and c.metric not in {"n", "unbound_figures"}
    ][::-1]
    if not moved:
        return ""
    figure, axes = _axes(10, 0.7 + 0.28 * len(moved), font)
    widest = max(abs(points) for _, points in moved)
    for y, (change, points) in enumerate(moved):
        is_better = (points > 0) != (change.metric == "false_refusals")
        axes.barh(y, points, 0.62, color=_GOOD if is_better else _BAD)
        axes.text(
            points + (0.02 if points > 0 else -0.02) * widest, y, f"{points:+.1f}",
            ha="left" if points > 0 else "right", va="center", fontsize=8, color=_INK,
        )  # fmt: skip
    labels = [f"{c.split} · {names.get(c.metric, c.metric) if font else c.metric}" for c, _ in moved]
    axes.set_yticks(range(len(moved)), labels)
    axes.axvline(0, color=_INK, lw=0.8)
    axes.set_xlim(-widest * 1.25, widest * 1.25)
    axes.set_xlabel("百分点" if font else "percentage points", color=_INK)
    return _svg(figure, "change against the accepted run")


def _axes(width: float, height: float, font: str) -> tuple[Figure, Axes]:
    matplotlib.rcParams["svg.fonttype"] = "path"
    matplotlib.rcParams["svg.hashsalt"] = "evals"  # the same run gives the same bytes
    matplotlib.rcParams["font.family"] = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    matplotlib.rcParams["axes.unicode_minus"] = False
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=_FAINT, alpha=0.25, lw=0.6)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(colors=_INK, length=0, labelsize=9)
    return figure, axes


def _svg(figure: Figure, label: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    # The ids of one plot must not answer the references of another.
    slug = label.replace(" ", "-")
    svg = re.sub(r'\bid="', f'id="{slug}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{slug}-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
