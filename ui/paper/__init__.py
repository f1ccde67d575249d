"""What the paper's page is made of."""
