"""The corpus is sound, and each way it can be broken is named in a sentence."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from assistant.audit import audit
from assistant.conditions import verdicts_in
from assistant.errors import CorpusError
from assistant.measures import Series
from assistant.policies import Policy, read_policies
from assistant.questions import read_questions


@pytest.fixture
def corpus(tmp_path: Path, corpus_dir: Path) -> Path:
    shutil.copytree(corpus_dir, tmp_path / "corpus")
    return tmp_path / "corpus"


def policy_file(corpus: Path, name: str) -> Path:
    return corpus / "policies" / "zhongshan-it-2018" / name


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_corpus_has_no_fault(policy: Policy) -> None:
    assert audit(policy) == []


def test_the_sixteen_items_are_twenty_three_measures(policy: Policy) -> None:
    routes = dict.fromkeys(range(1, 17), 1) | {6: 2, 8: 3, 12: 3, 13: 2, 15: 2}
    found = {n: sum(m.clause == f"5.{n}" for m in policy.measures) for n in range(1, 17)}
    assert found == routes


def test_a_changed_figure_is_found_by_reading_its_quote(corpus: Path) -> None:
    change(policy_file(corpus, "measures.toml"), "cap = { value = 5_000_000,", "cap = { value = 6_000_000,")
    faults = audit(read_policies(corpus)[0])
    assert any("与引文读出的数不一致" in fault for fault in faults)


def test_a_quote_that_is_not_in_its_clause_is_found(corpus: Path) -> None:
    change(policy_file(corpus, "measures.toml"), 'quote = "贴息扶持不超过 5 年"', 'quote = "贴息扶持不超过 6 年"')
    assert any("引文不在条款 5.7" in fault for fault in audit(read_policies(corpus)[0]))


def test_a_figure_of_the_support_chapter_without_a_measure_is_found(corpus: Path) -> None:
    change(policy_file(corpus, "measures.toml"), '[[not_rules]]\nclause = "5.6"', '[[not_rules]]\nclause = "5.7"')
    faults = audit(read_policies(corpus)[0])
    assert any("条款 5.6 的“5 年”没有绑定" in fault for fault in faults)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("最高 900 万元。", "没有的数"),
        ("给 1000 万元。", "上限没有写成"),
        ("最高 1000 万元。" * 6, "66 字，最多 60 字"),
    ],
)
def test_a_line_to_read_aloud_that_is_long_unbound_or_promises_is_found(corpus: Path, line: str, fault: str) -> None:
    written = "优质项目落户，最高不超过 1000 万元创业扶持，给多少看评价结果。"
    change(policy_file(corpus, "measures.toml"), f'aloud = "{written}"', f'aloud = "{line}"')
    faults = audit(read_policies(corpus)[0])
    assert any("startup aloud" in found and fault in found for found in faults)


def test_an_input_that_nothing_uses_is_found(corpus: Path) -> None:
    change(policy_file(corpus, "measures.toml"), 'base = "net_value"', 'base = "book_value"')
    faults = audit(read_policies(corpus)[0])
    assert any("没有定义的输入项 book_value" in fault for fault in faults)
    assert any("输入项 net_value 没有用到" in fault for fault in faults)


def test_an_undeclared_page_break_is_found(corpus: Path) -> None:
    path = policy_file(corpus, "policy.toml")
    text = path.read_text("utf-8")
    start = text.index('[[repairs]]\nfind = "给予安装调试') if '[[repairs]]\nfind = "给予安装调试' in text else -1
    assert start >= 0
    end = text.index("[[repairs]]", start + 1)
    path.write_text(text[:start] + text[end:], "utf-8")
    assert any("引文不在条款 5.4" in fault for fault in audit(read_policies(corpus)[0]))


def test_every_repair_is_declared_with_a_reason(policy: Policy) -> None:
    assert len(policy.description.repairs) == 15
    assert all(item.reason for item in policy.description.repairs)


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("source.txt", None, "读不到政策原文"),
        ("source.txt", "改过的原文", "与登记的不一致"),
        ("measures.toml", None, "读不到"),
        ("measures.toml", "[[measures]\n", "不是有效的 TOML"),
        ("measures.toml", '[[measures]]\nid = "x"\n', "不合格式"),
        ("policy.toml", 'id = "x"\n', "不合格式"),
        ("topics.toml", "topics = 3\n", "不合格式"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(corpus: Path, name: str, damage: str | None, said: str) -> None:
    path = policy_file(corpus, name)
    if damage is None:
        path.unlink()
    else:
        path.write_text(damage, "utf-8")
    with pytest.raises(CorpusError, match=said) as caught:
        read_policies(corpus)
    assert name in str(caught.value)
    assert "请" in str(caught.value)


def test_an_unknown_key_is_refused(corpus: Path) -> None:
    change(policy_file(corpus, "measures.toml"), 'id = "startup"', 'id = "startup"\ncapp = 3')
    with pytest.raises(CorpusError, match="capp"):
        read_policies(corpus)


def test_a_pattern_that_does_not_compile_is_named(corpus: Path) -> None:
    change(policy_file(corpus, "measures.toml"), '"重特大|一事一议"', '"重特大|(一事一议"')
    with pytest.raises(CorpusError, match=r"measures.toml.*unless.*正则"):
        read_policies(corpus)


def add_fragment_and_pattern(corpus: Path, fragment: str, pattern: str) -> None:
    path = policy_file(corpus, "conditions.toml")
    change(path, "[fragments]\n", f"[fragments]\n{fragment}\n")
    change(path, "\n[sector]\nmeets = [\n", f"\n[sector]\nmeets = [\n{pattern},\n")


def sector_pattern(corpus: Path) -> str:
    sector = next(c for m in read_policies(corpus)[0].measures for c in m.conditions if c.name == "sector")
    return sector.wording.meets[0]


@pytest.mark.parametrize(
    ("fragment", "pattern", "full"),
    [
        ("size = '[大小]'", "'{size}{0,2}厂'", "[大小]{0,2}厂"),
        ("size = ['大|小', '不[大小]']", "'很{size}{0,2}'", "很(?:大|小|不[大小]){0,2}"),
        ("size = ['大', '小']", "'(?:{size}|中)型(?!{size})'", "(?:大|小|中)型(?!大|小)"),
        ("size = '[大|小]|中(?:大|小)'", "['{size}', '{size}型']", "[大|小]|中(?:大|小)|(?:[大|小]|中(?:大|小))型"),
        ("size = '大|小'\nsized = '{size}型'", "'{sized}厂'", "(?:大|小)型厂"),
    ],
)
def test_a_fragment_is_put_into_a_pattern_as_one_thing(corpus: Path, fragment: str, pattern: str, full: str) -> None:
    add_fragment_and_pattern(corpus, fragment, pattern)
    assert sector_pattern(corpus) == full


@pytest.mark.parametrize(
    ("fragment", "pattern", "key", "said"),
    [
        ("size = '大'", "'{size}{syze}'", r"sector\.meets\.0", "用到没有定义的片段 {syze}。请在"),
        ("size = '大'", "'{size}{Size}'", r"sector\.meets\.0", "用到没有定义的片段 {Size}。请在"),
        ("sized = '{syze}型'", "'{sized}'", r"fragments\.sized", "用到没有定义的片段 {syze}。请在"),
        ("sized = '{size}型'\nsize = '大'", "'{sized}'", r"fragments\.sized", "用到写在它下面的片段 {size}。请把"),
        ("size = ['大', '很{size}']", "'{size}'", r"fragments\.size", "用到了它自己：{size}。请把"),
        ("size = '大'\nsized = '{size}型'", "'大'", r"\[fragments\]", "{sized} 没有用到。请在"),
    ],
)
def test_a_fragment_unknown_unused_or_of_itself_is_named_with_its_file_key_and_the_next_step(
    corpus: Path, fragment: str, pattern: str, key: str, said: str
) -> None:
    add_fragment_and_pattern(corpus, fragment, pattern)
    with pytest.raises(CorpusError, match=rf"conditions\.toml.*{key}.*{re.escape(said)}"):
        read_policies(corpus)


def test_a_word_added_to_a_fragment_is_known_wherever_the_fragment_stands(corpus: Path) -> None:
    said = "从桃源搬过来的旧设备，我们在桃源有厂"
    assert verdicts_in(said, read_policies(corpus)[0].measures) == {}
    change(policy_file(corpus, "conditions.toml"), "\ntown = [\n", "\ntown = [\n'桃源',\n")
    found = verdicts_in(said, read_policies(corpus)[0].measures)
    assert found["equipment-transfer", "from_outside"].state == "fails"
    assert found["upgrade", "existing"].state == "meets"


def test_any_file_of_patterns_may_have_fragments(corpus: Path) -> None:
    topics, questions = policy_file(corpus, "topics.toml"), corpus / "lexicon" / "questions.toml"
    change(topics, "[fragments]\n", "[fragments]\nsize = '大|小'\n")
    change(topics, "\ncues = [", "\ncues = ['{size}型', ")
    change(questions, "[fragments]\n", "[fragments]\nsize = '大|小'\n")
    change(questions, "\n[intents]\n", "\n[intents]\nsized = ['{size}型']\n")
    assert read_policies(corpus)[0].topics[0].cues[0] == "(?:大|小)型"
    assert read_questions(questions).intents["sized"].pattern == "(?:大|小)型"


@pytest.mark.parametrize(
    "fragment", ["Size = '大'", "size = 3", "size = []", "size = ['大', 3]", "size = { a = '大' }"]
)
def test_a_fragment_is_a_lower_case_name_with_patterns(corpus: Path, fragment: str) -> None:
    add_fragment_and_pattern(corpus, fragment, "'大'")
    with pytest.raises(CorpusError, match=r"conditions\.toml.*不合格式"):
        read_policies(corpus)


def test_a_repair_must_find_its_words_exactly_once(corpus: Path) -> None:
    change(policy_file(corpus, "policy.toml"), 'find = "思想 and', 'find = "思想  and')
    with pytest.raises(CorpusError, match="应在原文出现 1 次，实际 0 次"):
        read_policies(corpus)


def test_an_empty_corpus_says_where_policies_belong(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="里没有政策"):
        read_policies(tmp_path)


def test_no_figure_and_no_name_of_the_policy_stands_in_python(corpus_dir: Path, policy: Policy) -> None:
    figures = {
        v for m in policy.measures for f in m.figures() for v in (f.values if isinstance(f, Series) else (f.value,))
    }
    large = {value for value in figures if value >= 100_000}
    names = {m.name for m in policy.measures} | {m.quote for m in policy.measures} | {policy.description.place}
    for path in (corpus_dir.parent / "assistant").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                is_unit = path.name == "units.py"  # a square kilometre has a million square metres
                assert is_unit or not (isinstance(node.value, int) and node.value in large), (
                    f"{path.name}:{node.lineno}"
                )
                assert not (isinstance(node.value, str) and any(n in node.value for n in names)), (
                    f"{path.name}:{node.lineno}"
                )


NEW_MEASURE = """
[[measures]]
id = "showroom"
clause = "5.1"
name = "展厅装修补贴"
benefit = "补贴"
modality = "at_most"
per = "每个项目"
quote = "给予最高 1000 万元创业扶持"
aloud = "装修费用按最高 10% 支持。"
cues = ["展厅"]

[measures.formula]
name = "share"
base = "cost"
rate = { value = 0.10, quote = "给予最高 1000 万元创业扶持" }

[[measures.inputs]]
name = "cost"
label = "装修费用"
kind = "money"
ask = "装修费用是多少？"
words = ["装修", "花了"]
"""


def test_a_new_measure_needs_data_only(corpus: Path) -> None:
    from datetime import date

    from assistant.lexicon import read_lexicon
    from assistant.targets import Pointer
    from assistant.understander import Understander
    from assistant.wiring import Assistant

    path = policy_file(corpus, "measures.toml")
    path.write_text(path.read_text("utf-8") + NEW_MEASURE, "utf-8")
    policy = read_policies(corpus)[0]
    questions = read_questions(corpus / "lexicon/questions.toml")
    understander = Understander(Pointer(policy, questions, None), read_lexicon(corpus / "lexicon"), questions)
    assistant = Assistant(policy, understander, lambda text, is_about_money: (), "test", str.split)
    reply = assistant.reply(["展厅装修花了300万能补多少"], date(2020, 1, 1))
    assert [(c.measure, c.amount_yuan) for c in reply.calculations] == [("showroom", 300_000)]
    assert any("showroom" in fault for fault in audit(policy))  # its rate stands in no quote, and the check says so
