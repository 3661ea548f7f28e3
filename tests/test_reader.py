"""The policy to read: nothing lost or added, searched as people type, and always well-formed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.clauses import split_clauses, squeeze
from assistant.pages.reader import contents, document, found, repairs
from assistant.policies import Policy, Repair

INJECTED = '<img src=x onerror="window.hacked=1"> & <script>window.hacked=1</script>'
WORDS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="支持企业做大强万元补贴项目　 2０0（)，。%\n", max_size=8),
    st.text(alphabet="<>&\"'/; ampltquoRfＦiＩd#39x", max_size=8),
    st.sampled_from(["2000万元", "（九）支持", "企业 业做", "做大做强。对年", "rfid", INJECTED]),
)


class Balance(HTMLParser):
    """Tags that are open; a close tag must close the last one opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def is_well_formed(html: str) -> bool:
    balance = Balance()
    balance.feed(html)
    balance.close()
    return not balance.open


def visible(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def marks(html: str) -> list[str]:
    return [unescape(mark) for mark in re.findall("<mark>(.*?)</mark>", html)]


def article(policy: Policy, clause_id: str, words: str = "") -> str:
    start = f'<article id="clause-{clause_id}"'
    return start + document(policy, words).split(start)[1].split("</article>")[0]


@pytest.fixture(scope="module")
def hostile(policy: Policy) -> Policy:
    """A policy whose every word from data is markup."""
    text = f"{INJECTED}\n一、{INJECTED}\n（一）{INJECTED}。{INJECTED}"
    changes = (Repair(find=INJECTED, replace=f"\t{INJECTED}", reason=INJECTED),)
    return replace(
        policy,
        text=text,
        clauses=tuple(split_clauses("x", text)),
        description=policy.description.model_copy(update={"repairs": changes}),
    )


# — Contents —


def test_the_contents_link_to_every_clause_in_document_order(policy: Policy) -> None:
    html = contents(policy)
    assert re.findall(r'<a href="#clause-(.+?)">(.+?)</a>', html) == [(c.id, escape(c.label)) for c in policy.clauses]
    assert html.startswith('<nav aria-label="目录"><ol><li><a href="#clause-0">文件首部</a></li>')
    assert html.endswith('<li><a href="#clause-end">版记</a></li></ol></nav>')


def test_the_contents_are_nested_as_the_ids_are(policy: Policy) -> None:
    html = contents(policy)
    assert is_well_formed(html)
    for clause in policy.clauses:
        before = html[: html.index(f'"#clause-{clause.id}"')]
        assert before.count("<ol>") - before.count("</ol>") == clause.id.count(".") + 1


def test_a_place_deeper_than_the_one_before_by_more_than_one_is_not_lost(policy: Policy) -> None:
    ids = ("1", "2.1.1", "2.1", "2")
    gaps = replace(policy, clauses=tuple(replace(policy.clauses[0], id=i) for i in ids))
    assert re.findall(r'"#clause-(.+?)"', contents(gaps)) == list(ids)


# — Text —


def test_the_page_is_the_repaired_text_and_nothing_else(policy: Policy) -> None:
    assert squeeze(visible(document(policy))) == squeeze(policy.text)


def test_every_paragraph_of_a_clause_is_one_of_the_page(policy: Policy) -> None:
    for clause in policy.clauses:
        lines = [visible(p) for p in re.findall("<(?:p|h[2-6])[ >].*?</(?:p|h[2-6])>", article(policy, clause.id))]
        assert "".join(lines) == clause.text.replace("\n", "")
    head = re.findall("<p>(.*?)</p>", article(policy, "0"))
    assert head[:2] == ["中山市人民政府办公室文件", "中府办〔2018〕28号"]


def test_each_clause_is_an_article_with_a_heading_of_its_level_and_a_link_to_itself(policy: Policy) -> None:
    html = document(policy)
    assert html.count("<article ") == len(policy.clauses)
    assert '<article id="clause-5.9" class="clause depth-2" tabindex="-1">' in html
    assert "<h2>五、政策支持</h2>" in article(policy, "5")
    assert "<h3>（九）支持企业做大做强。</h3>" in article(policy, "5.9")
    assert "<h4>4. 区块链。</h4>" in article(policy, "3.8.4")
    assert '<a class="anchor" href="#clause-5.9" aria-label="本条的链接"></a>' in article(policy, "5.9")


def test_the_places_without_a_heading_of_their_own_are_named_beside_the_text(policy: Policy) -> None:
    assert '<h2 aria-label="文件首部"></h2>' in article(policy, "0")
    assert '<h2 aria-label="版记"></h2>' in article(policy, "end")


def test_a_title_that_only_begins_a_sentence_reads_on(policy: Policy) -> None:
    assert [c.id for c in policy.clauses if "run-in" in article(policy, c.id)] == ["5.16"]
    assert "<h3>（十六）重特大新一代信息技术企业招商项目</h3>" in article(policy, "5.16")
    assert "<p>，经市政府同意，" in article(policy, "5.16")


# — Search —


@pytest.mark.parametrize(
    ("clause_id", "words", "marked"),
    [
        ("5.2", "2000万元", ["2000 万元"]),
        ("5.2", "２０００万元", ["2000 万元"]),
        ("3.6", "rfid", ["RFID", "RFID"]),
        ("5.10", "（或为第一大股东）", ["(或为第一大股东)"]),
        ("5.9", "首次突破 市经济和信息化局", ["首次突破", "市经济和信息化局"]),
        ("5.9", "首次　首次", ["首次"]),
        ("5.9", "做大做强 大做强。对年", ["做大做强。", "对年"]),
        ("2.1", "发展思路。按照", ["发展思路。", "按照"]),
        ("5.9", "技改", []),
        ("5.9", " \n", []),
    ],
)
def test_words_are_marked_as_people_type_them(policy: Policy, clause_id: str, words: str, marked: list[str]) -> None:
    assert marks(article(policy, clause_id, words)) == marked


@hypothesis_settings(deadline=None)
@given(words=WORDS)
def test_marks_never_change_the_text_or_break_the_page(policy: Policy, words: str) -> None:
    html, plain = document(policy, words), document(policy)
    assert visible(html) == visible(plain)
    assert re.sub("</?mark>", "", html) == plain
    assert is_well_formed(html)
    assert is_well_formed(found(policy, words))


@hypothesis_settings(deadline=None)
@given(words=WORDS)
def test_marks_never_break_a_hostile_page(hostile: Policy, words: str) -> None:
    assert re.sub("</?mark>", "", document(hostile, words)) == document(hostile)
    assert is_well_formed(document(hostile, words))
    assert is_well_formed(found(hostile, words))


@hypothesis_settings(deadline=None)
@given(data=st.data())
def test_any_piece_of_a_clause_is_found_in_it(policy: Policy, data: st.DataObject) -> None:
    clause = data.draw(st.sampled_from(policy.clauses))
    text = squeeze(clause.text)
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))]
    assert f'<a href="#clause-{clause.id}">' in found(policy, piece)
    marked = squeeze("".join(marks(article(policy, clause.id, piece))))
    assert normalize("NFKC", piece) in normalize("NFKC", marked)


@pytest.mark.parametrize("words", ["", "  ", "\n\t　"])
def test_no_words_find_nothing_to_say(policy: Policy, words: str) -> None:
    assert found(policy, words) == ""


def test_what_is_found_is_counted_and_linked_with_its_words(policy: Policy) -> None:
    html = found(policy, "rfid 2000万元以上")
    assert "共 3 处，在 2 条里：" in html
    assert '<a href="#clause-3.6">三、（六）物联网</a> <span class="count">2 处</span>' in html
    assert '<a href="#clause-5.2">五、（二）支持固定资产投资</a> <span class="count">1 处</span>' in html
    assert "…产投资。对新建投资总额 2000 万元以上的新一代" in visible(html)
    assert marks(html) == ["RFID", "2000 万元以上"]
    assert "没有找到" not in html


def test_the_counts_are_those_of_the_text(policy: Policy) -> None:
    html = found(policy, "企业")
    assert f"共 {policy.text.count('企业')} 处，在 {sum('企业' in c.text for c in policy.clauses)} 条里：" in html
    assert sum(map(int, re.findall(r'class="count">(\d+) 处', html))) == policy.text.count("企业")


def test_what_is_not_found_is_said_and_not_guessed(policy: Policy) -> None:
    html = found(policy, "技改")
    assert "“技改”没有找到。" in html
    assert "<a " not in html
    assert "共" not in visible(html)


def test_a_word_not_found_is_said_beside_those_found(policy: Policy) -> None:
    html = found(policy, "技改 技术改造")
    assert "“技改”没有找到。" in html
    assert re.search(r"共 \d+ 处", html)


# — Repairs —


def test_every_repair_is_a_row_with_its_white_space_visible(policy: Policy) -> None:
    html = repairs(policy)
    declared = policy.description.repairs
    assert f"<summary>原文修订（{len(declared)} 处）</summary>" in html
    rows = re.findall("<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", html)
    shown = [tuple(map(visible, row)) for row in rows]
    signs = str.maketrans({"\n": "⏎", " ": "␣"})
    assert shown == [(r.find.translate(signs), r.replace.translate(signs), r.reason) for r in declared]
    assert "放共享”的思⏎⏎路，立足中山" in visible(html)
    assert "可以下载" in html
    assert is_well_formed(html)


# — Safety —


def test_markup_anywhere_is_shown_not_run(hostile: Policy) -> None:
    for html in (contents(hostile), document(hostile, INJECTED), found(hostile, INJECTED + "<b>"), repairs(hostile)):
        assert is_well_formed(html)
        assert set(re.findall(r"<\s*(\w+)", html)).isdisjoint({"img", "script", "b"})
    assert squeeze(visible(document(hostile))) == squeeze(hostile.text)
