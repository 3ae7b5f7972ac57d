"""Entries of the neural text models: raw texts and the columns beside them in."""

from dataclasses import replace

from ensemble_kit.catalog import search_spaces
from ensemble_kit.catalog.families import NEURAL_TEXT
from ensemble_kit.catalog.models import add

PROBE = "ensemble_kit.models.text_nets.text_inner:probe_epochs"
NETWORK = replace(
    NEURAL_TEXT,
    probe=PROBE,
    search_space=search_spaces.TEXT_NETWORK,
    version=2,
)

add(
    NETWORK,
    name="text_lstm",
    both="ensemble_kit.models.text_nets.named_networks:TextRNN",
    defaults={"pretrained": "word2vec"},
    note="LSTM over words, beside numbers and categories",
)
add(
    NETWORK,
    name="text_gru",
    both="ensemble_kit.models.text_nets.named_networks:TextRNN",
    defaults={"cell": "gru", "pretrained": "word2vec"},
    note="GRU over words, beside numbers and categories",
)
add(
    NETWORK,
    name="text_cnn",
    both="ensemble_kit.models.text_nets.named_networks:TextCNN",
    defaults={"pretrained": "word2vec"},
    note="convolutions over words, beside numbers and categories",
)
add(
    NETWORK,
    name="text_tdnn",
    both="ensemble_kit.models.text_nets.named_networks:TextTDNN",
    defaults={"pretrained": "word2vec"},
    note="stacked and dilated delays over words, beside numbers and categories",
)
add(
    NETWORK,
    name="text_average",
    both="ensemble_kit.models.text_nets.named_networks:TextAverage",
    note="averaged words, subwords and pairs: the fastest of the networks",
)
add(
    NETWORK,
    name="text_transformer",
    both="ensemble_kit.models.text_nets.named_networks:TextTransformer",
    defaults={"pretrained": "word2vec"},
    note="self-attention over words, beside numbers and categories",
)
add(
    NEURAL_TEXT,
    name="text_bert",
    both="ensemble_kit.models.text_nets.fine_tuned.text_bert:TextBert",
    defaults={"encoder": "minilm"},
    requires=tuple((m, "encoders") for m in ("torch", "tokenizers", "safetensors")),
    files="ensemble_kit.features.encoders.sentence_encoder:files_fingerprint",
    probe=PROBE,
    search_space=search_spaces.TEXT_BERT,
    cost=replace(NEURAL_TEXT.cost, seconds=900.0, row_bytes=60_000.0),
    note="the last layers of a pretrained encoder, fine-tuned",
)
