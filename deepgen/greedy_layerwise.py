"""Greedy layer-wise training of a deep belief network (Hinton, Osindero & Teh 2006; equations 13 to 22 of the paper).

With the layers below frozen, the bound E_q[log p(v | h) + log p(h)] + H(q) depends on the layers above through log p(h)
alone: an RBM trained on h ~ q(h | v) raises it. It starts tight if that RBM begins as the one below turned upside down.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .contrastive_divergence import ContrastiveDivergence, initialise
from .dbn import DBN
from .rbm import RBM
from .training import TrainStep
from .up_down import label_gradients


@torch.no_grad()
def tied_start(below: RBM, above: RBM) -> None:
    """Turn ``below`` upside down into ``above``: transposed weights, swapped biases (equation 22), spare units cut off.

    ``above`` then gives its visible layer exactly the distribution that ``below`` gives its hidden layer: a hidden unit of
    zero weights only multiplies Z, and label units beside the visible ones are independent of them.
    """
    num_below, size = below.W.shape
    if below.config.visible != "bernoulli":
        raise ValueError("a tied start needs binary units on both sides; the layer below has Gaussian ones")
    if above.config.num_hidden < num_below:
        raise ValueError(
            f"a tied start needs at least as many units above as two layers below: {num_below}, got "
            f"{above.config.num_hidden}; make the layer wider, or let it start from small random weights"
        )
    for parameter in above.parameters():
        parameter.zero_()
    above.W[:size, :num_below] = below.W.T
    above.visible.bias[:size] = below.hidden.bias
    above.hidden.bias[:num_below] = below.visible.bias


def can_start_tied(below: RBM, above: RBM) -> bool:
    """Whether ``tied_start`` is possible between these two."""
    return below.config.visible == "bernoulli" and above.config.num_hidden >= below.config.num_visible


@dataclass(frozen=True)
class GreedyLayerwise:
    """Train the RBMs of a DBN one after another, each on samples of the recognition model below it.

    ``layers`` holds one trainer for each RBM, bottom first. The lowest ``num_trained`` RBMs are left as they are; one that
    has weights already goes on from them. With
    ``tied_start`` an RBM begins as the one below it turned upside down wherever the sizes allow it. Data of a DBN with
    labels carry one-hot labels in their last columns; ``classification`` adds that many parts of the exact gradient of
    log p(label | h) to the top's (hybrid training, Larochelle & Bengio 2008).
    """

    layers: tuple[ContrastiveDivergence, ...]
    num_trained: int = 0
    tied_start: bool = True
    classification: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            raise ValueError("greedy training takes one ContrastiveDivergence for each RBM of the stack, got none")
        if not 0 <= self.num_trained < len(self.layers):
            raise ValueError(
                f"num_trained is from 0 to {len(self.layers) - 1} for these layers, got {self.num_trained}"
            )
        if not (math.isfinite(self.classification) and self.classification >= 0):
            raise ValueError(f"classification is a finite number of at least 0, got {self.classification!r}")

    @property
    def num_epochs(self) -> int:
        """Passes over the data in all, those of every layer that is to be trained."""
        return sum(trainer.num_epochs for trainer in self.layers[self.num_trained :])

    @property
    def batch_size(self) -> int:
        return self.layers[self.num_trained].batch_size

    @torch.no_grad()
    def steps(
        self, model: DBN, data: Tensor, *, rng: torch.Generator
    ) -> Generator[TrainStep, "GreedyLayerwise | None", None]:
        """One TrainStep per update, with phase "layer 1 of 3", ...; stop between layers, and ``model.truncated`` is a DBN."""
        trainer, num_labels, num_rbms = self, model.config.num_labels, len(model.rbms)
        if len(self.layers) != num_rbms:
            raise ValueError(f"this DBN is a stack of {num_rbms} RBMs, got trainers for {len(self.layers)}")
        if data.ndim != 2 or data.shape[1] != model.config.layer_sizes[0] + num_labels or not len(data):
            raise ValueError(
                f"data are (num_examples, {model.config.layer_sizes[0]} + {num_labels} labels) for this DBN, "
                f"got {tuple(data.shape)}"
            )
        images, labels = data[:, : model.config.layer_sizes[0]], data[:, model.config.layer_sizes[0] :]
        num_steps, steps_before, epochs_before = (
            sum(num_updates(t, len(data)) for t in self.layers[self.num_trained :]),
            0,
            0,
        )
        for level in range(self.num_trained, num_rbms):
            rbm, layer, at_top = model.rbms[level], trainer.layers[level], level == num_rbms - 1
            activities = recognise(model, level, images, rng=rng)
            examples = torch.cat([activities, labels], 1) if at_top and num_labels else activities
            self.start(model, level, examples, rng=rng)
            inner, epoch, changed = layer.steps(rbm, examples, rng=rng), 0, None
            while True:
                try:
                    step = inner.send(changed)
                except StopIteration:
                    break
                if trainer.classification and at_top and num_labels:
                    rate = trainer.classification * layer.rate(step.step / step.num_steps)
                    learn_labels(model, examples, layer.batch_size, rate, rng=rng)
                metrics = {f"{name}_{level + 1}": value for name, value in step.metrics.items()}
                if metrics and at_top and num_labels:
                    metrics["label_error"] = label_error(model, examples[:500])
                changed = yield replace(
                    step,
                    metrics=metrics,
                    step=steps_before + step.step,
                    num_steps=num_steps,
                    epoch=epochs_before + step.epoch,
                    phase=f"layer {level + 1} of {num_rbms}",
                    particles=None if step.particles is None else dream(model, level, step.particles, rng=rng),
                )
                if changed is not None:
                    trainer, layer = changed, changed.layers[level]
                    changed = layer
                if level and int(step.epoch) > epoch:
                    # the inner trainer draws a fresh h of every batch; here the pixels below it are drawn afresh
                    epoch = int(step.epoch)
                    examples[:, : activities.shape[1]] = recognise(model, level, images, rng=rng)
            steps_before, epochs_before = steps_before + num_updates(layer, len(data)), epochs_before + layer.num_epochs

    def start(self, model: DBN, level: int, examples: Tensor, *, rng: torch.Generator) -> None:
        """Give RBM ``level`` its first weights, if it has none: those of the one below upside down, or small random ones."""
        above = model.rbms[level]
        if bool(above.W.any()):
            return None
        if not (self.tied_start and level and can_start_tied(model.rbms[level - 1], above)):
            return initialise(above, examples, rng=rng)
        below = model.rbms[level - 1]
        tied_start(below, above)
        spare = above.W[: below.config.num_hidden, below.config.num_visible :]
        # spare units that are alike would stay alike: let each look in a direction of its own, but hardly
        spare.copy_(torch.randn(spare.shape, generator=rng, dtype=spare.dtype) * 0.01)


def learn_labels(model: DBN, examples: Tensor, batch_size: int, rate: float, *, rng: torch.Generator) -> None:
    """One step up the gradient of log p(label | h) on examples of its own, h being means."""
    batch = examples[torch.randint(len(examples), (min(batch_size, len(examples)),), generator=rng)]
    size = model.config.layer_sizes[-2]
    gradients = label_gradients(model, batch[:, :size], batch[:, size:])[:3]
    for parameter, gradient in zip(
        (model.top.W, model.top.visible.bias, model.top.hidden.bias), gradients, strict=True
    ):
        parameter.add_(gradient, alpha=rate)


def label_error(model: DBN, examples: Tensor) -> float:
    """Share of the examples (means of the last layer but one, one-hot label) that the top pair tells wrongly."""
    size = model.config.layer_sizes[-2]
    told = model.label_free_energies(examples[:, :size]).argmin(1)
    return float((told != examples[:, size:].argmax(1)).float().mean())


def num_updates(trainer: ContrastiveDivergence, num_examples: int) -> int:
    """How many updates the trainer will make."""
    return trainer.num_epochs * (num_examples // min(trainer.batch_size, num_examples))


def recognise(model: DBN, level: int, images: Tensor, *, rng: torch.Generator) -> Tensor:
    """p(h = 1 | a sample of everything below) in layer ``level`` for every image; (num_examples, size of that layer)."""
    if not level:
        return images
    chunks = []
    for chunk in images.split(5000):
        if model.config.visible == "bernoulli":
            chunk = torch.lt(torch.rand(chunk.shape, generator=rng, dtype=chunk.dtype), chunk).to(chunk.dtype)
        below = model.up_pass(chunk, rng=rng, level=level - 1)[-1]
        chunks.append(model.layers[level - 1].hidden.mean(model.recognition_inputs(level - 1, below)))
    return torch.cat(chunks)


def dream(model: DBN, level: int, particles: Tensor, *, rng: torch.Generator) -> Tensor:
    """What the chains of RBM ``level`` look like as pictures; (num_chains, num_visible)."""
    return model.down_pass(particles[:, : model.config.layer_sizes[level]], rng=rng, level=level)[0]
