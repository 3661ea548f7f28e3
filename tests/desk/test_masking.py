"""Whoever is named in a text is made unreadable before it is kept or logged; sums and trades stay."""

from __future__ import annotations

import io
import json
import logging
import re
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.desk.masking import MaskedLogs, mask, mask_all
from assistant.settings import ROOT


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("电话13812345678，想问技改", "电话［电话］，想问技改"),
        ("138 1234 5678", "［电话］"),
        ("138-1234-5678", "［电话］"),
        ("138.0013.8000", "［电话］"),
        ("138001 38000", "［电话］"),
        ("幺三八，零零幺三，八零零零", "［电话］"),
        ("（0760）88888888", "［电话］"),
        ("0760 8888 8888", "［电话］"),
        ("请打88881234", "请打［电话］"),
        ("联系方式：8888-1234", "联系［电话］"),
        ("400-800-1234", "［电话］"),
        ("440102 19900101 1234", "［身份证号］"),
        ("91442000ma4uq1234x", "［信用代码］"),
        ("6222 0212 3456 7890 123", "［证件或账号］"),
        ("+86 13812345678", "［电话］"),
        ("１３８１２３４５６７８", "［电话］"),
        ("一三八一二三四五六七八", "［电话］"),
        ("0760-88321234转8012", "［电话］"),
        ("电话是88321234", "电话［电话］"),
        ("442000199001011234", "［身份证号］"),
        ("44200019900101123x", "［身份证号］"),
        ("91442000MA4UQ1234X", "［信用代码］"),
        ("账号6222021234567890123", "账号［证件或账号］"),
        ("a.b@c.com.cn", "［邮箱］"),
        ("我是中山市明阳光电科技有限公司的", "我是［单位］有限公司的"),
        ("收购了深圳市蓝天科技股份有限公司", "收购了［单位］股份有限公司"),
        ("张三，腾讯公司", "张三，［单位］公司"),
    ],
)
def test_numbers_and_names_are_masked(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "我们公司投资13800000000元", "投资13800000000 元", "实际完成 130000000 元", "首破5亿（全年5.6亿，上年4.3亿）",
        "我们是一家做芯片的公司，贷款8000万", "租了3000平过渡厂房", "代工厂要技改", "注册一家有限公司要多少钱",
        "关联公司之间的并购算吗", "2018—2022年", "五、（九）", "高级工12人、技师5人",
    ],
)  # fmt: skip
def test_sums_trades_and_plain_words_stay(said: str) -> None:
    assert mask(said) == said


def test_where_only_a_name_is_expected_every_company_is_one() -> None:
    assert mask("明阳公司 王先生 138 1234 5678", is_name=True) == "［单位］公司 王先生 138****5678"


def test_hardly_any_question_of_the_evaluation_sets_is_changed() -> None:
    turns = [
        turn
        for path in (ROOT / "evals" / "questions").glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
        for turn in json.loads(line)["turns"]
    ]
    changed = [turn for turn in turns if mask(turn) != turn]
    assert len(turns) > 5000
    assert len(changed) < len(turns) / 250


@given(st.text(alphabet="我是在腾讯明阳公司有限厂1389０-+@.万元 \n年XA", max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask(text)
    assert mask(masked) == masked


@given(st.integers(0, 9_999_999_999), st.text(alphabet="，。 技改贷款", max_size=10))
def test_every_mobile_number_is_masked_wherever_it_stands(tail: int, around: str) -> None:
    number = f"1{3 + tail % 7}{tail % 10**9:09d}"
    assert number not in mask(f"{around}{number}{around}")


@pytest.mark.parametrize("unit", ["1", "a", "a.", "厂", "1 ", "公司"])
def test_the_time_masking_takes_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        return min(timeit.repeat(lambda: mask(text), number=1, repeat=3))

    assert seconds(20_000) < 60 * max(seconds(2_000), 1e-4)


def test_characters_that_no_database_takes_are_dropped() -> None:
    assert mask("技改\x00补\ud800多少\x1b\n最多") == "技改补多少\n最多"


def test_in_data_each_text_is_masked_and_each_number_stays() -> None:
    assert mask_all({"text": "问13812345678", "amount_yuan": "13800000000", "receipt": "0760888888", "words": ["13812345678"], "n": 3}) == {
        "text": "问［电话］", "amount_yuan": "13800000000", "receipt": "0760888888", "words": ["［电话］"], "n": 3,
    }  # fmt: skip


def test_what_is_logged_is_masked_with_its_arguments() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(MaskedLogs())
    logger = logging.getLogger("masked")
    logger.addHandler(handler)
    logger.warning("a question of %s could not be answered: %s", "中山市明阳光电有限公司", 13812345678)
    logger.removeHandler(handler)
    assert out.getvalue() == "a question of ［单位］有限公司 could not be answered: ［电话］\n"


NUMBERS = st.sampled_from(["13800138000", "13900139000", "0760-88321234", "6222021234567890123", "400-800-1234"])


@given(st.lists(NUMBERS, min_size=2, max_size=3), st.sampled_from([".", ",", "、", "/", "；", " / ", "．", "·", "\n"]))
def test_numbers_joined_by_whatever_people_join_them_with_are_all_masked(numbers: list[str], joint: str) -> None:
    assert not re.search(r"\d", mask(joint.join(numbers)))


def test_numbers_one_after_the_other_are_all_masked() -> None:
    assert mask("13800138000.13900139000") == "［电话］.［电话］"
    assert mask("1.13800138000 2.13900139000") == "1.［电话］ 2.［电话］"
    assert mask("投资13800138000.50元") == "投资13800138000.50元"
    assert mask("电话13912345678,13812345678,13712345678") == "电话［电话］,［电话］,［电话］"
    assert mask("投资13,912,345,678元") == "投资13,912,345,678元"
