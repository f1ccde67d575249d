"""What the DBM page is made of."""
