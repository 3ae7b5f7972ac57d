"""Members that vote: the two estimators, and what they share."""
