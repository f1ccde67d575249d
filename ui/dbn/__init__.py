"""What the DBN page is made of."""
