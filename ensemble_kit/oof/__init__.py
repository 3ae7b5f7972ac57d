"""Folds, the graph of work, workers, the store and the out-of-fold matrix."""
