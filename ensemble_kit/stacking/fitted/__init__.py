"""What a fitted ensemble shows, gives to the next step, and leaves in a folder."""
