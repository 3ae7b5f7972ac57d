"""What featurizers of texts share: what they say of themselves."""

from sklearn.base import TransformerMixin
from sklearn.utils import Tags


class TextsMixin(TransformerMixin):
    """Says that a featurizer takes one column of texts, gaps among them."""

    def __sklearn_tags__(self) -> Tags:
        """Return tags of a column of texts, which is no table of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags


class SeveralTextsMixin(TextsMixin):
    """Says that a featurizer takes a frame of columns of texts."""

    def __sklearn_tags__(self) -> Tags:
        """Return tags of texts alone: nothing stands for a frame of them."""
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = False
        return tags
