"""A model's name → a cross-encoder that says how well each of some texts answers a question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import files_digest, load_by_name

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker:
    """A sentence-transformers cross-encoder; `name` is the setting's value, `version` a digest of a local one."""

    def __init__(self, name: str, model: CrossEncoder) -> None:
        self._model = model
        self.name = name
        self.version = files_digest(Path(name).expanduser())

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """A score for each text, higher the better it answers; not comparable between questions."""
        pairs = [(question, text) for text in texts]
        return np.asarray(self._model.predict(pairs, show_progress_bar=False), np.float32)


def open_reranker(name: str) -> Reranker | None:
    """Load the model `ASSISTANT_RERANKER` names, None where it names none; `SettingsError` when it cannot be had."""
    if not name:
        return None

    def load(where: str) -> Reranker:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(where)
        if model.num_labels != 1:
            raise ValueError(f"它给每一对文字 {model.num_labels} 个分，重排要的是 1 个")
        return Reranker(name, model)

    return load_by_name("ASSISTANT_RERANKER", name, load, "或去掉该设置，不用重排。")
