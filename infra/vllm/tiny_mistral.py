"""Makes a tiny Mistral on the spot: two layers of random weights and a tokenizer of its own.

Run in the environment of the vLLM server: `python infra/vllm/tiny_mistral.py TEXTS DIRECTORY`, where TEXTS holds one
text a line. It says nothing sensible; it shows that a real server reads, constrains, counts, dies and comes back.
The same texts give the same model.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

SEED: Final = 7
VOCABULARY: Final = 4_096
MAX_POSITIONS: Final = 32_768
"""What the model could take; the server is started with less."""

START, END, UNKNOWN, PADDING = "<s>", "</s>", "<unk>", "<pad>"
CHAT_TEMPLATE: Final = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}{{ message['content'] }}{{ eos_token }}"
    "{% else %}[INST] {{ message['content'] }} [/INST]{% endif %}"
    "{% endfor %}"
)


def tokenizer_of(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Trains a byte-level BPE tokenizer: every text can be written in it, whatever it was trained on."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[UNKNOWN, START, END, PADDING],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=START,
        eos_token=END,
        unk_token=UNKNOWN,
        pad_token=PADDING,
        chat_template=CHAT_TEMPLATE,
    )


def model_of(tokenizer: PreTrainedTokenizerFast) -> MistralForCausalLM:
    """Draws the weights: 2 layers, 64 wide, about 0.6 million parameters."""
    torch.manual_seed(SEED)
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=MAX_POSITIONS,
        sliding_window=None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return MistralForCausalLM(config).to(torch.bfloat16)


def main(texts: Path, directory: Path) -> None:
    """Writes model and tokenizer to the directory."""
    tokenizer = tokenizer_of(texts.read_text(encoding="utf-8").splitlines())
    tokenizer.save_pretrained(directory)
    model_of(tokenizer).save_pretrained(directory)
    n_bytes = sum(file.stat().st_size for file in directory.iterdir())
    sys.stderr.write(f"tiny_mistral: {len(tokenizer)} tokens, {n_bytes / 1e6:.1f} MB in {directory}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
