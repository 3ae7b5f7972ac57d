"""Files into cells: the one reader of tables."""
