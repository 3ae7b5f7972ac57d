"""What is guessed where nothing is declared."""
