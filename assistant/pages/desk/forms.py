"""What a browser sends → checked values, or one sentence about what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, TypeVar

from fastapi import Path
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from assistant.desk import cases
from assistant.desk.masking import clean
from assistant.desk.schema import OFFICE, OUTCOMES
from assistant.errors import UnusableInput

LARGEST_NUMBER = 2**31 - 1
RowNumber = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
_Form = TypeVar("_Form", bound=BaseModel)
_LABELS = cases.LABELS | {"status": "应有的状态", "clause": "条款", "words": "应有的字"}
_FIRST, _LAST = date(2000, 1, 1), date(2100, 12, 31)


def read(model: type[_Form], form: Mapping[str, str]) -> _Form:
    """The form as its model; empty fields are left to their defaults; `UnusableInput` names the fields at fault."""
    try:
        return model.model_validate({k: v.strip() for k, v in form.items() if k in model.model_fields and v.strip()})
    except ValidationError as error:
        names = "、".join(dict.fromkeys(_LABELS.get(str(e["loc"][0]), str(e["loc"][0])) for e in error.errors()))
        raise UnusableInput(f"没有记下：请检查{names}（没有填、太长或格式不对）。") from error


def read_number(text: str) -> int:
    """The number of a row; 0, which no row has, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def read_turns(text: str) -> list[str]:
    """The messages of a conversation."""
    try:
        turns = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        turns = None
    if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
        raise UnusableInput("请先写下问题。")
    return [clean(turn) for turn in turns]


def read_day(text: str, name: str) -> date | None:
    """A day; None where none is given."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not _FIRST <= day <= _LAST:
        raise UnusableInput(f"日期 {name}={text[:20]} 应写成 2026-01-31 这样，{_FIRST.year} 到 {_LAST.year} 年。")
    return day


def read_filter(wanted: Mapping[str, str], today: date) -> cases.Filter:
    """Which cases a page or an export is to show."""
    first, last = read_day(wanted.get("start", ""), "start"), read_day(wanted.get("end", ""), "end")
    outcome = wanted.get("outcome", "")
    return cases.Filter(
        words=clean(wanted.get("words", ""))[:200],
        outcome=outcome if outcome in OUTCOMES else "",
        who=clean(wanted.get("who", ""))[:40],
        opened_from=datetime.combine(first, time(), OFFICE) if first else None,
        opened_before=datetime.combine(last + timedelta(days=1), time(), OFFICE) if last else None,
        due_until=today if wanted.get("due") else None,
    )


def attached(body: bytes, media_type: str, name: str) -> Response:
    """A file to keep."""
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(body, media_type=media_type, headers=headers)
