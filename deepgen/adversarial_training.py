"""The game of section 6.1: k steps of the discriminator, one of the generator, under one of four losses."""

import copy
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from .gan import GAN
from .training import Diverged, TrainStep, minibatches

Loss = Literal["non-saturating", "saturating", "least-squares", "wasserstein"]
LOSSES = ("non-saturating", "saturating", "least-squares", "wasserstein")


def discriminator_loss(real: Tensor, fake: Tensor, loss: Loss, *, label_smoothing: float = 0.0) -> Tensor:
    """What D minimises, given its logits on real and fake examples; equation (36) with the sign turned, a scalar.

    One-sided smoothing moves only the target of the real examples, to 1 - label_smoothing (Salimans et al. 2016).
    """
    if loss == "wasserstein":
        return fake.mean() - real.mean()
    if loss == "least-squares":
        return 0.5 * (real - (1 - label_smoothing)).square().mean() + 0.5 * fake.square().mean()
    return (F.softplus(-real) + label_smoothing * real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor, loss: Loss) -> Tensor:
    """What G minimises, given D's logits on its examples: (37) saturating, (38) non-saturating; a scalar."""
    if loss == "wasserstein":
        return -fake.mean()
    if loss == "least-squares":
        return 0.5 * (fake - 1).square().mean()
    if loss == "saturating":
        return -F.softplus(fake).mean()  # log(1 - D)
    return F.softplus(-fake).mean()  # -log D


def input_gradient(discriminator, x: Tensor) -> Tensor:
    """The gradient of D's logit in its input, itself differentiable; (batch, num_visible)."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)[0]


@dataclass(frozen=True)
class AdversarialTraining:
    """Adam on both players in turn (Goodfellow et al. 2014, algorithm 1), with what was found to help since.

    Both players meet fakes from batch statistics. ``r1`` is half the weight of |dD/dx|^2 on real examples (Mescheder et
    al. 2018); ``gradient_penalty`` holds |dD/dx| near 1 between real and fake, for the Wasserstein loss only (Gulrajani
    et al. 2017). ``model.generator`` is the moving average of the player with decay ``averaging``; with 0 it is
    the player itself. A frozen player is not updated, its opponent goes on. All of it may be changed by ``send``.
    """

    num_epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-4
    discriminator_learning_rate: float | None = None  # None: the same
    beta1: float = 0.5  # of Adam; beta2 is 0.999
    decay: bool = False  # the learning rates fall linearly to 0
    loss: Loss = "non-saturating"
    discriminator_steps: int = 1
    label_smoothing: float = 0.0
    r1: float = 0.0
    gradient_penalty: float = 10.0
    averaging: float = 0.999
    freeze_generator: bool = False
    freeze_discriminator: bool = False
    precision: Literal["float32", "bfloat16"] = "float32"
    particles_every: int = 20
    num_particles: int = 64

    def __post_init__(self):
        if self.loss not in LOSSES:
            raise ValueError(f"the loss is one of {', '.join(LOSSES)}; got {self.loss!r}")
        if self.batch_size < 2:
            raise ValueError(f"a batch needs at least two examples for its statistics, got {self.batch_size}")
        if self.discriminator_steps < 1:
            raise ValueError(f"the discriminator takes at least one step an update, got {self.discriminator_steps}")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label smoothing lies between 0 and 1, got {self.label_smoothing}")
        if not 0 <= self.averaging < 1:
            raise ValueError(f"the decay of the average lies between 0 (no average) and 1, got {self.averaging}")
        if self.learning_rate <= 0 or (self.discriminator_learning_rate or 1) <= 0:
            raise ValueError("learning rates are positive")
        if self.r1 < 0 or self.gradient_penalty < 0:
            raise ValueError("gradient penalties are not negative")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError(f"the precision is 'float32' or 'bfloat16', got {self.precision!r}")

    def steps(
        self, model: GAN, data: Tensor, *, rng: torch.Generator
    ) -> Generator[TrainStep, "AdversarialTraining | None", None]:
        """One TrainStep per update of the generator; data (num_examples, num_visible), images in [0, 1]."""
        if len(data) < 2:
            raise ValueError(f"a GAN needs at least two examples to learn from, got {len(data)}")
        if data.ndim != 2 or data.shape[1] != model.config.num_visible:
            raise ValueError(
                f"the data have shape {tuple(data.shape)}, the GAN {model.config.num_visible} values: they must agree"
            )
        trainer, G, D = self, copy.deepcopy(model.generator).train(), model.discriminator
        G_adam, D_adam = (torch.optim.Adam(p.parameters(), fused=True) for p in (G, D))
        updates_per_epoch = max(len(data) // self.batch_size // self.discriminator_steps, 1)
        num_steps = updates_per_epoch * self.num_epochs
        batches = endless_minibatches(data, self.batch_size, rng=rng)
        fixed = model.sample_latents(self.num_particles, rng=rng)
        for step in range(1, num_steps + 1):
            rate = trainer.learning_rate * (1 - (step - 1) / num_steps if trainer.decay else 1)
            D_rate = (trainer.discriminator_learning_rate or trainer.learning_rate) / trainer.learning_rate * rate
            set_rates(G_adam, rate, trainer.beta1)
            set_rates(D_adam, D_rate, trainer.beta1)
            metrics = {}
            for _ in range(trainer.discriminator_steps):
                real = next(batches)
                with torch.no_grad(), trainer.autocast():
                    fake = G(model.sample_latents(len(real), rng=rng))
                metrics |= trainer.discriminator_step(D, D_adam, real, fake.float().to(real.dtype), rng=rng)
            metrics |= trainer.generator_step(G, D, G_adam, model.sample_latents(len(real), rng=rng))
            if not all(abs(value) < float("inf") for value in metrics.values()):  # false for NaN too
                raise Diverged(
                    f"the game left the real numbers at update {step}: lower the learning rate "
                    f"(now {trainer.learning_rate:g}) or add a gradient penalty; the last good weights are kept"
                )
            if not trainer.freeze_generator:
                average(model.generator, G, min(trainer.averaging, (1 + step) / (10 + step)))
            looked = step % self.particles_every == 0 or step in (1, num_steps)
            yielded = TrainStep(
                step=step,
                num_steps=num_steps,
                epoch=step / updates_per_epoch,
                metrics=metrics,
                particles=show(model.generator, fixed) if looked else None,
            )
            trainer = (yield yielded) or trainer

    def autocast(self):
        """Products in bfloat16 if so wished; master weights and losses stay as they are."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bfloat16")

    def discriminator_step(self, D, adam, real: Tensor, fake: Tensor, *, rng: torch.Generator) -> dict[str, float]:
        """One update of D on a real and a fake batch (measured only, if D is frozen)."""
        with self.autocast():
            logits = D(real).to(real.dtype), D(fake).to(real.dtype)
        loss = discriminator_loss(*logits, self.loss, label_smoothing=self.label_smoothing)
        penalised = loss
        if self.r1:
            penalised = loss + 0.5 * self.r1 * input_gradient(D, real).square().sum(-1).mean()
        if self.loss == "wasserstein" and self.gradient_penalty:
            mix = torch.rand(len(real), 1, generator=rng, dtype=real.dtype)
            slope = input_gradient(D, mix * real + (1 - mix) * fake).norm(dim=-1)
            penalised = penalised + self.gradient_penalty * (slope - 1).square().mean()
        norm = update(D, adam, penalised, frozen=self.freeze_discriminator)
        verdicts = [verdict(part, self.loss).mean().item() for part in logits]
        return {
            "discriminator_loss": loss.item(),
            "discriminator_gradient": norm,
            "verdict_real": verdicts[0],
            "verdict_fake": verdicts[1],
        }

    def generator_step(self, G, D, adam, z: Tensor) -> dict[str, float]:
        """One update of G against the present D (measured only, if G is frozen); D is left alone."""
        D.requires_grad_(False)
        with self.autocast():
            logits = D(G(z)).to(z.dtype)
        loss = generator_loss(logits, self.loss)
        norm = update(G, adam, loss, frozen=self.freeze_generator)
        D.requires_grad_(True)
        return {"generator_loss": loss.item(), "generator_gradient": norm}


def verdict(logits: Tensor, loss: Loss) -> Tensor:
    """What D says of each example: the probability that it is real, or the bare score where D gives no probability."""
    return torch.sigmoid(logits) if loss in ("non-saturating", "saturating") else logits


def endless_minibatches(data: Tensor, batch_size: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """Pass after pass of shuffled minibatches."""
    while True:
        yield from minibatches(data, batch_size, rng=rng)


def set_rates(adam: torch.optim.Adam, learning_rate: float, beta1: float) -> None:
    """Hyper-parameters may change between any two updates."""
    adam.param_groups[0].update(lr=learning_rate, betas=(beta1, 0.999))


def update(player, adam, loss: Tensor, *, frozen: bool) -> float:
    """One step down ``loss`` unless frozen or not finite; returns the norm of the gradient."""
    adam.zero_grad()
    loss.backward()
    norm = torch.nn.utils.get_total_norm(p.grad for p in player.parameters() if p.grad is not None).item()
    if not frozen and norm < float("inf"):
        adam.step()
    return norm


@torch.no_grad()
def average(averaged, player, decay: float) -> None:
    """Move the averaged generator towards the player, statistics of batch normalisation included."""
    for kept, new in zip(averaged.state_dict().values(), player.state_dict().values(), strict=True):
        kept.lerp_(new, 1 - decay) if kept.is_floating_point() else kept.copy_(new)


@torch.no_grad()
def show(generator, z: Tensor) -> Tensor:
    """G(z) by the stored statistics, as it will be sampled; (n, num_visible)."""
    training = generator.training
    x = generator.eval()(z)
    generator.train(training)
    return x
