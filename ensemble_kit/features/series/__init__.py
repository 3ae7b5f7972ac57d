"""Series: rows of one thing in the order of time, and what came before each."""
