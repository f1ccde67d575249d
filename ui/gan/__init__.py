"""What the GAN page is made of."""
