"""What a finished run's predictions follow from."""
