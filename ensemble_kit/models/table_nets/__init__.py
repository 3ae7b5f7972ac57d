"""Networks over numbers and categories."""
