"""What people write → the same with whoever it names made unreadable; done before anything is kept or logged."""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import cache
from typing import Any

import jieba.posseg

from assistant.tokens import open_cutter

# Beside a unit of money or measure, or with decimals, a long number is a quantity and nobody's; another long number
# after a dot or a comma is no decimals of it.
_NOT_QUANTITY = r"(?!\d|[.,]\d{1,6}(?![\d-]))(?!\s*(?:亿|万|千|百|元|块|平|㎡|%|％|个点))"
_BEGINS = r"(?<!\d)(?<!\d\.)"
_APART, _END = r"(?<![\dA-Za-z])", r"(?![\dA-Za-z])"
_GAP = "[ .·-]?"  # what people put between the digits of a number
_BIRTHDAY = r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
_CODE = "[0-9A-HJ-NPQRTUWXY]"  # the characters of a credit code
_SPOKEN = "幺零一二三四五六七八九〇"
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("邮箱", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}"),
        ("身份证号", rf"{_APART}[1-9]\d{{5}}{_GAP}{_BIRTHDAY}{_GAP}\d{{3}}[\dX]{_END}"),
        ("信用代码", rf"{_APART}(?=[\d ]{{0,20}}[A-Z]){_CODE}{{2}}{_GAP}\d{{6}}{_GAP}{_CODE}{{9}}{_GAP}{_CODE}{_END}"),
        ("证件或账号", rf"{_BEGINS}\d(?:[ -]?\d){{14,18}}{_NOT_QUANTITY}"),
        ("电话", rf"(?<!\d)(?:\+?86[- ]?)?1[3-9](?:{_GAP}\d){{9}}{_NOT_QUANTITY}"),
        ("电话", rf"{_BEGINS}[(（]?0\d{{2,3}}[)）]?[- ]?\d{{3,4}}{_GAP}\d{{4}}(?:(?:-|转)\d{{1,5}})?{_NOT_QUANTITY}"),
        ("电话", rf"(?<!\d)(?<!\d[.-])[48]00{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}{_NOT_QUANTITY}"),
        ("电话", rf"(?<=[电座手][话机])(?:是|号码?|：|:|\s)*\d{{3,4}}{_GAP}\d{{4}}{_NOT_QUANTITY}"),
        ("电话", rf"(?<=联系)(?:方式|我|人)?(?:是|：|:|\s)*\d{{3,4}}{_GAP}\d{{4}}{_NOT_QUANTITY}"),
        ("电话", rf"(?<=[打电真])(?:是|：|:|\s)*\d{{4}}{_GAP}\d{{4}}{_NOT_QUANTITY}"),
        ("电话", rf"[{_SPOKEN}](?:[，、 ]?[{_SPOKEN}]){{10}}"),
    )
)  # fmt: skip
_LEGAL = "股份有限公司|有限责任公司|有限公司|股份公司|合伙企业"
_KIND = f"{_LEGAL}|集团公司|集团|公司|工厂|厂|研究院|事务所|工作室|经营部|商行|合作社"
_COMPANY = re.compile(rf"［单位］(?:{_KIND})|([一-龥A-Za-z0-9（）()·&]{{2,30}}?)({_KIND})(?![房子里区长家])")
# What is said before a name.
_LEAD = re.compile(
    r".*?(?:我们是|我们叫|我是|这里是|这边是|来自|名叫|叫做?|名称是?|收购了?|并购了?|买下了?|收了|买了|：|:|是|给|向|帮|替|代|把|被|问|家|个)"
)
_NOBODY = re.compile(r"(?:注册|成立|设立|新|一家|家|个|的|了|股份|我们|是)+")
_LONGEST_SHORT_NAME = 8
_MOBILE = 11  # digits
_KEPT = ("amount_yuan", "receipt")  # keys of data whose text is no word of anybody's
_NAMES = ("nr", "nrt", "nz", "nt")  # jieba's tags of persons, brands and bodies
_SPEECH = ("r", "u", "m", "p", "c", "t", "d", "f", "v", "q")  # and of words no short name has


def clean(text: str) -> str:
    """The text without the control characters and half characters that no database takes."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def mask(text: str, *, is_name: bool = False) -> str:
    """The text without phone, identity, credit and account numbers, addresses of mail and names of companies.

    In a text that only says who somebody is (`is_name`) every company is a name (elsewhere 芯片公司 is a trade), and of
    a mobile number both ends stay, so that a caller can be known again.
    It can be masked again without change, and is `clean`.
    """
    text = clean(text)
    # Full-width digits are read as digits, and are as long.
    folded = text.translate(_WIDE)
    before = ""
    while before != text:  # a number masked no longer makes a part of a quantity of the one before it
        before = text
        for name, pattern in _NUMBERS:
            text, folded = _replace(text, folded, pattern, f"［{name}］", keeps_ends=is_name and name == "电话")
    return _COMPANY.sub(lambda match: _company(match, is_name), text)


def mask_all(value: Any) -> Any:
    """A JSON value with every text in it masked, sums of money and receipts aside."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list | tuple):
        return [mask_all(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key in _KEPT else mask_all(item) for key, item in value.items()}
    return value


class MaskedLogs(logging.Filter):
    """Masks each log record as a whole, its arguments filled in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), None
        return True


_WIDE = {ord(wide): str(digit) for digit, wide in enumerate("０１２３４５６７８９")} | {0xFF0D: "-", 0xFF0B: "+"}


def _replace(text: str, folded: str, pattern: re.Pattern[str], by: str, *, keeps_ends: bool = False) -> tuple[str, str]:
    """Both texts, which are equally long, with every match made unreadable."""
    parts: tuple[list[str], list[str]] = [], []
    at = 0
    for match in pattern.finditer(folded):
        digits = re.sub(r"\D", "", match[0])
        put = f"{digits[:3]}****{digits[-4:]}" if keeps_ends and len(digits) == _MOBILE else by
        for part, whole in zip(parts, (text, folded), strict=True):
            part += [whole[at : match.start()], put]
        at = match.end()
    return "".join((*parts[0], text[at:])), "".join((*parts[1], folded[at:]))


def _company(match: re.Match[str], is_name: bool) -> str:
    name, kind = match.groups()
    if name is None:  # masked before
        return match[0]
    lead = found[0] if (found := _LEAD.match(name)) and len(name) - found.end() >= 2 else ""
    own = name[len(lead) :]
    if is_name or re.fullmatch(_LEGAL, kind):
        names = bool(re.search("[一-龥A-Za-z]{2}", own)) and not _NOBODY.fullmatch(own)
    else:  # 灯饰厂 is a trade, 木林森公司 somebody
        tags = [tag for _, tag in _tagger().cut(own)] if len(own) <= _LONGEST_SHORT_NAME else []
        names = any(tag in _NAMES for tag in tags) and not any(tag.startswith(_SPEECH) for tag in tags)
    return f"{lead}［单位］{kind}" if names else match[0]


@cache
def _tagger() -> jieba.posseg.POSTokenizer:
    return jieba.posseg.POSTokenizer(open_cutter())
