"""What a user declares in competition.toml."""
