"""What a run is going to fit: rows, columns, folds, members, and their mistakes."""
