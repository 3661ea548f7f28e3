"""Quantities as written in a message → as meant: prices times pieces, alternatives as ranges, totals without parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from assistant.amounts import Quantity, read_quantities
from assistant.facts import OLD_UNIT, is_small
from assistant.ratios import with_told_by_others

_OR = re.compile(r"[，,]?(?:也可能|或者?是?|还是|要么)[^\d，。；]{0,4}")
_OPENS = re.compile(r"[(（:：]|其中|包括|包含|分别")
_CLOSES = re.compile(r"[)）]")
_TOTAL = re.compile(r"(?:(?<![公一总])共|合计|总计|共计|一共|总共|加起来|合起来|总和|拢共)[^，。；\d]{0,6}$")
_TOTAL_SPENT = re.compile(r"(?:总共|一共|合计|总计|共)(?:投|砸|投资)(?:了|入)?$")
_YEAR_RENT = re.compile(r"年(?:的)?(?:总|合计)?(?:房租|租金)[^，。；\d]{0,4}$")
_MONTH_RATE = re.compile(r"月(?:息|利率?|利息)[是为]?$")
_PIECE = "台|套|件|部|条|层|栋|间|张|位|个人|人|名|个"
_EACH = re.compile(
    rf"(?:(?:每|单)(?P<unit>{_PIECE})|一(?P<one>[台套层条栋间人名]|张(?=票|发票)))(?:设备|机器|仪器|线|产线|票|发票)?(?:一年|每年)?"
    r"[^，。；\d]{0,8}$|(?:各(?:自|是|为|有)?(?:账面|固定资产)*净?值?|(?:单价|均价|平均)(?:是|为)?)$"
)
# 85 万一台，一共买了 12 台
_EACH_AFTER = re.compile(r"元?[/每一](?P<unit>[台套件条])")
_HOW_MANY = re.compile(r"，?(?:[一总]?共|合计)?(?:买|采购|购|上|要|有|是|进|订)?[了入]?")
_COMMAS = re.compile("[，。；、]")
_EACH_TOO = re.compile(r"[^，。；\d]{0,4}[，]?(?:每|各|单价)")
# 每个月 30 万，做了 14 个月; 每期 300 万，分三期; not a rent, an interest or what is told by the year anyway
_EACH_PERIOD = re.compile(
    r"(?:每一?个?(?P<unit>月|季度?|期|年|批|次|笔)|(?P<mean>[月季])均)(?P<words>[^，。；\d]{0,10})$"
)
_NO_SUM = re.compile(r"租|息|月供|还款|工资|电费|水费|利率|几|多少")
_SPENT = re.compile(r"投|完成|缴|花|买|购|付|采")
_PERIODS_OF_YEAR = {"月": 12, "季": 4}
_WHOLE_YEAR = re.compile(r"全年|一整年|(?<!第)(?<![二三四五六七八九十])一年(?!半)")
_OF_ONE = re.compile(rf"(?:[每一](?:{_PIECE}|股|片|块|批|期)|单价)[^，。；\d]{{0,8}}$")
_UNCOUNTED = re.compile(
    rf"(?:几|多少)[台套件条张股](?!机|件)|(?:几|多少|数量?|[{_PIECE}股]数)[^，。；\d]{{0,12}}?"
    r"(?:没|未(?!来)|不(?:知道|清楚|确定|晓得)|待定|再[定说]|还?在[谈算点盘核统]|说不准|盘点|统计)"
)
_PEOPLE = ("人", "名", "位", "个", "个人")
_THINGS = ("台", "套", "件", "条")
_NUMBER = r"\d{1,4}|[一二两三四五六七八九十]{1,3}"
_SIBLING = r"(?:[甲乙丙丁]|第[一二三四][个项家笔批期]|(?<![a-z])[abc](?![a-z]))"
_ONLY = re.compile(
    rf"(?<=[，。；])(?P<own>{_SIBLING}[^，。；？?的\d]{{0,4}}?)(?:最[多高]|能|可以?|该)*[补奖给拿]"
    r"|(?:(?:只|单|就|要)(?:问|算|看|报)|(?<=[，。；])问(?!题|下|一下))(?:的是)?(?:一下)?(?P<name>[^，。；？?的]{1,10})"
)
_MISSED = re.compile(
    r"差(?!不多|额|价)[^，。；]{0,12}$|四舍五入[^，。；]{0,8}$|约等于$|(?:离|距离?)(?:那个|这个)?$"
    r"|(?<!有)(?:没有?|未能?|不曾)(?:曾|能|有|真正|正式)?(?:达到?|突破|超过|超|破|过|到|上)(?:过|了|到|满)?$"
)
_SHORT, _TO = re.compile(r"差(?:了|着)?$"), re.compile(r"(?:就|才|便)?(?:能)?(?:到|够|满|过|破|达到)(?:了)?")
_FROM, _STILL = re.compile(r"(?:离|距离?)(?:那个|这个)?$"), re.compile(r"(?:还|只|就|仅)*差(?:了|着)?")
_UNTOUCHED = re.compile(r"元?的(?:边|坎|线|门槛|影子?)[^，。；\d]{0,4}没")
# 没有一个高级工 is nobody, 一个月房租 is by the month, 一平最多补几块 by the ㎡.
_NONE = re.compile(r"没有?$")
# 分三块 is in three parts, 加一块 is together.
_BLOCK, _SPLIT = re.compile(r"[一二两三四五六\d]块"), re.compile(r"(?:分[成了]?|分为|[由这那加合拢凑放])$")
_JOINT = re.compile(r"[:：]|(?:合计|加起来|合起来|一共|总共|一起|都)")
_ALREADY = re.compile(r"(?:原来|本来|以前|原先|早先|本身)(?:就|已经?)?有[^，。；\d]{0,4}$")
_NEW = re.compile(r"新(?:引进|培养|招|来|进|考)")
_VOID = re.compile(r"[^，。；\d]{0,6}(?:作废|退货|退了|取消了|没成交|没买成|没谈成)")
# 另有 400 万设备没到货没算在里面, 200 万那批报过别算
_EXCLUDED = re.compile(
    r"(?:那|这|的|元|块)?[^，。；\d]{0,14}(?:(?<!算)不[用要]?算|(?<!分)[别没]算|不计|(?:先|就)?不管)"
    r"(?:在?(?:里面|内|其中|里头)|进[去来]|上|它|他|了|啊|哈)*(?=[，。；？?]|$)"
)
# 1500 万，里面有 300 万是办公电脑，剔掉以后; 1000 万，后来退货 300 万
_WITHIN = re.compile(
    r"(?:其中|里面|里头|当中"
    r"|[万亿元块](?:里面?|当?中)(?:有|含|还有|包括))[^。；\d]{0,12}$|(?:含|包括|包含)[^，。；\d]{0,8}$"
)
_TAKEN_OFF = re.compile(
    r"[^。；\d]{0,16}(?:(?<!算)不[用要能]?算|(?<!分)别算|不计|(?:剔|扣|刨|除|去|拿|减)(?:掉|除|去|开)|除外|排除)(?!多|少)"
)
# 其中 700 万那批本来就在本市，不是市外转来的; 其中 250 万跟技改无关; 其中 1200 万是设备，不是软件 is the thing itself
_UNLIKE = re.compile(
    r"(?P<own>[^。；？?\d]{0,24}?)(?:不(?:是|属|在|符合|算|能算)|(?:没有?|无)(?:任?何?)(?:关[系联]?)|不(?:相干|沾边|挨着)"
    r"|(?:没有?|未)(?:付|缴|到位|到货|投|开工|动工|安装|交付))[^，。；？?]*"
)
_SOME = re.compile(rf"{_WITHIN.pattern}|(?<=[，；])(?:但|不过|只是)?有$")
_IS = re.compile(r"(?:元|块)?(?:的)?(?:是|为|属于|用[于在]|投)")
_IS_REST = re.compile(
    r"[^。；？?\d]{0,16}[，、](?:其余|剩下|余下|其他|剩余)[^，。；？?\d]{0,8}?(?:是|为|属于|算)(?P<rest>[^，。；？?]*)"
)
# 20 个，其中 5 个不在目录
_AMONG = re.compile(r"(?:其中|里面|里头|后来|但)有?的?$")
_OF_THEM = re.compile(r"(?:其中|[个名人位](?:里面?|当?中))(?:有|的)*$")
_UNFIT = re.compile(r"[^，。；\d]{0,10}(?:不在|没在|不符合|不属于|不达标|没有?证|没(?:拿|考)到?证?)")
_LESS = re.compile(
    r"(?:退货|退款|退掉|退了|退还|[扣剔刨]除|[扣剔刨减去砍]掉|刨去|除去|减去|省下?|优惠|便宜|让利|(?<!下)(?:降|减|砍|让)|抹掉)"
    r"(?:了|去)?[^，。；\d]{0,6}$"
)
# 一共 2000 万，比预算省了 300 万: of a budget that is not told nothing is taken off
_THAN = re.compile(r"比(?P<name>[^，。；\d]{2})[^，。；\d]{0,6}$")
# 还差 1400 万没有投下去，其余都完成了; 其中 160 万是旧项目的，剩下的都花在这次
_OUT = re.compile(
    r"[^，。；\d]{0,12}(?:退[掉了货]|砍掉|没有?(?:投|到位|到账|到货|完成|付|缴)|未(?:投|到位|到账|完成|付|缴)|是[^，。；\d]{0,4}(?:另外|别的|其他|旧))"
)
_THE_REST = re.compile(r"[^。；\d]{0,16}?(?P<rest>其余|剩下|余下|剩的|其他的?都)")
# 从 5000 万增加到了 9000 万
_ROSE_FROM = re.compile(r"从[^，。；\d]{0,8}$")
_ROSE_TO = re.compile(r"[^，。；\d]{0,6}(?:增|涨|升|提|扩|加|降|减|调|变|做|到)[^，。；\d]{0,3}[到至为成]了?")
# 1500 万，做到一半又追加了 400 万
_ADDED = re.compile(
    r"[^。；\d]{0,14}(?:又|再|还|另外)[^，。；\d]{0,2}(?:加租|扩租|追加|增加|加投|补投|增投|添置?|加)了?[^，。；\d]{0,2}"
)
# 设备 1200 万、软件 300 万都算在里头
_INSIDE = re.compile(r"[^，。；\d]{0,4}(?:已经?)?(?:算|包|含|包括|包含)在?(?:里|内|其中)")
_BY_MONTH = re.compile(r"(?:的)?(?:房租|租金|租|要[付交]|[付交]|光|每|一平|顶格|最多|最高|补|贴|多少|几)")
_BY_AREA = re.compile(r"[^，。；\d]{0,6}(?:多少|几|补|贴)")
_FIRST_HALF = re.compile(r"(?:[上前]半年|前(?:六|6)个月|前三个?季度|一(?:季度)?[到至]三季度)[^，。；\d]{0,12}$")
_SECOND_HALF = re.compile(r"[^。；\d]{0,4}(?:[下后]半年|后(?:六|6)个月|(?<!前)第?四季度)[^，。；\d]{0,12}")
# 上半年平均每月 1500 万
_HALF_BY_MONTH = re.compile(
    r"(?:[上下前后]半年|[前后头](?:六|6)个月)[^，。；\d]{0,6}?(?:每一?个?月|月均|月平均|平均一个月)[^，。；\d租息]{0,8}$"
)
_MONTHS_OF_HALF = 6
# 厂房 15000 平方米，每平米造价 1600 元: what the building came to
_OF_AREA = re.compile(r"(?:每一?个?|一个?|单)(?:平方米|平米|平方|㎡|平|方)[^，。；\d租]{0,8}$")
# 这 800 万里有 200 万是办公电脑, 上面说的 2000 万: a figure told before
_BACK = re.compile(
    r"(?:[这那]|上述|(?:上面|前面|上头|刚才?刚?|之前|方才|开头|我)"
    r"(?:我|所)?(?:说|提到?|讲|报)(?:过|到)?的)(?:个|笔)?(?:这|那)?(?:个|笔)?$"
)
_STOP = re.compile(r"[。；？?！!]")
_NEXT = re.compile(rf"{_STOP.pattern}|，(?={_SIBLING})")
_LISTED = re.compile("[、和与及跟]")
_NEXT_RENT = re.compile(r"[、，和与及跟][^，。；、\d]{0,6}")
_SCALED = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?:[万亿]元?|w|kw)")


def as_meant(
    text: str,
    quantities: Sequence[Quantity],
    *,
    keeps_earlier: bool = False,
    by_year: bool = False,
    is_rented: bool = False,
) -> list[Quantity]:
    """The quantities of `text` with what its words make of them.

    `keeps_earlier` where what rose or fell counts too; `by_year` where each year stands for itself; `is_rented` where
    what is told by the ㎡ is a rent, and not the price of what was built.
    """
    quantities = _of_one_rent(text, quantities) if is_rented else _built(text, quantities)
    quantities = _without_repeats(text, _of_one_unit(text, quantities))
    quantities = [q for q in quantities if not (_is_none(text, q) or _is_void(text, q) or _is_old(text, q))]
    quantities = with_told_by_others(text, quantities)
    quantities = _short_of(text, quantities if keeps_earlier else _grown(text, quantities))
    quantities = [q for q in quantities if not _is_missed(text, q)] or quantities
    quantities = _halves(text, quantities)
    meant = _alternatives(text, _multiplied(text, _yearly(text, _asked_about(text, quantities)), by_year))
    return _without_totals(text, meant)


def told_before(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities that the words before them say were told before (上面说的 200 万和 100 万)."""
    out: list[Quantity] = []
    for q in quantities:
        goes_on = out and _LISTED.fullmatch(text[out[-1].end : q.start])
        out += [q] if goes_on or _BACK.search(text[: q.start]) else []
    return out


def _without_repeats(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, one that only takes up an earlier one (花了 800 万，这 800 万里) once."""
    backs = told_before(text, quantities)
    return [q for q in quantities if q not in backs or not any(_is_same(q, x) and x.end <= q.start for x in quantities)]


def _is_same(one: Quantity, other: Quantity) -> bool:
    return (one.kind, one.low, one.high) == (other.kind, other.low, other.high)


def _of_one_unit(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, bare numbers of a list that ends in a sum (210、340 和 95 万) in its unit."""
    out: list[Quantity] = []
    scale = None
    for q in reversed(quantities):
        after = out[-1] if out else None
        joins = after is not None and bool(_LISTED.fullmatch(text[q.end : after.start]))
        if q.kind == "number" and after and scale and joins and not is_year(q):
            q = replace(q, kind="money", low=q.low * scale, high=q.high * scale, unit=after.unit)
        else:
            unit = _SCALED.fullmatch(q.text) if q.kind == "money" and not q.problem else None
            scale = q.low / Decimal(unit["number"]) if unit else None
        out.append(q)
    return out[::-1]


def _of_one_rent(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, prices of a list that ends in a rent (厂房 18 元、办公 40 元每平每月) as rents too."""
    out: list[Quantity] = []
    for q in reversed(quantities):
        after = out[-1] if out else None
        is_rent = after is not None and after.kind == "unit_rent" and not after.problem and q.kind == "money"
        if after and is_rent and is_small(q) and _NEXT_RENT.fullmatch(text[q.end : after.start]):
            q = replace(q, kind="unit_rent", unit=after.unit)
        out.append(q)
    return out[::-1]


def _built(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, a price of a ㎡ and the area built for it as what that came to."""
    out = list(quantities)
    for q in quantities:
        is_price = q.kind == "unit_rent" or (q.kind == "money" and _OF_AREA.search(text[: q.start]))
        areas = [x for x in out if x.kind == "area" and not x.problem and x.low > 1]
        if not is_price or q.problem or not areas:
            continue
        area = min(areas, key=lambda x: abs(x.start - q.start))
        words = f"{q.text}×{area.text}"
        product = replace(q, kind="money", low=q.low * area.low, high=q.high * area.high, text=words, per="")
        out[out.index(q)] = product
        out.remove(area)
    return out


def without_parts(
    text: str,
    quantities: Sequence[Quantity],
    is_other: Callable[[Quantity, Quantity], bool],
    is_told: Callable[[Quantity, int], bool],
    is_named: Callable[[int, int], bool],
) -> list[Quantity]:
    """The quantities, one that a part is taken off (1500 万，里面 300 万是办公电脑，剔掉) as what is left.

    `is_other` says of a whole and a part whether the words between them speak of another thing, `is_told` of a whole
    and a place whether the clause there names another input (其余都已经实缴): then what is left stands there, and the
    whole for itself. `is_named` says whether the words from one place to another name an input at all.
    """
    out: list[Quantity] = []
    for at, q in enumerate(quantities):
        whole = next((x for x in reversed(out) if x.kind == q.kind), None)
        rest = _the_rest(text, q, quantities[at + 1 :]) or _named_rest(text, q, is_named)
        is_off = whole and whole.low > q.high and (rest or _is_taken_off(text, q) or _is_unlike(text, q, is_named))
        if whole is None or not is_off or is_other(whole, q):
            out.append(q)
            continue
        words = f"{whole.text} − {q.text}"
        left = replace(whole, low=whole.low - q.high, high=whole.high - q.low, text=words)
        if rest and is_told(whole, rest):
            out.append(replace(left, start=rest - 1, end=rest))
        elif is_told(whole, q.end):  # 报价 9000 万，降了 1000 万成交
            out.append(replace(left, start=q.start, end=q.end))
        else:
            out[out.index(whole)] = left
    return out


def is_year(quantity: Quantity) -> bool:
    """Whether a bare number is more likely a year (2021) than a measure of anything."""
    return quantity.kind == "number" and 1990 <= quantity.low <= 2050 and len(quantity.text) == 4


def _the_rest(text: str, part: Quantity, behind: Sequence[Quantity]) -> int:
    """Where the words for what is left stand, behind a part that is out (没有投下去，其余都完成了); 0 for nowhere."""
    out = _OUT.match(text, part.end)
    rest = _THE_REST.match(text, out.end()) if out else None
    if rest is None or (behind and behind[0].kind == part.kind and behind[0].start < rest.end() + 12):
        return 0  # 其余 300 万 is told
    return rest.end()


def _is_taken_off(text: str, quantity: Quantity) -> bool:
    before, after = text[: quantity.start], text[quantity.end :]
    if quantity.kind == "count" and _OF_THEM.search(before) and _UNFIT.match(after):
        return True
    than = _THAN.search(before)
    is_less = _LESS.search(before) and not (than and than["name"] not in before[: than.start()])
    return bool(is_less or (_WITHIN.search(before) and _TAKEN_OFF.match(after)))


def _is_unlike(text: str, part: Quantity, is_named: Callable[[int, int], bool]) -> bool:
    """Whether a part of the whole before is told to be something else (其中 700 万那批本来就在本市，不是市外转来的)."""
    unlike = _UNLIKE.match(text, part.end)
    if unlike is None or not _SOME.search(text[: part.start]):
        return False
    first, *more = unlike["own"].split("，")
    return not (more and _IS.match(text, part.end) and is_named(part.end, part.end + len(first)))


def _named_rest(text: str, part: Quantity, is_named: Callable[[int, int], bool]) -> int:
    """Where the rest is named as an input and the part is not (其中流动资金 1800 万，其余是固定资产); 0 for nowhere."""
    rest = _IS_REST.match(text, part.end)
    within = _WITHIN.search(text[: part.start]) if rest else None
    if not within or not rest or is_named(within.start(), rest.start("rest")) or not is_named(*rest.span("rest")):
        return 0
    return rest.start("rest")


def without_words_of_parts(text: str, quantities: Sequence[Quantity]) -> str:
    """The text without what it says of the parts that a whole is told to be without (其中 250 万…不算…)."""
    for at in reversed(range(1, len(quantities))):
        part = quantities[at]
        is_part = any(q.kind == part.kind and q.low > part.high for q in quantities[:at])
        unlike = _UNLIKE.match(text, part.end) if is_part else None
        within = _SOME.search(text[: part.start]) if unlike else None
        if within and unlike:
            text = text[: within.start()] + text[unlike.end() :]
    return text


def _grown(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, one that rose or fell to another (从 5000 万增加到 9000 万) as that, one added to as the sum."""
    out: list[Quantity] = []
    for q in quantities:
        first = out[-1] if out else None
        is_rent = first is not None and first.kind == "unit_rent" and q.kind == "money"  # 从每平 48 元涨到 65 元
        between = text[first.end : q.start] if first and (first.kind == q.kind or is_rent) else None
        if first is None or between is None or first.problem or q.problem:
            out.append(q)
        elif _ROSE_FROM.search(text[: first.start]) and _ROSE_TO.fullmatch(between):
            out[-1] = replace(q, start=first.start, kind=first.kind)
        elif q.kind in ("money", "area") and _ADDED.fullmatch(between):
            words = f"{first.text} + {q.text}"
            out[-1] = replace(first, low=first.low + q.low, high=first.high + q.high, text=words, end=q.end)
        else:
            out.append(q)
    return out


def _is_missed(text: str, quantity: Quantity) -> bool:
    """Whether the figure is one not reached (差 50 万到 2000 万，四舍五入也算 1 亿)."""
    is_short = _MISSED.search(text[: quantity.start]) or _UNTOUCHED.match(text[quantity.end :])
    return bool(is_short) and not _the_rest(text, quantity, ())


def _short_of(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, one that is short of another (差 100 万就到 2 亿, 离 2 亿还差 100 万) as what is left."""
    out: list[Quantity] = []
    for q in quantities:
        first = out[-1] if out else None
        between = text[first.end : q.start] if first and first.kind == q.kind else ""
        short = (first, q) if first and _SHORT.search(text[: first.start]) and _TO.fullmatch(between) else None
        short = (q, first) if first and _FROM.search(text[: first.start]) and _STILL.fullmatch(between) else short
        if first and short:
            by, to = short
            words = f"{to.text}−{by.text}"
            out[-1] = replace(to, low=to.low - by.high, high=to.high - by.low, text=words, start=first.start, end=q.end)
        else:
            out.append(q)
    return out


def _is_none(text: str, quantity: Quantity) -> bool:
    """Whether the words only seem to give a figure."""
    if quantity.kind == "money" and _BLOCK.fullmatch(quantity.text):
        is_block = _SPLIT.search(text[: quantity.start]) or _JOINT.match(text, quantity.end)
        if is_block:
            return True
    if quantity.low != 1 or not quantity.text.startswith(("一", "1")):
        return False
    if quantity.kind == "area":
        return bool(_BY_AREA.match(text[quantity.end :]))
    if quantity.kind == "months":
        return bool(_BY_MONTH.match(text[quantity.end :]))
    return quantity.kind == "count" and bool(_NONE.search(text[: quantity.start]))


def _is_old(text: str, quantity: Quantity) -> bool:
    """Whether people were there before those that are new (原来就有 6 名老技师，今年新引进 4 名)."""
    is_old = quantity.kind == "count" and _ALREADY.search(text[: quantity.start])
    return bool(is_old) and bool(_NEW.search(text, quantity.end))


def _is_void(text: str, quantity: Quantity) -> bool:
    """Whether a sum never came about or is not to count (900 万那张票作废了, 去年的 300 万别算)."""
    after = text[quantity.end :]
    if quantity.unit in _THINGS and _AMONG.search(text[: quantity.start]):
        return False  # 12 台，其中 2 台退货: the rest counts
    return bool(_VOID.match(after) or (_EXCLUDED.match(after) and not _WITHIN.search(text[: quantity.start])))


def _asked_about(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """Those of the one that is asked about, where several are told of (甲公司…；乙公司…。只问甲)."""
    only = _ONLY.search(text)
    if only is None:
        return list(quantities)
    name = only["name"] or only["own"]
    runs = (name[:size] for size in range(len(name), 0, -1))
    at = next((at for run in runs if 0 <= (at := text.find(run)) < only.start()), -1)
    stop = (_STOP if only["name"] else _NEXT).search(text, at + 1)
    inside = [q for q in quantities if at <= q.start < (stop.start() if stop else only.start())]
    return inside if at >= 0 and inside else list(quantities)


def _halves(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, two halves of one year (上半年 8.7 亿，下半年 12.1 亿) as its sum."""
    out: list[Quantity] = []
    for q in quantities:
        if q.kind == "money" and not q.problem and _HALF_BY_MONTH.search(text[: q.start]):
            words = f"{q.text}×{_MONTHS_OF_HALF}个月"
            q = replace(q, low=q.low * _MONTHS_OF_HALF, high=q.high * _MONTHS_OF_HALF, text=words, per="")
        first = next((x for x in reversed(out) if x.kind == q.kind), None)
        is_second = first and _SECOND_HALF.fullmatch(text[first.end : q.start])
        if first and is_second and _FIRST_HALF.search(text[: first.start]):
            words = f"{first.text} + {q.text}"
            whole = replace(first, low=first.low + q.low, high=first.high + q.high, text=words, end=q.end)
            out[out.index(first)] = whole
        else:
            out.append(q)
    return out


def _alternatives(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, two of a kind joined by 或者 read as the ends of a range."""
    out: list[Quantity] = []
    for q in quantities:
        before = out[-1] if out else None
        if before and before.kind == q.kind and before.end <= q.start and _OR.fullmatch(text[before.end : q.start]):
            ends = (before.low, before.high, q.low, q.high)
            span = text[before.start : q.end]
            problem = before.problem or q.problem
            out[-1] = replace(before, low=min(ends), high=max(ends), text=span, end=q.end, problem=problem)
        else:
            out.append(q)
    return out


def _yearly(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, a monthly rate (月利率千分之四) taken for the twelve months of a year, a year's rent for one."""
    return [
        replace(q, low=q.low / 12, high=q.high / 12, text=f"{q.text}÷12")
        if q.kind == "money" and not q.problem and _YEAR_RENT.search(text[: q.start])
        else replace(q, low=q.low * 12, high=q.high * 12, text=f"{q.text}×12")
        if q.kind == "rate"
        and not q.problem
        and _MONTH_RATE.search(text[: q.start])
        and not OLD_UNIT.match(text[q.end :])
        else q
        for q in quantities
    ]


def _multiplied(text: str, quantities: Sequence[Quantity], by_year: bool) -> list[Quantity]:
    """The quantities, one for each piece or period (每台 86 万，每月 30 万) times those told (12 台，14 个月)."""
    out = []
    found = {q.start: _EACH.search(text[: q.start]) for q in quantities if q.kind in ("money", "area")}
    is_list = sum(bool(each and each["one"]) for each in found.values()) > 1  # 一条 520 万，一条 1180 万
    counted: set[int] = set()
    for q in quantities:
        each = found.get(q.start) if not q.problem else None
        is_item = bool(each and each["one"] and is_list)
        each = None if is_item else each
        behind = None if is_item else _pieces_behind(text, q, quantities)  # 一台 800 万一台 600 万
        end, pieces = behind or (q.end, _periods(text, q, by_year))
        if pieces is None and each:
            pieces = _pieces(text, q, each["unit"] or each["one"] or "", quantities)
            if pieces and each["one"] and (pieces.start in counted or _is_counted_by(pieces, q, quantities)):
                pieces = None  # 三台每台 42 万，另一样一台 198 万; 一层 600 ㎡，二层 900 ㎡
            if pieces and _HOW_MANY.fullmatch(text[q.end : max(pieces.start, q.end)]) and pieces.start > q.end:
                end = pieces.end  # 每台 48 万买了 25 台，软件 100 万
        if pieces is not None:
            counted.add(pieces.start)
            words = f"{q.text}×{pieces.text}"
            q = replace(q, low=q.low * pieces.low, high=q.high * pieces.high, text=words, end=end, per="")
        out.append(q)
    return out


def _pieces_behind(text: str, each: Quantity, quantities: Sequence[Quantity]) -> tuple[int, Quantity] | None:
    """Where the words of a price end that its piece stands behind (85 万一台，一共 12 台), and how many there are."""
    said = _EACH_AFTER.match(text, each.end) if each.kind == "money" and not each.problem else None
    if said is None:
        return None
    counts = [q for q in quantities if q.kind == "count" and q.unit == said["unit"] and q.low > 1 and not q.problem]
    after = [c for c in counts if c.start >= said.end() and _HOW_MANY.fullmatch(text[said.end() : c.start])]
    if after and not _EACH_TOO.match(text, after[0].end):
        return after[0].end, after[0]
    before = [c for c in counts if c.end <= each.start and len(_COMMAS.findall(text[c.end : each.start])) < 2]
    return (said.end(), before[-1]) if before else None


def _is_counted_by(pieces: Quantity, each: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether a count stands right before a figure of its own."""
    return any(q is not each and q.kind == each.kind and q.start == pieces.end for q in quantities)


def prices_alone(text: str, quantities: Sequence[Quantity], *, is_rented: bool = False) -> list[Quantity]:
    """The prices of one piece each, where the text says that it is not known yet how many there are, and of one ㎡."""
    patterns = (*((_OF_ONE,) if _UNCOUNTED.search(text) else ()), *(() if is_rented else (_OF_AREA,)))
    single = [q for q in quantities if q.kind == "money" and "×" not in q.text]
    return [q for q in single if any(pattern.search(text[: q.start]) for pattern in patterns)]


def _periods(text: str, each: Quantity, by_year: bool) -> Quantity | None:
    """How many periods there are of what each is told for."""
    is_single = each.kind == "money" and not each.problem and "×" not in each.text
    found = _EACH_PERIOD.search(text[: each.start]) if is_single else None
    if found is None or _NO_SUM.search(text[: each.start].split("，")[-1]):
        return None
    unit = (found["unit"] or found["mean"])[0]
    if unit == "年" and (by_year or not _SPENT.search(found["words"])):
        return None
    told = _counted(text, "季度" if unit == "季" else f"个?{unit}" if unit == "月" else unit)
    if told:
        return min(told, key=lambda c: abs(c.start - each.start))
    whole = _WHOLE_YEAR.search(text) if unit in _PERIODS_OF_YEAR else None
    count = Decimal(_PERIODS_OF_YEAR.get(unit, 0))
    return replace(each, kind="count", low=count, high=count, text=whole[0], start=whole.start()) if whole else None


def _pieces(text: str, each: Quantity, unit: str, quantities: Sequence[Quantity]) -> Quantity | None:
    """How many there are of what each is one of: the count before, else behind it."""
    units = _PEOPLE if unit in _PEOPLE else (unit,)
    counts = [c for c in quantities if c.kind == "count" and (not unit or c.unit in units)]
    if unit and not counts:
        counts = _counted(text, unit)
    elif not counts:  # 四个季度各 13 亿
        counts = [c for c in _counted(text, "(?:季度|月|期|年|批|次|笔|家)") if _same_clause(text, c.end, each.start)]
    several = [c for c in counts if c.low > 1 and not c.problem]
    before = [c for c in several if c.end <= each.start]
    found = before[-1] if before else several[0] if several and unit else None
    off = [c for c in counts if found and c.low < found.low and _is_off(text, c)]
    if found is None or not off:
        return found
    return replace(
        found, low=found.low - off[0].high, high=found.high - off[0].low, text=f"({found.text}−{off[0].text})"
    )


def _is_off(text: str, count: Quantity) -> bool:
    """Whether some of the pieces do not count (12 台，其中 2 台退货了)."""
    out = _OUT.match(text, count.end) or _EXCLUDED.match(text, count.end)
    return bool(out and _AMONG.search(text[: count.start]))


def _counted(text: str, unit: str) -> list[Quantity]:
    """The numbers of a text that count some pieces or periods, more than one, none by its place (第三期)."""
    return [
        replace(count, text=m[0], start=m.start(), end=m.end())
        for m in re.finditer(rf"(?<![第每\d一二三四五六七八九十])({_NUMBER})个?{unit}(?![份均底初])", text)
        for count in read_quantities(f"{m[1]}个")
        if 1 < count.low < 1000
    ]


def _same_clause(text: str, start: int, end: int) -> bool:
    return not re.search("[，。；]", text[start:end])


def _without_totals(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities without the parts a sum just given breaks into, and without the total of the parts just given."""
    out: list[Quantity] = []
    for at, q in enumerate(quantities):
        behind = [x for x in quantities[at + 1 :] if x.kind == q.kind]
        given = _running_sums(reversed(out), q.kind) if q.kind == "money" and _TOTAL.search(text[: q.start]) else {}
        if (count := given.get(q.high)) and _TOTAL_SPENT.search(text[: q.start]):
            spent = [x for x in out if x.kind == q.kind][-count:]  # 自己掏了 1500 万，贷了 700 万，总共投了 2200 万
            out = [x for x in out if x not in spent]
        elif count:
            continue
        count = _running_sums(behind, q.kind).get(q.high, 0) if q.kind == "money" else 0
        opens = bool(count and _OPENS.search(text[q.end : behind[0].start]))
        opens = opens and not _CLOSES.search(text[q.end : behind[count - 1].start])
        if opens or (count and _INSIDE.match(text[behind[count - 1].end :])):
            parts = {x.start for x in behind[:count]}
            return [*out, q, *_without_totals(text, [x for x in quantities[at + 1 :] if x.start not in parts])]
        out.append(q)
    return out


def _running_sums(quantities: Iterable[Quantity], kind: str) -> dict[Decimal, int]:
    """What two, three, … of the quantities of a kind come to, and how many they are."""
    sums: dict[Decimal, int] = {}
    total = Decimal(0)
    for count, q in enumerate((q for q in quantities if q.kind == kind), 1):
        total += q.high
        if count > 1:
            sums[total] = count
    return sums
