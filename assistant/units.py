"""Plain text and a place in it → the number written there with its unit: of what kind it is, and its factor."""

import re
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import Literal, cast

from assistant.numerals import DIGITS, EXACT, SCALES, VALUES, Numeral, read_numeral

Kind = Literal["money", "rate", "area", "unit_rent", "count", "months", "years", "number"]
Problem = Literal["", "foreign", "negative", "daily", "endless"]

_AREA = r"个?平方米|个?平方|个?平米|㎡|m²|m2|平(?=均价)|平(?![均台安时等衡稳价面凡息板日行])|方(?=[每一/]个?月)"
_PIECES = (
    "屏|板|面板|芯|电池|电路|硬盘|玻璃|晶|模[组块]|主板|显[卡示]|背光|镜|硅|传感|液晶"
    "|触[摸控]|基板|内存|线路板|开发板|存储|固态|磁|pcb|oled|lcd|led|[cg]pu"
)
_SIGN = re.compile(r"(?<![抱自肩担背胜辜])负|(?<![0-9A-Za-z\-万亿元%年人平米])-")
_SYMBOL = re.compile(r"([¥$€£]) *")
_PARTS = re.compile(r"([百千万]{1,3})分之")
_CLOSING = re.compile(r"[整正](?![个体理合顿治改数套])")
_NATIONAL = re.compile(r"(?:人民币|rmb|cny)\s*$")
_ENDLESS = re.compile(r"(?:∞|无穷大?|无限大?|inf(?:inity)?(?![a-z]))(?=\s*(?:[元万亿块]|$))")
_FOREIGN = (
    "美元|美金|美刀|刀(?![具片架头子])|港[币元]|欧元|日[元币]|英镑|韩[元币]|澳[元币]|加元|新?台币|泰铢|卢布|瑞士法郎|瑞郎|新加坡元|新元|比特币"
    "|usd|hkd|eur|jpy|gbp|[$€£]"
)
_FOREIGN_BEFORE = re.compile(rf"(?:{_FOREIGN})\s*$")
_UNIT = re.compile(
    rf"\s?(?:(?P<foreign>元?\(?(?:{_FOREIGN}))"
    rf"|(?P<money>元(?![素件器旦锂电化论])|块钱|块(?!业务|地|内容|{_PIECES})|人民币|rmb|cny)"
    r"|(?P<rate>%|‰|个?百分点|个点(?![位子])|成半?(?![立本为功员都熟长交果品绩效份]))"
    rf"|(?P<area>平方公里|{_AREA}|方(?![案面式法便向形针才可能为])|亩|公顷)"
    r"|(?P<months>个半月|个月|个季度)|(?P<years>年半?(?![产级]))"
    r"|(?P<count>个人(?!所得|独资|贷|账)|人(?!民|才|力|均|工(?!作))|名(?![义称单额录片校企牌为叫])|位(?![于数置居列])"
    r"|台(?![账湾阶风州上])|套(?![现餐路取利用])|条(?=(?:生?产|流水)?线)|个(?!项目|方面|问题|条件|部分|工作日|自然日|小时|星期|档|类|方向|环节"
    r"|阶段|步骤|文件|政策|平台|园?区|城?市|字|[月点亿万半])))"
)
_SKIPPED = re.compile(
    r"\s?(?:[a-z℃°]|[家条种次项倍栋层楼号期批类级届轮张件间座幢户株只辆本篇章节款步米吨克斤度瓦伏点时分秒日周天岁强集折比维代端线档"
    r"组队所颗粒字页股份道环片枚瓶箱盒]|像素|公[里斤]|千[米克瓦]|[毫厘]米|小时|星期|热线|个|月(?!租)|[成方人位台套元块])"
)
_SKIPPED_LARGE = re.compile(
    rf"\s?(?:块(?={_PIECES})|[颗片枚粒件根瓶箱盒户]|支(?![持出付撑])|只(?![能够要有是算补拿给问剩到用可花投报认按差占])|张(?!罚)|组(?![建织成合装])"
    r"|条(?![件款文例码])|像素|小时(?!工)|分钟|点[云位]|用户|行代码|级(?=洁净|无尘|净化|像素|并发|用户)"
    r"|家(?!庭)|吨|公[里斤]|[千毫厘]?米|倍|次(?!性)|千?瓦|[度]电|辆|字|[a-z](?![公厂行家线台栋区座组款项]))"
)
_PERCENT = Decimal("0.01")
_FACTORS = {"‰": Decimal("0.001"), "成": Decimal("0.1"), "成半": Decimal("0.1"), "个季度": Decimal(3)} | {
    "亩": EXACT.divide(Decimal(2000), Decimal(3)), "公顷": Decimal(10_000), "平方公里": Decimal(1_000_000),
}  # fmt: skip
_EXTRAS = {"成半": Decimal("0.05"), "个半月": Decimal("0.5"), "年半": Decimal("0.5")}
_CHANGE = re.compile(
    rf"([\d{DIGITS[1:]}])[角毛](?:([\d{DIGITS[1:]}])(?:分钱?)?)?|(零?)([\d{DIGITS[1:]}])(分?)(?![\d{DIGITS}十百千万亿年月个人台%])"
)
_TIME = r"\s?[/·.*•每一按]+个?(?P<{0}>年|月|天|日|month|year)(?![底初份薪期内后前])"
_RENT_AFTER = re.compile(
    rf"\s?(?:元|块钱|块|蚊|rmb|cny)?\s?(?:(?:\(?(?:/|每|一)|\()\s?(?:{_AREA})(?:{_TIME.format('t1')}|(?P<t3>月)(?![底初份薪]))?"
    rf"|{_TIME.format('t2')}\s?(?:/|每|一)\s?(?:{_AREA}))"
)
_RENT_BEFORE = re.compile(
    rf"(?:[每一]个?(?P<t1>年|月|天|日)租?金?)?[每一]个?(?:{_AREA})(?:(?:的?(?:租金|房租))?[每一]个?(?P<t2>年|月|天|日))?"
    r"(?:的?(?:租金|房租|月租|单价|均价|价格|平均))?(?:大概|约|才|只要|要|收|是|为|:)?(?:我们?|咱们?|你们?)?\s?(?=[\d一二两三四五六七八九十])"
)
# 按年算一平 600 元, 年租金每平 480 元; 480 元一平，按年
_PERIOD_BEFORE = re.compile(
    r"(?:按(?P<by>年|月)[算计付收结]?"
    r"|(?<![今去明前后本当\d一二两三四五六七八九十几])(?P<rent>年)租金?)[是为约]*[，,:]?$"
)
_PERIOD_AFTER = re.compile(r"[，,]?\(?按(?P<by>年|月)(?:[算计付收结]|(?=[，,。)]|$))")
_PER_AFTER = re.compile(r"\s?(?:/|每|一)个?(年|月|天|日)(?![期底初前后内])")
_MONTHLY = {"年": Decimal(12), "year": Decimal(12)}


@dataclass(frozen=True)
class Item:
    """A numeral with its unit, `text[start:end]`; `resume` is where reading goes on.

    A value of the numeral is `factor` times as large, and `extra` more, in the units of `Quantity`.
    """

    numeral: Numeral
    start: int
    end: int
    resume: int
    kind: Kind | None
    unit: str = ""
    factor: Decimal = Decimal(1)
    extra: Decimal = Decimal(0)
    per: str = ""
    problem: Problem = ""


def read_item(text: str, start: int) -> Item | None:
    """Read the number and unit that start at `start`, where a sign, a currency or 每平每月 may stand before the number.

    None if there is no number; an item of kind None is consumed, but is no quantity.
    """
    if endless := _ENDLESS.match(text, start):
        end = endless.end()
        return Item(Numeral(Decimal(0), Decimal(0), end), start, end, end, "number", problem="endless")
    problem: Problem = ""
    at = start
    if text[at] in "-负":
        if not _SIGN.match(text, at):
            return None
        at, problem = at + 1, "negative"
    shown = _SYMBOL.match(text, at)
    symbol, at = (shown[1], shown.end()) if shown else ("", at)
    part, rent = _PARTS.match(text, at), _RENT_BEFORE.match(text, at)
    at = part.end() if part else rent.end() if rent else at
    is_whole = part and text[at : at + 1] == "百"  # 百分之百
    numeral = Numeral(Decimal(100), Decimal(100), at + 1) if is_whole else read_numeral(text, at)
    if numeral is None:
        return None
    end = numeral.end
    if problem:
        numeral = Numeral(-numeral.high, -numeral.low, end, numeral.large, numeral.chain, numeral.fuzzy)
    if part:
        factor = 1 / prod((SCALES[c] for c in part[1]), start=Decimal(1))
        return Item(numeral, start, end, end, "rate", part[0], factor, problem=problem)
    unit = _UNIT.match(text, end)
    rented = _rented(text, start, numeral, rent, unit, problem)
    return rented or _with_unit(text, start, numeral, unit, symbol, problem)


def _rented(
    text: str, start: int, numeral: Numeral, rent: re.Match[str] | None, unit: re.Match[str] | None, problem: Problem
) -> Item | None:
    """The numeral as a rent by area and time, where words before it (`rent`) or behind it make it one."""
    end = numeral.end
    after = _RENT_AFTER.match(text, end)
    if not rent and not after:
        return None
    times = [m[g] for m, gs in ((rent, ("t1", "t2")), (after, ("t1", "t2", "t3"))) if m for g in gs if m[g]]
    said = _PERIOD_BEFORE.search(text[:start]) or _PERIOD_AFTER.match(text, after.end() if after else end)
    period = times[0] if times else (said[said.lastgroup or 0] if said else "")
    if not after and unit and unit.lastgroup == "money":
        after = unit
    if rent and after is unit and (late := _PER_AFTER.match(text, after.end() if after else end)):
        period, after = late[1], late
    if unit and not after:
        return None
    end = after.end() if after else end
    problem = problem or ("daily" if period in {"天", "日"} else "")
    factor = 1 / _MONTHLY.get(period, Decimal(1))
    return Item(numeral, start, end, end, "unit_rent", text[numeral.end : end], factor, problem=problem)


def _with_unit(
    text: str, start: int, numeral: Numeral, unit: re.Match[str] | None, symbol: str, problem: Problem
) -> Item | None:
    """Give a numeral its kind by the unit word after it, or by 万 and 亿, or by what stands before."""
    end, is_sum = numeral.end, numeral.large > 1 or text[numeral.end - 1] in "wk"
    word = unit[0].strip() if unit else ""
    is_time = unit is not None and unit.lastgroup in {"years", "months"}
    if (is_sum and (is_time or word in {"成", "方"})) or (word == "方" and numeral.low < 10):
        unit = None
        if not is_sum:
            return Item(numeral, start, end, end, None)
    if unit and unit.lastgroup not in {"money", "foreign"}:
        return _measured(text, start, numeral, unit, problem)
    if _NATIONAL.search(text[max(0, start - 5) : start]):
        symbol = symbol or "¥"
    is_foreign = (unit and unit.lastgroup == "foreign") or symbol not in {"", "¥"}
    if is_foreign or _FOREIGN_BEFORE.search(text[max(0, start - 6) : start]):
        problem = "foreign"
    elif not (unit or symbol or is_sum):
        if _SKIPPED.match(text, end):
            return Item(numeral, start, end, end, None)
        return Item(numeral, start, end, end, "number", problem=problem)
    if not unit and not symbol and _SKIPPED_LARGE.match(text, end):
        return Item(numeral, start, end, end, None)
    return _money(text, start, numeral, unit, symbol, problem)


def _measured(text: str, start: int, numeral: Numeral, unit: re.Match[str], problem: Problem) -> Item | None:
    """The numeral in a unit that is not of money; the groups of `_UNIT` are kinds."""
    if numeral.vague and not numeral.alone:
        return None
    kind, word = cast(Kind, unit.lastgroup), unit[0].strip()
    factor = _FACTORS.get(word, _PERCENT if kind == "rate" else Decimal(1))
    if kind == "years" and text[numeral.end - 1] == "半":
        kind, factor = "months", Decimal(12)
    extra = _EXTRAS.get(word, Decimal(0))
    return Item(numeral, start, unit.end(), unit.end(), kind, word, factor, extra, problem=problem)


def _money(text: str, start: int, numeral: Numeral, unit: re.Match[str] | None, symbol: str, problem: Problem) -> Item:
    """The numeral as a sum of money, with its change (五块二), its closing (元整) and its period (/年)."""
    word, end = (unit[0].strip(), unit.end()) if unit else ("", numeral.end)
    extra = Decimal(0)
    if word and word[0] in "元块" and not numeral.fuzzy and (change := _CHANGE.match(text, end)):
        jiao, fen, zero, digit, cent = change.groups()
        tenths, cents = (jiao, fen) if jiao else ("", digit) if zero or cent else (digit, "")
        if jiao or word == "块" or cent:
            places = ((tenths, Decimal("0.1")), (cents, Decimal("0.01")))
            extra = sum((Decimal(VALUES.get(c, c)) * place for c, place in places if c), Decimal(0))
            end = change.end()
    if word == "元" and (closing := _CLOSING.match(text, end)):
        end = closing.end()
    period = _PER_AFTER.match(text, end)
    per, resume = (period[1].replace("日", "天"), period.end()) if period else ("", end)
    shown = word or (symbol if text[start] == symbol else "")
    return Item(numeral, start, end, resume, "money", shown, extra=extra, per=per, problem=problem)
