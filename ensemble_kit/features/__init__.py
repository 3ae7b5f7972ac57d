"""scikit-learn transformers: text, embeddings, categories, numbers, dates."""
