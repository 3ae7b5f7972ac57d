"""What a user passes as X and y, as the engine reads it."""
