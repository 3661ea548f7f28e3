"""Plain text and a place in it → the number written there: Arabic, Chinese or mixed, as a range of exact decimals.

`cn2an` reads each Chinese run below 万; the joins (1亿2千万, 两亿五, 两三千万, 3kw) are read here.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache

from cn2an import cn2an  # type: ignore[import-untyped, unused-ignore]

EXACT = Context(prec=60)  # of all reckoning with what was written
TOO_LARGE = Decimal(10) ** 15
SCALES = {c: Decimal(10) ** e for c, e in zip("十百千万亿wk", (1, 2, 3, 4, 8, 4, 3), strict=True)}
VALUES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
DIGITS = "".join(VALUES)
BELOW_WAN = f"[{DIGITS}十百千]"  # a character of a number below 万
COUNT = "[一二两三四五六七八九十]"  # a number of one character that counts

_ROUGHLY = Decimal("1.05")
_ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?(?:e[+-]?\d+)?|(?<![\d.])\.\d+"
_FUZZ = (
    r"(?:多(?![久少大长远次项]|元化|个部门)|余(?![额款下温])"
    r"|来(?=\s*[个万亿元块人名位台套平亩年㎡])|几(?=[万亿个人名元块]))?"
)
_BIG = rf"(?:[十百千](?P<f4>{_FUZZ})[万亿]+|[万亿]+|[十百千]|(?:kw|[wk])(?![a-z]))"
_TERM = re.compile(
    rf"(?P<zero>零?)(?:(?P<and_half>(?:\d|{COUNT})个半(?=[亿万]))|(?P<arabic>{_ARABIC})"
    rf"|(?P<cn>{BELOW_WAN}{{1,24}}(?:点[{DIGITS}]{{1,20}})?)|(?P<half>半(?=个?[亿年月万])))(?P<f1>\s?{_FUZZ})"
    rf"(?:(?:个(?P<f2>{_FUZZ})(?=[万亿]|[百千]万|小目标|w(?![a-z])))?\s?(?P<scale>{_BIG}|(?<=个)小目标))?(?P<f3>{_FUZZ})",
    re.ASCII,
)
_PAIR = re.compile(r"(.*?[十百千]|)([一二两三四五六七八])([二两三四五六七八九])((?:[十百千].*)?)$")
_ONE_PERIOD = re.compile(r"个?月|年|平|天")
_YUAN = re.compile(r"\s?[元块]")
_COUNTED = re.compile(r"[笔批宗单处份个人名位台套年月家平方亩%条项次层号~到至.点周天日成倍共起张样间栋期款\d-]")
_LAND = re.compile("平|㎡|亩")  # 一万二平方 is one figure, 3 万 2 人 are two
_ONE_THOUSANDS = re.compile(rf"[{DIGITS}\d]千[{DIGITS}]?[多余]?(?![\d{DIGITS}]*[十百万亿])")
_BARE = re.compile(
    r"(?<=[破过上超逾近达])(?:[十百千]?[万亿]|[百千](?=人|名|家|平|台|元|块))|(?<![十百千万亿几数])[百千]万(?=元)"
)
_VAGUE = re.compile(r"(?:好几|几|(?<![人总次分函参指岁])数|若干)个?(?P<scale>[十百千]*[万亿]|[十百千]+)")


@dataclass(frozen=True)
class Numeral:
    """A number without its unit, which ends before `end`; `low` and `high` differ where a range was written (两三千).

    `large` is its last scale from 万 up, `chain` all its scales where one digit stands before them (5千万: 10**7).
    `fuzzy`: with 多, 余 or 来 behind it; `vague`: no better known than by its order (几千万); `alone`: it is a number
    without a unit as well, which a lone 一 in a sentence is not.
    """

    low: Decimal
    high: Decimal
    end: int
    large: Decimal = Decimal(1)
    chain: Decimal = Decimal(1)
    fuzzy: bool = False
    vague: bool = False
    alone: bool = True


@lru_cache(maxsize=4096)
def _chinese(run: str) -> Decimal | None:
    """Read a Chinese run below 万, such as 三千五百 or 一点五; None if it is no number."""
    whole, _, fraction = run.partition("点")
    digits = "".join(str(VALUES[c]) for c in fraction)
    whole = whole.lstrip("零") or "零"
    if len(whole) == 2 and whole[0] in "百千" and whole[1] in VALUES:  # 千二: 1200
        return SCALES[whole[0]] * (1 + Decimal(VALUES[whole[1]]) / 10)
    if not set(whole) & set("十百千"):
        value = Decimal("".join(str(VALUES[c]) for c in whole))
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
        value = Decimal(whole if whole.isdigit() else 10 if whole == "十" else VALUES[whole]) + Decimal("0.5")
        return value, value
    if term["half"]:
        return Decimal("0.5"), Decimal("0.5")
    if term["arabic"]:
        plain = term["arabic"].replace(",", "")
        exponent = plain.partition("e")[2]
        value = TOO_LARGE if len(plain) > 40 or len(exponent) > 5 else Decimal(plain)
        return value, value
    pair = _PAIR.match(term["cn"])
    if pair and (VALUES[pair[3]] - VALUES[pair[2]] == 1 or pair[2] + pair[3] == "三五"):
        low, high = _chinese(pair[1] + pair[2] + pair[4]), _chinese(pair[1] + pair[3] + pair[4])
    else:
        low = high = _chinese(term["cn"])
    return None if low is None or high is None else (low, high)


def _scale(text: str) -> tuple[Decimal, Decimal]:
    """Split a scale into its part below 万 and its part from 万 up: 千万 -> (1000, 10000)."""
    if text == "小目标":
        return Decimal(1), SCALES["亿"]
    small, large = Decimal(1), Decimal(1)
    for char in "千w" if text == "kw" else text:
        if char in "多来余几":
            continue
        if char in "万亿wk":
            large *= SCALES[char]
        else:
            small *= SCALES[char]
    return small, min(large, Decimal(10) ** 40)


def read_numeral(text: str, start: int) -> Numeral | None:
    """Read the number that starts at `start`, joining terms (1亿 2千 万) as long as their scales go down."""
    if vague := (_VAGUE.match(text, start) or _BARE.match(text, start)):
        is_vague = vague.re is _VAGUE
        small, large = _scale(vague["scale"] if is_vague else vague[0])
        low = small * large
        return Numeral(low, low * 10 if is_vague else low, vague.end(), large, vague=is_vague)
    total_low = total_high = section_low = section_high = Decimal(0)
    last, large, chain, end, terms = Decimal(0), Decimal(1), Decimal(1), start, 0
    fuzzy = vague_tail = False
    alone = False
    while term := _TERM.match(text, end):
        stop, run = term.start() + len(term[0].rstrip()), term["cn"] or ""
        if not terms and len(run) > 1 and run[-1] == "一" and run[-2] in DIGITS and _ONE_PERIOD.match(text, stop):
            value = _chinese(run[:-1])  # 三十三一平: 33 for each
            return None if value is None else Numeral(value, value, stop - 1, alone=len(run) > 2)
        atoms = _atoms(term)
        if atoms is None:
            break
        low, high = atoms
        small, big = _scale(term["scale"] or "")
        if terms:
            unscaled = not term["scale"] and not run.strip("零" + DIGITS) and not term["zero"] and run[:1] != "零"
            digits = len(term["arabic"] or run)
            lifts = big > last > 1 and section_low + low * small < 10_000 and last < 10_000  # 3千 in 3千5百万
            if (big * small > last or last <= 1) and not lifts and big <= large:
                break
            if unscaled and not _YUAN.match(text, stop):
                if digits == 1 and _COUNTED.match(text, stop) and not (run and _LAND.match(text, stop)):
                    break
                if digits == 1:
                    small = last / 10
                elif not (digits == 4 and last == SCALES["亿"] and stop == len(text)):
                    break
                else:
                    small = SCALES["万"]
            elif unscaled and digits == 1 and run:
                small = last / 10
            elif large == SCALES["亿"] and big == 1 and last == large and _ONE_THOUSANDS.match(text, end):
                small *= SCALES["万"] if not _YUAN.match(text, stop) else 1  # 两亿六千, 2亿6千
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
        if run and len(run) > 1 and not terms and run[0] in DIGITS and not run[1:].strip("十百千"):
            chain *= low / (VALUES[run[0]] or 1)
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
    return Numeral(low, high, end, large, chain, fuzzy and not is_vague, is_vague, alone)
