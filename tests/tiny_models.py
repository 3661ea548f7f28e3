"""Real models too small to know anything: BERTs of one or two layers over single characters, saved to disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHARACTERS = "技改补贴物联网设备"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", "query", "passage", *CHARACTERS]


def save_embedding_model(path: Path, seed: int = 0, size: int = 16) -> Path:
    """A sentence-transformers embedding model with random weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertModel

    bert = path.with_name(f"{path.name}-bert")
    BertModel(_config(seed, size)).save_pretrained(bert)
    _save_tokenizer(bert)
    SentenceTransformer(modules=[Transformer(str(bert)), Pooling(size)], device="cpu").save(str(path))
    return path


def save_reranker(path: Path, seed: int = 0, labels: int = 1) -> Path:
    """A cross-encoder with random weights, that gives each pair of texts so many scores."""
    from transformers import BertForSequenceClassification

    config = _config(seed, 16, layers=2)
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(path)
    _save_tokenizer(path)
    return path


def _config(seed: int, size: int, layers: int = 1) -> Any:
    import torch
    from transformers import BertConfig

    torch.manual_seed(seed)
    return BertConfig(
        vocab_size=len(WORDS), hidden_size=size, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=32,
        initializer_range=0.5,
    )  # fmt: skip


def _save_tokenizer(path: Path) -> None:
    from transformers import BertTokenizer

    vocabulary = path / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS), "utf-8")
    BertTokenizer(str(vocabulary)).save_pretrained(path)
