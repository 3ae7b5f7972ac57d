"""What the members' scores say, how far they hold, and what is submitted for them."""
