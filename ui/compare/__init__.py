"""What the comparison is made of."""
