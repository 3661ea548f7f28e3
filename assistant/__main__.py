"""The command line: `assistant ask|estimate|search|index|check|doctor|desk`, as fixed by the contract."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from assistant.audit import audit
from assistant.desk.commands import add_commands
from assistant.errors import AssistantError, UnusableInput
from assistant.policies import Policy, read_policies
from assistant.settings import read_settings

if TYPE_CHECKING:
    from assistant.answer import Reply
    from assistant.measures import Measure
    from assistant.wiring import Assistant

OK, FAILED, BAD_USAGE = 0, 1, 2
_VERDICTS = {"kept": "保留", "replaced": "换成程序的话", "dropped": "去掉"}


class _ChineseParser(argparse.ArgumentParser):
    """argparse in Chinese, with its exit code for bad usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_USAGE, f"用法有误：{message}。请用 {self.prog} -h 查看说明。\n")

    def format_help(self) -> str:
        text = super().format_help()
        for english, chinese in (
            ("usage:", "用法："), ("positional arguments:", "参数："), ("options:", "选项："),
            ("show this help message and exit", "显示本说明并退出"),
        ):  # fmt: skip
            text = text.replace(english, chinese)
        return text


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 failure, 2 bad usage. With --json only JSON goes to standard output."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UnusableInput as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except AssistantError as error:
        print(error, file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = _ChineseParser(prog="assistant", description="政策问答：有据可查的数字，一步步算给您看。")
    commands = parser.add_subparsers(title="命令", metavar="命令", required=True, parser_class=_ChineseParser)

    ask = commands.add_parser(
        "ask", help="问一个问题，或批量回答一个文件", description="问一个问题，或批量回答一个文件。"
    )
    ask.add_argument("question", nargs="?", metavar="问题")
    ask.add_argument("--batch", metavar="IN.jsonl", help='每行 {"id": …, "turns": [用户的话…]}，配合 --json')
    ask.add_argument("--json", action="store_true", help="只输出 JSON")
    ask.add_argument("--trace", action="store_true", help="另外列出语言模型做了什么、核对时改掉了什么")
    ask.add_argument("--as-of", type=_day, default=None, metavar="YYYY-MM-DD", help="按哪一天判断期限（默认今天）")
    ask.set_defaults(run=_ask)

    estimate = commands.add_parser(
        "estimate", help="直接计算一个事项", description="直接计算一个事项；不带参数时列出全部事项。"
    )
    estimate.add_argument(
        "measure", nargs="?", metavar="事项", help="事项编号，或只有一个事项的条款号，例如 interest 或 5.7"
    )
    estimate.add_argument("inputs", nargs="*", metavar="输入=值", help="例如 loan=8000万 loan_rate=4%%")
    estimate.add_argument("--json", action="store_true", help="只输出 JSON")
    estimate.set_defaults(run=_estimate)

    search = commands.add_parser(
        "search", help="在原文里查找，并说明为什么找到", description="在原文里查找，并说明为什么找到。"
    )
    search.add_argument("text", metavar="文字")
    search.add_argument("--json", action="store_true", help="只输出 JSON")
    search.set_defaults(run=_search)

    commands.add_parser("index", help="建立或更新索引", description="建立或更新索引。").set_defaults(run=_index)
    commands.add_parser(
        "check", help="检查原文、修复和事项数据", description="检查原文、修复和事项数据。"
    ).set_defaults(run=_check)
    commands.add_parser("doctor", help="报告各部分的状态", description="报告各部分的状态。").set_defaults(run=_doctor)
    desk = commands.add_parser("desk", help="坐席台：账号、备份、清理", description="坐席台：账号、备份、清理。")
    add_commands(desk, _ChineseParser)
    return parser


def _ask(arguments: argparse.Namespace) -> int:
    from assistant.wiring import open_assistant

    on = arguments.as_of or date.today()
    if (arguments.question is None) == (arguments.batch is None):
        raise UnusableInput(
            "请给出一个问题，或用 --batch 给出一个文件（二选一）。例：assistant ask 买了3000万的检测仪器能补多少"
        )
    settings = read_settings()
    if arguments.batch is not None:
        if not arguments.json:
            raise UnusableInput("--batch 的结果是 JSON，请同时写 --json。")
        lines = _open_batch(Path(arguments.batch))
        with lines:
            return _answer_batch(lines, open_assistant(settings), on)
    reply = open_assistant(settings, opens_search=False).reply([arguments.question], on)
    print(reply.model_dump_json() if arguments.json else reply.text)
    if arguments.trace and not arguments.json:
        print("\n" + "\n".join(_traced(reply)))
    return OK


def _traced(reply: Reply) -> Iterator[str]:
    """What a language model had to do with an answer, line by line."""
    trace = reply.trace
    if trace is None:
        yield "语言模型：这个回答没有用到。"
        return
    yield f"语言模型：{trace.model}；提示词 {'、'.join(trace.prompts)}；用时 {trace.elapsed_ms / 1000:.1f} 秒"
    if trace.trouble:
        yield f"没有帮上忙：{trace.trouble}"
    yield from trace.proposals
    for sentence in trace.sentences:
        reason = f"（{sentence.reason}）" if sentence.reason else ""
        yield f"{_VERDICTS[sentence.verdict]}{reason}：{sentence.sentence}"


def _open_batch(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8")
    except OSError as error:
        raise UnusableInput(f"读不到批量文件 {path}（{error.strerror}）。请检查路径。") from error


def _answer_batch(lines: TextIO, assistant: Assistant, on: date) -> int:
    """Answer line by line, in order; a line that cannot be read is named on standard error and the rest goes on."""
    outcome = OK
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            name, turns = item["id"], item["turns"]
            if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
                raise TypeError("turns 应是非空的字符串列表")
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            print(f'第 {number} 行不能用（{error}）。每行应是 {{"id": "…", "turns": ["…"]}}。', file=sys.stderr)
            outcome = FAILED
            continue
        replies = [assistant.reply(turns[: n + 1], on).model_dump(mode="json") for n in range(len(turns))]
        print(json.dumps({"id": name, "replies": replies}, ensure_ascii=False), flush=True)
    return outcome


def _estimate(arguments: argparse.Namespace) -> int:
    from assistant.tools import estimate

    policies = read_policies(read_settings().corpus_dir)
    if arguments.measure is None:
        for policy in policies:
            for measure in policy.measures:
                inputs = "，".join(f"{i.name}（{i.label}）" for i in measure.inputs) or "无输入"
                print(f"{measure.id}\t{measure.clause}\t{measure.name}\t{inputs}")
        return OK
    policy, measure = _find_measure(policies, arguments.measure)
    words: dict[str, str] = {}
    for pair in arguments.inputs:
        key, mark, value = pair.partition("=")
        if not mark or not value:
            raise UnusableInput(f"“{pair}”不是 输入=值 的形式，例如 loan=8000万。")
        words[key] = value
    calculation = estimate(measure, words)
    if arguments.json:
        print(calculation.model_dump_json())
        return OK
    from assistant.composition import Composer

    print(Composer(policy).worked_out(measure, calculation, date.today()).text)
    return OK


def _find_measure(policies: Sequence[Policy], name: str) -> tuple[Policy, Measure]:
    hits = [(p, m) for p in policies for m in p.measures if m.id == name]
    hits = hits or [(p, m) for p in policies for m in p.measures if m.clause == name]
    if len(hits) == 1:
        return hits[0]
    names = "、".join(m.id for _, m in hits) if hits else "、".join(m.id for p in policies for m in p.measures)
    problem = f"条款 {name} 有几个事项，请写明" if hits else f"没有事项 {name}，可用"
    raise UnusableInput(f"{problem}：{names}。")


def _search(arguments: argparse.Namespace) -> int:
    from assistant.wiring import open_retriever

    retriever, policies = open_retriever(read_settings())
    hits = retriever.search(arguments.text)
    if arguments.json:
        print(json.dumps([asdict(hit) for hit in hits], ensure_ascii=False))
        return OK
    for n, hit in enumerate(hits, 1):
        clause = next(p for p in policies if p.id == hit.policy).clause(hit.clause_id)
        print(f"{n}. {clause.label}（{hit.clause_id}）{hit.why()}\n   {clause.body[:60]}")
    return OK


def _index(arguments: argparse.Namespace) -> int:
    from assistant.wiring import build

    print(build(read_settings()))
    return OK


def _check(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    outcome = OK
    for policy in read_policies(settings.corpus_dir):
        description = policy.description
        print(f"{description.title}（{description.number}）")
        print(f"原文 sha256 {description.source_sha256}，与登记一致。")
        print(f"登记的修复 {len(description.repairs)} 处：")
        for item in description.repairs:
            print(f"  {item.find!r} → {item.replace!r}（{item.reason}）")
        faults = audit(policy)
        if not faults:
            print(f"{len(policy.clauses)} 个条款合起来就是修复后的全文，没有多也没有少；")
            print(f"{len(policy.measures)} 个事项的每个数都在所引条款里，“政策支持”一章的每个数都有去处。")
            continue
        outcome = FAILED
        print(f"发现 {len(faults)} 处问题，请按所指文件和键改正后重试：")
        for fault in faults:
            print(f"  {fault}")
    return outcome


def _doctor(arguments: argparse.Namespace) -> int:
    from assistant.desk.store import inspect
    from assistant.wiring import diagnose

    settings = read_settings()
    outcome = OK
    for is_well, line in (*diagnose(settings), inspect(settings.database_url.get_secret_value())):
        print(f"{'正常' if is_well else '异常'}  {line}")
        outcome = outcome if is_well else FAILED
    return outcome


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} 不是日期，应写成 2022-12-31 这样") from None


if __name__ == "__main__":
    sys.exit(main())
