"""A tiny cross-encoder made here, saved to disk and loaded by its path as any other; and an index of another model."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import SettingsError
from assistant.manifest import read_manifest
from assistant.reranker import open_reranker
from assistant.settings import Settings
from assistant.wiring import build, diagnose, open_assistant, open_retriever
from tests.tiny_models import save_embedding_model, save_reranker


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_reranker(tmp_path_factory.mktemp("rerankers") / "tiny")


def test_a_cross_encoder_loads_by_path_and_scores_each_text(tiny: Path) -> None:
    reranker = open_reranker(str(tiny))
    assert reranker is not None
    scores = reranker.scores("技改补贴", ["设备", "物联网", "设备"])
    assert scores.shape == (3,)
    assert scores[0] == pytest.approx(scores[2], abs=1e-6)
    assert scores[0] != pytest.approx(scores[1], abs=1e-6)
    assert (reranker.name, len(reranker.version)) == (str(tiny), 16)


def test_the_search_s_best_hits_are_put_in_the_cross_encoder_s_order(settings: Settings, tiny: Path) -> None:
    plain, _ = open_retriever(settings)
    reranked, _ = open_retriever(settings.model_copy(update={"reranker": str(tiny)}))
    question = "技术改造补贴"
    before, after = plain.search(question, 10), reranked.search(question, 10)
    assert {hit.clause_id for hit in before} == {hit.clause_id for hit in after}
    assert [hit.clause_id for hit in before] != [hit.clause_id for hit in after]
    scores = [hit.rerank_score for hit in after]
    assert None not in scores
    assert scores == sorted(scores, key=lambda s: -(s or 0))
    assert "重排" in after[0].why()
    assert "重排" not in before[0].why()
    assert [hit.clause_id for hit in reranked.search(question, 3)] == [hit.clause_id for hit in after[:3]]


def test_a_reranker_changes_no_calculation_but_the_receipt(settings: Settings, tiny: Path) -> None:
    on = date(2026, 11, 22)
    question = ["首次突破5亿元奖多少"]
    plain = open_assistant(settings).reply(question, on)
    reranked = open_assistant(settings.model_copy(update={"reranker": str(tiny)})).reply(question, on)
    assert reranked.calculations == plain.calculations
    assert reranked.receipt != plain.receipt


def test_none_is_loaded_where_none_is_named() -> None:
    assert open_reranker("") is None


def test_one_that_cannot_be_had_or_is_no_reranker_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ASSISTANT_RERANKER=/no/such.*没有这个目录.*不用重排"):
        open_reranker("/no/such")
    with pytest.raises(SettingsError, match=r"ASSISTANT_RERANKER=.*模型载入失败.*3 个分"):
        open_reranker(str(save_reranker(tmp_path / "three", labels=3)))


def test_an_index_of_one_embedding_model_is_never_searched_with_another(tmp_path: Path) -> None:
    one, other = (save_embedding_model(tmp_path / f"model-{n}", seed=n, size=16 * n) for n in (1, 2))
    settings = Settings(index_dir=tmp_path / "index", embedding_model=str(one))
    build(settings)
    assert all(is_well for is_well, _ in diagnose(settings))

    mixed = settings.model_copy(update={"embedding_model": str(other)})
    *_, (is_well, line) = diagnose(mixed)
    assert not is_well
    assert "另一个嵌入模型" in line
    assert "assistant index" in line

    retriever, _ = open_retriever(mixed)  # which builds its own before it searches
    assert len(retriever.search("技术改造补贴")) == 5
    current = tmp_path / "index" / (tmp_path / "index" / "current").read_text("utf-8").strip()
    assert (read_manifest(current).model, read_manifest(current).dimension) == (str(other), 32)
    assert np.isfinite([hit.score for hit in retriever.search("物联网")]).all()
