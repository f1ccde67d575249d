"""The notebook's VAE re-run: its KL takes for a log variance what its sampling takes for a log sigma.

    OMP_NUM_THREADS=1 python -m benchmarks.mismatched_kl

The notebook samples z = mean + exp(s) * epsilon, so that s is log sigma, and charges 0.5 * (mean^2 + exp(s) - 1 - s),
the KL of a posterior whose *variance* is exp(s). What it prints is then no bound on anything. Here the same network is
trained on the same grey pixels with that loss, and measured by it and by the true -ELBO; then with the right KL.
"""

import torch

from deepgen import datasets
from deepgen.training import fit, minibatches
from deepgen.vae import VAE, VAEConfig, kl_to_prior, sample_latents
from deepgen.variational_training import VariationalTraining

NUM_EPOCHS, BATCH = 10, 128


def terms(vae, x, *, rng):
    """Reconstruction, the KL as the notebook prints it, and the KL of the posterior that it really samples."""
    mean, log_sigma = vae.encode(x)
    z = sample_latents(mean, 2 * log_sigma, rng=rng)
    return vae.log_likelihood_given(z, x), kl_to_prior(mean, log_sigma), kl_to_prior(mean, 2 * log_sigma)


def train_mismatched(vae, images, *, num_epochs=NUM_EPOCHS, rng):
    vae.initialise(images, rng=rng)
    optimiser = torch.optim.Adam(vae.parameters(), lr=1e-3, fused=True)
    num_steps = num_epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, num_steps)
    for _ in range(num_epochs):
        for batch in minibatches(images, BATCH, rng=rng):
            reconstruction, printed_kl, _ = terms(vae, batch, rng=rng)
            optimiser.zero_grad()
            (printed_kl - reconstruction).mean().backward()
            optimiser.step()
            schedule.step()


def main():
    train, test = datasets.load("mnist").images, datasets.load("mnist", "test").images
    vae, rng = VAE(VAEConfig(784, (512,), 2)), torch.Generator().manual_seed(0)
    train_mismatched(vae, train, rng=rng)
    with torch.no_grad():
        reconstruction, printed_kl, true_kl = (term.mean().item() for term in terms(vae, test, rng=rng))
    print(
        f"mismatched KL: loss as printed {printed_kl - reconstruction:.2f}, true -ELBO {true_kl - reconstruction:.2f}"
    )
    print(f"               KL as printed {printed_kl:.2f}, true KL {true_kl:.2f} nats (test set, grey)")
    right, rng = VAE(VAEConfig(784, (512,), 2)), torch.Generator().manual_seed(0)
    fit(VariationalTraining(num_epochs=NUM_EPOCHS, batch_size=BATCH, binarise=False), right, train, rng=rng)
    with torch.no_grad():
        print(f"right KL:      true -ELBO {-right.elbo(test, rng=rng).value.mean().item():.2f}")


if __name__ == "__main__":
    main()
