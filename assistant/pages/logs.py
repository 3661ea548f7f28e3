"""Settings → the log on standard error: plain or one JSON object a line, masked either way."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from assistant.desk.masking import MaskedLogs, mask
from assistant.settings import Settings

_FIELDS = "{asctime}{levelname}{name}{message}"
_LINE = "{asctime} {levelname} {name}: {message}"


class _Masking(logging.Formatter):
    """Tracebacks hold what people wrote too."""

    def formatException(self, ei: object) -> str:  # noqa: N802
        return mask(super().formatException(ei))  # type: ignore[arg-type]


class _MaskingJson(_Masking, JsonFormatter):
    pass


def set_up_logs(settings: Settings) -> None:
    """Send every library's log through one masked handler."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(MaskedLogs())
    if settings.log_format == "json":
        renamed = {"asctime": "time", "levelname": "level"}
        handler.setFormatter(_MaskingJson(_FIELDS, style="{", rename_fields=renamed, json_ensure_ascii=False))
    else:
        handler.setFormatter(_Masking(_LINE, style="{"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
