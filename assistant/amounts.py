"""Text as users type it -> quantities: money, rates, areas, rents, people, durations, bare numbers.

Three steps: write the text in one alphabet (same length), blank out what only looks like a quantity (dates, codes,
clause numbers, idioms), then read what is left from the start to the end. `cn2an` reads each Chinese run below 万;
the joins (1亿2千万, 两亿五, 两三千万, 3kw) are read here, in exact decimals.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from math import prod
from typing import Literal

from cn2an import cn2an  # type: ignore[import-untyped, unused-ignore]

from assistant.errors import UnusableInput

Kind = Literal["money", "rate", "area", "unit_rent", "count", "months", "years", "number"]
Bound = Literal["", "over", "at_least", "at_most", "under"]


@dataclass(frozen=True)
class Quantity:
    """A quantity as the user wrote it; `text[start:end]` is number and unit, without words such as 超过 or 每年.

    `low` and `high` are equal unless a range was written: money in yuan, rate as a fraction, area in ㎡, unit_rent in
    yuan per ㎡ per month, count in people or pieces, months, years. A vague amount (几千万) spans one order of
    magnitude. Where `problem` is set, the numbers must not be used; it is a sentence for the user.
    """

    text: str
    start: int
    end: int
    kind: Kind
    low: Decimal
    high: Decimal
    unit: str
    per: str = ""
    approximate: bool = False
    bound: Bound = ""
    problem: str = ""


class UnreadableAmount(UnusableInput, ValueError):
    """A form value holds no quantity, or several."""


_ROUGHLY = Decimal("1.05")
TOO_LARGE = Decimal(10) ** 15
_SCALES = {c: Decimal(10) ** e for c, e in zip("十百千万亿wk", (1, 2, 3, 4, 8, 4, 3), strict=True)}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLAIN = str.maketrans(
    "０１２３４５６７８９．％－−＋￥ＷＫＥＭ〇○壹贰貳弍叁參叄肆伍陆陸柒捌玖拾佰仟萬億圆圓俩兩仨個負點／：（）＜＞幣"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789.%--+¥wkem零零一二二二三三三四五六六七八九十百千万亿元元两两三个负点/:()<>币abcdefghijklmnopqrstuvwxyz",
)

_N = "零一二两三四五六七八九"
_C = f"[{_N}十百千]"
_D = "[一二两三四五六七八九十]"
_AREA = r"个?平方米|个?平方|个?平米|㎡|m²|m2|平(?=均价)|平(?![均台安时等衡稳价面凡息板日行])|方(?=[每一/]个?月)"
_PIECES = (
    "屏|板|面板|芯|电池|电路|硬盘|玻璃|晶|模[组块]|主板|显[卡示]|背光|镜|硅|传感|液晶"
    "|触[摸控]|基板|内存|线路板|开发板|存储|固态|磁|pcb|oled|lcd|led|[cg]pu"
)
_SUM = r"(?!\s*[\d.]|\s*[万亿元块wk%])"  # what follows does not make it an amount

_NOT_QUANTITIES = re.compile(
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
            rf"[一二][零九][{_N}]{{2}}年|(?<!\d)\d\d年(?=底|初|末|度|全年|至今|[上下]半年|\d{{1,2}}月|成立|注册|创办)",
            r"(?<![\d.])\d{1,2}\s*[-~至到]\s*\d{1,2}月|(?<![\d.平米㎡元块万亿])(?:\d{1,2}|[一二三四五六七八九十]{1,3})月(?!租)"
            rf"(?:份|(?:\d{{1,2}}|{_D}{{1,3}})[日号])?|[{_N}]季度|[上下]半年|大?半天|一半",
            rf"(?<![\d.])\d{{1,2}}:\d{{1,2}}(?![\d.万亿元])(?::\d\d)?|(?<![差有这])(?:\d|{_D}){{1,3}}点(?:[半整钟前后左]|(?![{_N}]))",
            rf"[上下中]午{_D}{{1,3}}点(?:{_C}{{1,3}}分?)?|(?<![\d.])\d{{1,4}}[*×x]\d{{1,4}}|(?<![\d.])\d{{1,4}}/\d{{1,4}}{_SUM}|[05-9]0后",
            # clauses and ordinals
            rf"第\s*(?:\d+(?:\.\d+)?|{_C}{{1,6}}|\({_C}{{1,3}}\))|{_C}{{1,3}}\({_C}{{1,3}}\)|\((?:{_C}{{1,3}}|\d\d?)\)",
            r"(?<![\d.])\d+\.\d+(?:\(\d+\)|\s*[条款项])|十[一二三四]五(?=规划|期间|时期|末|$)|工业4\.0",
            # words
            rf"(?<![\d{_N}十百几数上过])千万(?=[别要不记得注小])|亿纬|(?<![\d{_N}十百千来多几余数])万[一物能]|[\d{_C[1:-1]}]{{1,5}}强|(?<![百千万])分之[\d{_N}]+",
            rf"一个(?!{_D}?[万亿月点]|百分|小目标|季度|半|人|平|㎡|高级|中级|初级|技师|工程|多)|一[套块](?!钱|[\d{_N}]|设备)",
        )
    )
)
_GROUPS = re.compile(r"(?<![\d.])\d{1,3}(?:(?:，\d{3}){2,}|，0\d\d|，\d{3}(?=\.\d))(?!\d)")

_START = re.compile(r"[\d.¥$€£一二两三四五六七八九十零半几数若好负百千万亿每∞无i-]")
_ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?(?:e[+-]?\d+)?|(?<![\d.])\.\d+"
_FUZZ = (
    r"(?:多(?![久少大长远次项]|元化|个部门)|余(?![额款下温])"
    r"|来(?=\s*[个万亿元块人名位台套平亩年㎡])|几(?=[万亿个人名元块]))?"
)
_BIG = rf"(?:[十百千](?P<f4>{_FUZZ})[万亿]+|[万亿]+|[十百千]|(?:kw|[wk])(?![a-z]))"
_TERM = re.compile(
    rf"(?P<zero>零?)(?:(?P<and_half>(?:\d|{_D})个半(?=[亿万]))|(?P<arabic>{_ARABIC})|(?P<cn>{_C}{{1,24}}(?:点[{_N}]{{1,20}})?)|(?P<half>半(?=个?[亿年月万])))"
    rf"(?P<f1>\s?{_FUZZ})(?:(?:个(?P<f2>{_FUZZ})(?=[万亿]|[百千]万|小目标|w(?![a-z])))?\s?(?P<scale>{_BIG}|(?<=个)小目标))?(?P<f3>{_FUZZ})",
    re.ASCII,
)
_PAIR = re.compile(r"(.*?[十百千]|)([一二两三四五六七八])([二两三四五六七八九])((?:[十百千].*)?)$")
_ONE_PERIOD = re.compile(r"个?月|年|平|天")
_YUAN = re.compile(r"\s?[元块]")
_COUNTED = re.compile(r"[笔批宗单处份个人名位台套年月家平方亩%条项次层号~到至.点周天日成倍共起张样间栋期款\d-]")
_LAND = re.compile("平|㎡|亩")  # 一万二平方 is one figure, 3 万 2 人 are two
_ONE_THOUSANDS = re.compile(rf"[{_N}\d]千[{_N}]?[多余]?(?![\d{_N}]*[十百万亿])")
_PARTS = re.compile(r"([百千万]{1,3})分之")
_CLOSING = re.compile(r"[整正](?![个体理合顿治改数套])")
_NATIONAL = re.compile(r"(?:人民币|rmb|cny)\s*$")
_BARE = re.compile(
    r"(?<=[破过上超逾近达])(?:[十百千]?[万亿]|[百千](?=人|名|家|平|台|元|块))|(?<![十百千万亿几数])[百千]万(?=元)"
)
_VAGUE = re.compile(r"(?:好几|几|(?<![人总次分函参指岁])数|若干)个?(?P<scale>[十百千]*[万亿]|[十百千]+)")
_ENDLESS = re.compile(r"(?:∞|无穷大?|无限大?|inf(?:inity)?(?![a-z]))(?=\s*(?:[元万亿块]|$))")

_FOREIGN = (
    "美元|美金|美刀|刀(?![具片架头子])|港[币元]|欧元|日[元币]|英镑|韩[元币]|澳[元币]|加元|新?台币|泰铢|卢布|瑞士法郎|瑞郎|新加坡元|新元|比特币"
    "|usd|hkd|eur|jpy|gbp|[$€£]"
)
_FOREIGN_BEFORE = re.compile(rf"(?:{_FOREIGN})\s*$")
_WORTH = (
    r"(?:约|大约|大概|差不多)?"
    r"(?:折[合成算]?|折算成?|换算(?:成|下来|过来)?|换成|约合|合计?|相当于|等于|也就是|即|汇率)"
)
_CONVERTED = re.compile(rf"[^。；？?\d]{{0,8}}?{_WORTH}[^。；？?\d]{{0,12}}")
_CONVERTED_BACK = re.compile(rf"(?:元|人民币)?[，（(]{{0,2}}{_WORTH}[^。；，？?\d]{{0,6}}")
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
_FACTORS = {"‰": Decimal("0.001"), "成": Decimal("0.1"), "公顷": Decimal(10_000), "平方公里": Decimal(1_000_000)}
_CHANGE = re.compile(
    rf"([\d{_N[1:]}])[角毛](?:([\d{_N[1:]}])(?:分钱?)?)?|(零?)([\d{_N[1:]}])(分?)(?![\d{_N}十百千万亿年月个人台%])"
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
_RANGE = re.compile(r"(?:\(含\))?\s?(?:至|到|[-~—–～―─]{1,2})\s?")
_MONTHLY = {"年": Decimal(12), "year": Decimal(12)}

_OVER = "超过|突破|超出|高于|大于|多于|超|逾|破|(?<![通经])过|>"
_AT_LEAST = "至少|不低于|不少于|不小于|起码|最少|最低|不下|(?<![以马线网加算账面手同表身市])上|≥|>="
_AT_MOST = "不超过?|不高于|不多于|不大于|最多|最高|至多|顶多|≤|<="
_UNDER = "不到|不足|低于|少于|小于|未达到?|不满|未满|差一?点(?:儿|到)?|没到|未到|<"
_BEFORE = re.compile(
    rf"(?:(?P<at_most>{_AT_MOST})|(?P<at_least>{_AT_LEAST})|(?P<under>{_UNDER})|(?P<over>{_OVER})"
    r"|(?P<near>近)|(?P<about>大约|约|大概|将近|接近|差不多|大致|估计|小)"
    r"|(?:[每一]个?|(?P<rent>)年租?均?|月租?均?)?(?P<per>(?<=[每一个])[年月天]|年租金?|月租金?|年均|月均|年薪|月薪)"
    r"(?:的?(?:租金|房租))?)[为是:了]?\s?$"
)
_AFTER = re.compile(
    r"(?:人民币)?\s?(?:\(含(?:本数)?\)|含)?\s?(?:(?P<at_least>及?以上|往上|打底|起步|开外)|(?P<at_most>及?以[下内]|之内|封顶|为限)"
    r"|(?P<under>不到|差一?点)(?!\s?\d)|(?P<about>左右|上下|出头|大概|前后|的样子))"
)

VAGUE = "这个数不够准确，请给出准确的数字和单位。"
_PROBLEMS = {
    "foreign": "这里按人民币计算，请先把外币换算成人民币再告诉我。",
    "negative": "数字不能是负数，请核对后重新填写。",
    "zero": "金额要大于 0，请核对后重新填写。",
    "large": "这个数过大，请核对单位（元、万元、亿元）后重新填写。",
    "daily": "这里按每月租金计算，请换算成每平方米每月多少元。",
    "endless": "请给出具体的数字和单位。",
}


@dataclass(frozen=True)
class _Numeral:
    """A number without its unit; `chain` is all its scales where one digit stands before them (5千万 -> 10**7)."""

    low: Decimal
    high: Decimal
    end: int
    large: Decimal = Decimal(1)
    chain: Decimal = Decimal(1)
    fuzzy: bool = False
    vague: bool = False
    alone: bool = True


@dataclass(frozen=True)
class _Item:
    """A numeral with its unit; `end` is the end of the span, `resume` where reading goes on."""

    numeral: _Numeral
    start: int
    end: int
    resume: int
    kind: Kind | None
    unit: str = ""
    factor: Decimal = Decimal(1)
    extra: Decimal = Decimal(0)
    per: str = ""
    problem: str = ""


@lru_cache(maxsize=4096)
def _chinese(run: str) -> Decimal | None:
    """Read a Chinese run below 万, such as 三千五百 or 一点五; None if it is no number."""
    whole, _, fraction = run.partition("点")
    digits = "".join(str(_DIGITS[c]) for c in fraction)
    whole = whole.lstrip("零") or "零"
    if len(whole) == 2 and whole[0] in "百千" and whole[1] in _DIGITS:  # 千二: 1200
        return _SCALES[whole[0]] * (1 + Decimal(_DIGITS[whole[1]]) / 10)
    if not set(whole) & set("十百千"):
        value = Decimal("".join(str(_DIGITS[c]) for c in whole))
    else:
        try:
            value = Decimal(str(cn2an("一" + whole if whole[0] == "十" else whole, "normal")))
        except (ValueError, KeyError):
            return None
    return value + Decimal(f"0.{digits}") if digits else value


def _atoms(term: re.Match[str]) -> tuple[Decimal, Decimal] | None:
    """Return the lowest and highest value of a term before its scale: 两三千 is (2000, 3000)."""
    if term["and_half"]:
        whole = term["and_half"][0]
        value = Decimal(whole if whole.isdigit() else 10 if whole == "十" else _DIGITS[whole]) + Decimal("0.5")
        return value, value
    if term["half"]:
        return Decimal("0.5"), Decimal("0.5")
    if term["arabic"]:
        plain = term["arabic"].replace(",", "")
        exponent = plain.partition("e")[2]
        value = TOO_LARGE if len(plain) > 40 or len(exponent) > 5 else Decimal(plain)
        return value, value
    pair = _PAIR.match(term["cn"])
    if pair and (_DIGITS[pair[3]] - _DIGITS[pair[2]] == 1 or pair[2] + pair[3] == "三五"):
        low, high = _chinese(pair[1] + pair[2] + pair[4]), _chinese(pair[1] + pair[3] + pair[4])
    else:
        low = high = _chinese(term["cn"])
    return None if low is None or high is None else (low, high)


def _scale(text: str) -> tuple[Decimal, Decimal]:
    """Split a scale into its part below 万 and its part from 万 up: 千万 -> (1000, 10000)."""
    if text == "小目标":
        return Decimal(1), _SCALES["亿"]
    small, large = Decimal(1), Decimal(1)
    for char in "千w" if text == "kw" else text:
        if char in "多来余几":
            continue
        if char in "万亿wk":
            large *= _SCALES[char]
        else:
            small *= _SCALES[char]
    return small, min(large, Decimal(10) ** 40)


def _read_numeral(text: str, start: int) -> _Numeral | None:
    """Read the number that starts at `start`, joining terms (1亿 2千 万) as long as their scales go down."""
    if vague := (_VAGUE.match(text, start) or _BARE.match(text, start)):
        is_vague = vague.re is _VAGUE
        small, large = _scale(vague["scale"] if is_vague else vague[0])
        low = small * large
        return _Numeral(low, low * 10 if is_vague else low, vague.end(), large, vague=is_vague)
    total_low = total_high = section_low = section_high = Decimal(0)
    last, large, chain, end, terms = Decimal(0), Decimal(1), Decimal(1), start, 0
    fuzzy = vague_tail = False
    alone = False
    while term := _TERM.match(text, end):
        stop, run = term.start() + len(term[0].rstrip()), term["cn"] or ""
        if not terms and len(run) > 1 and run[-1] == "一" and run[-2] in _N and _ONE_PERIOD.match(text, stop):
            value = _chinese(run[:-1])  # 三十三一平: 33 for each
            return None if value is None else _Numeral(value, value, stop - 1, alone=len(run) > 2)
        atoms = _atoms(term)
        if atoms is None:
            break
        low, high = atoms
        small, big = _scale(term["scale"] or "")
        if terms:
            unscaled = not term["scale"] and not run.strip("零" + _N) and not term["zero"] and run[:1] != "零"
            digits = len(term["arabic"] or run)
            lifts = big > last > 1 and section_low + low * small < 10_000 and last < 10_000  # 3千 in 3千5百万
            if (big * small > last or last <= 1) and not lifts and big <= large:
                break
            if unscaled and not _YUAN.match(text, stop):
                if digits == 1 and _COUNTED.match(text, stop) and not (run and _LAND.match(text, stop)):
                    break
                if digits == 1:
                    small = last / 10
                elif not (digits == 4 and last == _SCALES["亿"] and stop == len(text)):
                    break
                else:
                    small = _SCALES["万"]
            elif unscaled and digits == 1 and run:
                small = last / 10
            elif large == _SCALES["亿"] and big == 1 and last == large and _ONE_THOUSANDS.match(text, end):
                small *= _SCALES["万"] if not _YUAN.match(text, stop) else 1  # 两亿六千, 2亿6千
            if high * small * (big if big > 1 and not lifts else 1) >= last and big <= large:
                break
        section_low, section_high = section_low + low * small, section_high + high * small
        if big > 1:
            if terms and big > large:
                total_low, total_high = (total_low + section_low) * big, (total_high + section_high) * big
            else:
                total_low, total_high = total_low + section_low * big, total_high + section_high * big
            section_low = section_high = Decimal(0)
            large = big
        last = big if big > 1 else small
        chain = small * big if not terms else Decimal(1)
        if run and len(run) > 1 and not terms and run[0] in _N and not run[1:].strip("十百千"):
            chain *= low / (_DIGITS[run[0]] or 1)
        fuzz = "".join(term[name] or "" for name in ("f1", "f2", "f3", "f4")).strip()
        alone = alone or bool(
            term["arabic"]
            or term["and_half"]
            or term["scale"]
            or re.search("[十百千点]", run[1:])
            or (run.startswith("十") and fuzz)
        )
        end, terms = stop, terms + 1
        if fuzz:
            fuzzy, vague_tail = True, "几" in fuzz
            break
        if last <= 1 and not (run and run[-1:] in "十百千"):
            break
    if not terms:
        return None
    low, high = total_low + section_low, total_high + section_high
    if vague_tail:
        high = low + (Decimal(10) if low / large < 100 else Decimal(100)) * large
    is_vague = vague_tail and high > low * _ROUGHLY  # 十亿三千几万 is near enough, 几万 is not
    return _Numeral(low, high, end, large, chain, fuzzy and not is_vague, is_vague, alone)


def _read_item(text: str, start: int) -> _Item | None:
    """Read the number and unit that start at `start`; an item of kind None is consumed, but is no quantity."""
    if endless := _ENDLESS.match(text, start):
        return _Item(
            _Numeral(Decimal(0), Decimal(0), endless.end()),
            start,
            endless.end(),
            endless.end(),
            "number",
            problem="endless",
        )
    at, sign = start, ""
    if text[at] in "-负":
        if text[at] == "负" and at and text[at - 1] in "抱自肩担背胜辜":
            return None
        if (
            text[at] == "-"
            and at
            and ((text[at - 1].isascii() and text[at - 1].isalnum()) or text[at - 1] in "-万亿元%年人平米")
        ):
            return None
        at, sign = at + 1, "negative"
    symbol = text[at : at + 1] if text[at : at + 1] in {"¥", "$", "€", "£"} else ""
    at += len(symbol)
    while symbol and text[at : at + 1] == " ":
        at += 1
    part = _PARTS.match(text, at)
    rent = _RENT_BEFORE.match(text, at)
    at = part.end() if part else rent.end() if rent else at
    if part and text[at : at + 1] == "百":
        numeral: _Numeral | None = _Numeral(Decimal(100), Decimal(100), at + 1)
    else:
        numeral = _read_numeral(text, at)
    if numeral is None:
        return None
    end = numeral.end
    if sign:
        numeral = _Numeral(-numeral.high, -numeral.low, end, numeral.large, numeral.chain, numeral.fuzzy)
    if part:
        return _Item(
            numeral,
            start,
            end,
            end,
            "rate",
            part[0],
            1 / prod((_SCALES[c] for c in part[1]), start=Decimal(1)),
            problem=sign,
        )
    after = _RENT_AFTER.match(text, end)
    unit = _UNIT.match(text, end)
    if rent or after:
        times = [m[g] for m, gs in ((rent, ("t1", "t2")), (after, ("t1", "t2", "t3"))) if m for g in gs if m[g]]
        said = _PERIOD_BEFORE.search(text[:start]) or _PERIOD_AFTER.match(text, after.end() if after else end)
        period = times[0] if times else (said[said.lastgroup or 0] if said else "")
        if not after and unit and unit.lastgroup == "money":
            after = unit
        if rent and after is unit and (late := _PER_AFTER.match(text, after.end() if after else end)):
            period, after = late[1], late
        if after or not unit:
            end = after.end() if after else end
            problem = sign or ("daily" if period in {"天", "日"} else "")
            return _Item(
                numeral,
                start,
                end,
                end,
                "unit_rent",
                text[numeral.end : end],
                1 / _MONTHLY.get(period, Decimal(1)),
                problem=problem,
            )
    return _with_unit(text, start, numeral, unit, symbol, sign)


def _with_unit(
    text: str, start: int, numeral: _Numeral, unit: re.Match[str] | None, symbol: str, problem: str
) -> _Item | None:
    """Give a numeral its kind by the unit word after it, or by 万 and 亿, or by what stands before."""
    end, is_sum = numeral.end, numeral.large > 1 or text[numeral.end - 1] in "wk"
    group = unit.lastgroup if unit else None
    word = unit[0].strip() if unit else ""
    if (is_sum and (group in {"years", "months"} or word in {"成", "方"})) or (word == "方" and numeral.low < 10):
        unit, group, word = None, None, ""
        if not is_sum:
            return _Item(numeral, start, end, end, None)
    if unit and group and group not in {"money", "foreign"}:
        factor, extra, kind = _FACTORS.get(word, Decimal(1)), Decimal(0), group
        if group == "rate" and word not in {*_FACTORS, "成半"}:
            factor = Decimal("0.01")
        elif word == "亩":
            factor = Decimal(2000) / 3
        elif word == "个季度":
            factor = Decimal(3)
        elif word == "成半":
            factor, extra = Decimal("0.1"), Decimal("0.05")
        elif word.endswith("半") or word == "个半月":
            extra = Decimal("0.5")
        if group == "years" and text[numeral.end - 1] == "半":
            kind, factor = "months", Decimal(12)
        known: dict[str, Kind] = {
            "rate": "rate",
            "area": "area",
            "count": "count",
            "months": "months",
            "years": "years",
        }
        if numeral.vague and not numeral.alone:
            return None
        return _Item(numeral, start, unit.end(), unit.end(), known[kind], word, factor, extra, problem=problem)
    if _NATIONAL.search(text[max(0, start - 5) : start]):
        symbol = symbol or "¥"
    foreign = (
        group == "foreign" or symbol not in {"", "¥"} or bool(_FOREIGN_BEFORE.search(text[max(0, start - 6) : start]))
    )
    if group or symbol or foreign or is_sum:
        large = _SKIPPED_LARGE.match(text, end)
        if not group and not symbol and large and not unit:
            return _Item(numeral, start, end, end, None)
        end, extra = (unit.end() if unit and group else end), Decimal(0)
        if word and word[0] in "元块" and not numeral.fuzzy and (change := _CHANGE.match(text, end)):
            jiao, fen, zero, digit, cent = change.groups()
            tenths, cents = (jiao, fen) if jiao else ("", digit) if zero or cent else (digit, "")
            if jiao or word == "块" or cent:
                extra = sum(
                    (
                        Decimal(_DIGITS.get(c, c)) * s
                        for c, s in ((tenths, Decimal("0.1")), (cents, Decimal("0.01")))
                        if c
                    ),
                    Decimal(0),
                )
                end = change.end()
        if word == "元" and (whole := _CLOSING.match(text, end)):
            end = whole.end()
        late = _PER_AFTER.match(text, end)
        return _Item(
            numeral,
            start,
            end,
            late.end() if late else end,
            "money",
            word or symbol * (text[start] == symbol),
            extra=extra,
            per=late[1].replace("日", "天") if late else "",
            problem="foreign" if foreign else problem,
        )
    if _SKIPPED.match(text, end):
        return _Item(numeral, start, end, end, None)
    return _Item(numeral, start, end, end, "number", problem=problem)


def _joined(text: str, left: _Item) -> tuple[_Item, Decimal, Decimal] | None:
    """Read `left` as the lower end of a range such as 3-5千万; the left end borrows what only the right end has."""
    sep = _RANGE.match(text, left.end)
    if not sep or sep.end() >= len(text) or left.problem or left.numeral.vague or text[left.start - 1] == "差":
        return None
    right = _read_item(text, sep.end())
    if right is None or right.kind is None or right.problem not in {"", "foreign", "daily"} or right.numeral.vague:
        return None
    a, b = left.numeral, right.numeral
    bare = left.kind in {None, "number"} and left.end == a.end
    borrows = bare or (left.kind == "money" and not left.unit)
    if not borrows and left.kind != right.kind and not (left.kind == "rate" and right.kind == "number"):
        return None
    if bare and right.kind == "number" and not (a.alone and b.alone):
        return None
    if left.kind == "money" and right.kind == "number":
        return None
    low, high = a.low, b.high
    if a.large == 1 and bare:
        step = b.chain if low < 10 and b.chain > 1 and low < b.high / b.chain else b.large
        low = low * step if low * step <= high else low
    if right.kind == "number" and left.kind == "rate":
        right = _Item(b, right.start, right.end, right.resume, "rate", left.unit, left.factor)
    low = low * (right.factor if borrows else left.factor) + (Decimal(0) if borrows else left.extra)
    high = high * right.factor + right.extra
    return (right, low, high) if low < high else None


def _words_around(text: str, start: int, end: int) -> tuple[Bound, bool, str, int]:
    """Return bound, approximate, period and where the words before begin, from the words on both sides."""
    bounds: list[str] = []
    about, per, begin = False, "", start
    for _ in range(4):
        offset = max(0, begin - 12)
        word = _BEFORE.search(text[offset:begin])
        if not word:
            break
        begin = offset + word.start()
        per = per or (word["per"] or "")[:1]
        about = about or bool(word["about"] or word["near"])
        bounds += [k for k in ("at_most", "at_least", "under", "over") if word[k]]
    if word := _AFTER.match(text, end):
        about = about or bool(word["about"])
        bounds += [k for k in ("at_least", "at_most", "under") if word[k]]
    bound: Bound = next((b for b in ("over", "at_least", "at_most", "under") if bounds and b == bounds[0]), "")
    return bound, about, per, begin


def read_quantities(text: str) -> list[Quantity]:
    """Read every quantity of `text`, in order, without overlap; a foreign sum told in yuan as well is read in yuan."""
    with localcontext(Context(prec=60)):
        found = _read_all(text)
    return [q for q in found if not _is_converted(text, q, found)]


def _is_converted(text: str, quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether a foreign sum stands beside what it comes to (150 万美元，折人民币 1020 万元)."""
    if quantity.problem != _PROBLEMS["foreign"]:
        return False
    at = quantities.index(quantity)
    behind, ahead = quantities[at + 1 : at + 2], quantities[max(at - 1, 0) : at]
    return any(not q.problem and _CONVERTED.fullmatch(text[quantity.end : q.start]) for q in behind) or any(
        not q.problem and _CONVERTED_BACK.fullmatch(text[q.end : quantity.start]) for q in ahead
    )


def _read_all(text: str) -> list[Quantity]:
    plain = _GROUPS.sub(lambda m: m[0].replace("，", ","), text.translate(_PLAIN))
    plain = _NOT_QUANTITIES.sub(lambda m: "\0" * len(m[0]), plain)
    found: list[Quantity] = []
    position = 0
    while begin := _START.search(plain, position):
        item = _read_item(plain, begin.start())
        if item is None:
            position = begin.end()
            continue
        joined = _joined(plain, item)
        n, last = item.numeral, joined[0] if joined else item
        if joined:
            low, high = joined[1:]
        else:
            low, high = (v * item.factor + item.extra * (-1 if v < 0 else 1) for v in (n.low, n.high))
        position = max(last.resume, begin.end())
        kind = last.kind
        if kind is None or (
            kind == "number"
            and not (joined or n.alone or item.problem or plain[item.start : last.end] == plain.strip())
        ):
            continue
        if kind == "area" and (item.unit == "亩" or last.unit == "亩"):
            low, high = (v.quantize(Decimal("0.01"), ROUND_HALF_UP) if abs(v) < TOO_LARGE else v for v in (low, high))
        bound, about, per, words = _words_around(plain, item.start, last.resume)
        if kind in {"years", "months"} and plain[item.start - 1 : item.start] == "近":
            about = False
        per = (last.per or per) if kind == "money" else ""
        if kind == "money" and per and found and found[-1].start >= words:
            found.pop()
        fuzzy = n.fuzzy or last.numeral.fuzzy
        tails = "多" in text[item.start : last.end] or "余" in text[item.start : last.end]
        problem = _PROBLEMS.get(last.problem, "") or (VAGUE if n.vague else "")
        if not problem and max(abs(low), abs(high)) >= TOO_LARGE:
            problem = _PROBLEMS["large"]
        elif not problem and kind == "money" and high == 0:
            problem = _PROBLEMS["zero"]
        unit = text[last.end - len(last.unit) : last.end] if plain.endswith(last.unit, 0, last.end) else last.unit
        found.append(
            Quantity(
                text[item.start : last.end],
                item.start,
                last.end,
                kind,
                low,
                high,
                unit,
                per,
                about or fuzzy,
                bound or ("over" if fuzzy and tails else ""),
                problem,
            )
        )
    return found


def read_amount(text: str) -> Quantity:
    """Read the one quantity of a short text such as 3000万, 4% or 12; raise `UnreadableAmount` if not one."""
    found = read_quantities(text)
    if not found:
        raise UnreadableAmount(f"没有读到数字：“{text[:40]}”。请写成 3000万、5亿元、4% 或 12 这样的形式。")
    if len(found) > 1:
        seen = "、".join(q.text for q in found[:5])
        raise UnreadableAmount(f"读到了 {len(found)} 个数：{seen}。请只写一个。")
    return found[0]


def format_yuan(value: Decimal) -> str:
    """Write yuan in 亿元 or 万元 where at most four decimals say it exactly, else in 元, rounded half up to 0.01."""
    with localcontext(Context(prec=max(60, value.adjusted() + 10))):
        cents = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        for unit, size in (("亿元", _SCALES["亿"]), ("万元", _SCALES["万"]), ("元", Decimal(1))):
            shown = cents / size
            if size == 1 or (abs(cents) >= size and shown == shown.quantize(Decimal("0.0001"))):
                digits = f"{shown:f}"
                digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
                return f"{'0' if digits == '-0' else digits} {unit}"
    raise AssertionError("unreachable: 元 always fits")
