"""What the VAE page is made of."""
