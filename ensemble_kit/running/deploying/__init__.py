"""A finished run made small and quick, for rows that come later."""
