"""Networks over texts and the columns beside them."""
