"""Text as users type it → plain text of the same length: one alphabet, and blanks for what only looks like a quantity.

Looks like one: dates and times, codes and phone numbers, clause numbers and ordinals, idioms.
"""

import re

from assistant.numerals import BELOW_WAN, COUNT, DIGITS

_ALPHABET = str.maketrans(
    "０１２３４５６７８９．％－−＋￥ＷＫＥＭ〇○壹贰貳弍叁參叄肆伍陆陸柒捌玖拾佰仟萬億圆圓俩兩仨個負點／：（）＜＞幣"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789.%--+¥wkem零零一二二二三三三四五六六七八九十百千万亿元元两两三个负点/:()<>币abcdefghijklmnopqrstuvwxyz",
)
_SUM = r"(?!\s*[\d.]|\s*[万亿元块wk%])"  # what follows does not make it an amount

_LOOKALIKES = re.compile(
    "|".join(
        (
            # codes and numbers of people, companies, documents
            r"(?<![a-z\d])(?=[a-z]{0,20}\d)[a-z\d]{15,20}(?![a-z\d]|\.\d|\s*[元块万亿])",
            r"(?<!\d)1[3-9]\d{9}(?!\d|\.\d|\s*[元块万亿])|(?<!\d)(?:0\d{2,3}-?\d{7,8}|\d{3,4}-\d{3,4}-\d{4})(?!\d)",
            r"(?:电话|手机|热线|邮编|编号|账号|尾号|工号|案号|证号|序号|代码|门牌|微信|qq)(?:号码?)?[是为:]?\s*[\da-z-]+",
            r"(?<![a-z\d])(?!(?:rmb|cny|usd|hkd|eur|jpy|gbp)[^a-z]|m2(?!\d))[a-z]{1,20}[-_]?\d[a-z\d_.-]*",
            r"(?<![\d.])[248]k(?![a-z\d])|v?(?<!\d)\d+\.\d+\.\d+[\d.]*|[〔\[【(]\d{4}[〕\]】)]\s*\d+号",
            # dates and times
            rf"(?<!\d)(?:19|20)\d\d年?\s*[-—–~～至到]\s*(?:19|20)\d\d(?!\d){_SUM}年?",
            rf"(?<!\d)(?:19|20)\d\d(?:\s*年(?!期)|[-/]\d{{1,2}}(?:[-/]\d{{1,2}})?(?!\d){_SUM}|(?=至今|以来|版))",
            r"(?<!\d)20[0-3]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d|[元块万亿])",
            rf"[一二][零九][{DIGITS}]{{2}}年",
            r"(?<!\d)\d\d年(?=底|初|末|度|全年|至今|[上下]半年|\d{1,2}月|成立|注册|创办)",
            r"(?<![\d.])\d{1,2}\s*[-~至到]\s*\d{1,2}月",
            r"(?<![\d.平米㎡元块万亿])(?:\d{1,2}|[一二三四五六七八九十]{1,3})月(?!租)"
            rf"(?:份|(?:\d{{1,2}}|{COUNT}{{1,3}})[日号])?",
            rf"[{DIGITS}]季度|[上下]半年|大?半天|一半",
            r"(?<![\d.])\d{1,2}:\d{1,2}(?![\d.万亿元])(?::\d\d)?",
            rf"(?<![差有这])(?:\d|{COUNT}){{1,3}}点(?:[半整钟前后左]|(?![{DIGITS}]))",
            rf"[上下中]午{COUNT}{{1,3}}点(?:{BELOW_WAN}{{1,3}}分?)?",
            # sizes, fractions and generations
            rf"(?<![\d.])\d{{1,4}}[*×x]\d{{1,4}}|(?<![\d.])\d{{1,4}}/\d{{1,4}}{_SUM}|[05-9]0后",
            # clauses and ordinals
            rf"第\s*(?:\d+(?:\.\d+)?|{BELOW_WAN}{{1,6}}|\({BELOW_WAN}{{1,3}}\))",
            rf"{BELOW_WAN}{{1,3}}\({BELOW_WAN}{{1,3}}\)|\((?:{BELOW_WAN}{{1,3}}|\d\d?)\)",
            r"(?<![\d.])\d+\.\d+(?:\(\d+\)|\s*[条款项])|十[一二三四]五(?=规划|期间|时期|末|$)|工业4\.0",
            # words
            rf"(?<![\d{DIGITS}十百几数上过])千万(?=[别要不记得注小])|亿纬",
            rf"(?<![\d{DIGITS}十百千来多几余数])万[一物能]|[\d{BELOW_WAN[1:-1]}]{{1,5}}强|(?<![百千万])分之[\d{DIGITS}]+",
            rf"一个(?!{COUNT}?[万亿月点]|百分|小目标|季度|半|人|平|㎡|高级|中级|初级|技师|工程|多)",
            rf"一[套块](?!钱|[\d{DIGITS}]|设备)",
        )
    )
)
_GROUPS = re.compile(r"(?<![\d.])\d{1,3}(?:(?:，\d{3}){2,}|，0\d\d|，\d{3}(?=\.\d))(?!\d)")


def plain_text(text: str) -> str:
    """Write `text` in digits, lower case and simplified numerals, `\\0` for each character of a lookalike.

    Every character stays at its place: what is read from the plain text at `[start:end]` was typed there.
    """
    plain = _GROUPS.sub(lambda m: m[0].replace("，", ","), text.translate(_ALPHABET))
    return _LOOKALIKES.sub(lambda m: "\0" * len(m[0]), plain)
