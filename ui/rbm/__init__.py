"""What the RBM page is made of."""
