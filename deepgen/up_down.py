"""The up-down algorithm for deep belief networks (Hinton, Osindero & Teh 2006, section 5), in its correct form.

Wake: recognise an example; the generative weights learn to restore each layer from the one above (a delta rule, without
negative phase). Top: contrastive divergence in the top pair. Sleep: fall down from where its chains have got to; the
recognition weights learn to find the causes of what was dreamt (a delta rule again).
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .dbn import DBN, one_hot
from .noise import Noise
from .training import Diverged, TrainStep, minibatches

Pair = tuple[Tensor, Tensor]  # what to add to a matrix of weights, and to the biases of the units that they predict


def product(a: Tensor, b: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """a @ b, the factors rounded to ``dtype`` first: bfloat16 takes less than half the time."""
    return a @ b if dtype is None else (a.to(dtype) @ b.to(dtype)).to(a.dtype)


class Draws:
    """Samples of layers given their input, with fast noise."""

    def __init__(self, *, rng: torch.Generator, dtype: torch.dtype):
        self.noise = Noise(rng=rng, dtype=dtype)

    def binary(self, mean: Tensor) -> Tensor:
        """1 with probability ``mean``."""
        return (self.noise.uniform(*mean.shape) < mean).to(mean.dtype)

    def __call__(self, units, inputs: Tensor) -> Tensor:
        """One draw of a layer of ``units``."""
        mean = units.mean(inputs)
        if hasattr(units, "log_sigma"):
            return mean + units.log_sigma.exp() * self.noise.normal(*mean.shape)
        drawn = self.binary(mean)
        if num_labels := getattr(units, "num_labels", 0):
            passed = mean[:, -num_labels:].cumsum(1)[:, :-1] < self.noise.uniform(len(mean), 1)
            drawn[:, -num_labels:] = one_hot(passed.sum(1), num_labels)
        return drawn


def wake_gradients(model: DBN, states: tuple[Tensor, ...], dtype: torch.dtype | None = None) -> list[Pair]:
    """Gradient of the mean of log p(states[l] | states[l + 1]) by each ``layers[l]``'s W and visible.bias."""
    pairs = []
    for rbm, below, above in zip(model.layers, states, states[1:], strict=False):
        error = below - rbm.visible.mean(product(above, rbm.W.T, dtype))
        if rbm.config.visible == "gaussian":
            sigma = rbm.visible.log_sigma.exp()
            pairs.append((product((error / sigma).T, above, dtype) / len(below), (error / sigma.square()).mean(0)))
        else:
            pairs.append((product(error.T, above, dtype) / len(below), error.mean(0)))
    return pairs


def sleep_gradients(model: DBN, states: tuple[Tensor, ...], dtype: torch.dtype | None = None) -> list[Pair]:
    """Gradient of the mean of log q(states[l + 1] | states[l]) by each ``recognition[l]`` and ``layers[l].hidden.bias``."""
    pairs = []
    for rbm, R, below, above in zip(model.layers, model.recognition, states, states[1:], strict=False):
        below = below / rbm.visible.log_sigma.exp() if rbm.config.visible == "gaussian" else below
        error = above - rbm.hidden.mean(product(below, R, dtype))
        pairs.append((product(below.T, error, dtype) / len(below), error.mean(0)))
    return pairs


class LabelGradients(NamedTuple):
    """Gradient of the mean of log p(label | h) by the top pair's parameters and, example by example, by h."""

    W: Tensor
    visible_bias: Tensor
    hidden_bias: Tensor
    h: Tensor  # (batch, size), of the sum over the batch


def label_gradients(model: DBN, h: Tensor, labels: Tensor, dtype: torch.dtype | None = None) -> LabelGradients:
    """The exact gradient of log p(label | h) in the top pair; labels one-hot."""
    top, size = model.top, h.shape[1]
    W, U = top.W[:size], top.W[size:]
    inputs = (product(h, W, dtype) + top.hidden.bias)[:, None] + U  # (batch, num_labels, num_hidden)
    logits = top.visible.bias[size:] + F.softplus(inputs).sum(-1)
    error = labels - logits.softmax(-1)
    shares = inputs.sigmoid_() * error[:, :, None]
    hidden = shares.sum(1)
    dW = torch.cat([product(h.T, hidden, dtype), shares.sum(0)]) / len(h)
    return LabelGradients(dW, F.pad(error.mean(0), (size, 0)), hidden.mean(0), product(hidden, W.T, dtype))


def backward(
    model: DBN, states: tuple[Tensor, ...], means: tuple[Tensor, ...], dh: Tensor, dtype: torch.dtype | None = None
) -> list[Pair]:
    """From the gradient by the last of ``states`` (an upward pass) to that by each ``recognition[l]`` and hidden bias.

    With ``means`` as states it is exact; through drawn states it passes as if they were their means (straight through,
    Bengio, Leonard & Courville 2013).
    """
    pairs = []
    for level in reversed(range(len(model.layers))):
        rbm, R, below, above = model.layers[level], model.recognition[level], states[level], means[level + 1]
        delta = dh * above * (1 - above)
        below = below / rbm.visible.log_sigma.exp() if rbm.config.visible == "gaussian" else below
        pairs.insert(0, (product(below.T, delta, dtype) / len(below), delta.mean(0)))
        dh = product(delta, R.T, dtype) if level else dh
    return pairs


@dataclass(frozen=True)
class UpDown:
    """Fine-tune an untied DBN as one model; learning rates fall linearly to zero.

    ``classification`` adds that many parts of the gradient of log p(label | recognised h) to those of the top and of
    recognition, which Hinton and his co-authors left to contrastive divergence (hybrid training, Larochelle & Bengio
    2008). What is recognised is drawn: noise on every unit keeps the labels from being learnt by heart.
    """

    num_epochs: int
    batch_size: int = 100
    learning_rate: float = 0.01  # of the directed layers
    top_learning_rate: float = 0.01
    gibbs_steps: int = 3
    persistent: bool = False  # the top's chains go on instead of starting from the data
    classification: float = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self):
        for name in ("num_epochs", "batch_size", "gibbs_steps"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is a whole number of at least 1, got {value!r}")
        for name in ("learning_rate", "top_learning_rate", "classification"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} is a finite number of at least 0, got {getattr(self, name)!r}")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision is 'float32' or 'bfloat16', got {self.precision!r}")

    @torch.no_grad()
    def steps(self, model: DBN, data: Tensor, *, rng: torch.Generator) -> Generator[TrainStep, "UpDown | None", None]:
        """One TrainStep per update; data carry one-hot labels in their last columns if the model has label units."""
        trainer, sizes, num_labels = self, model.config.layer_sizes, model.config.num_labels
        if model.config.tied:
            raise ValueError("up-down needs recognition weights apart from the generative ones: train model.untied()")
        if data.ndim != 2 or data.shape[1] != sizes[0] + num_labels or not len(data):
            raise ValueError(
                f"data are (num_examples, {sizes[0]} + {num_labels} labels) for this DBN, got {tuple(data.shape)}"
            )
        if model.config.visible == "bernoulli" and not (data.min() >= 0 and data.max() <= 1):  # nor are they NaN
            raise ValueError(
                f"data are intensities in [0, 1] for binary units, got {data.min():g} to {data.max():g}; rescale them"
            )
        if trainer.classification and not num_labels:
            raise ValueError(
                "classification is a part of the gradient for label units, and this DBN has none: set it to 0"
            )
        batch_size = min(self.batch_size, len(data))
        updates_per_epoch = len(data) // batch_size
        num_steps, step, particles = self.num_epochs * updates_per_epoch, 0, None
        draws = Draws(rng=rng, dtype=model.top.W.dtype)
        last_finite = {name: value.clone() for name, value in model.state_dict().items()}
        for _ in range(self.num_epochs):
            for batch in minibatches(data, batch_size, rng=rng):
                remaining = 1 - step / num_steps
                images, labels = batch[:, : sizes[0]], batch[:, sizes[0] :]
                if model.config.visible == "bernoulli":
                    images = draws.binary(images)
                particles, metrics, dreamt = trainer.update(model, images, labels, particles, remaining, draws)
                step += 1
                if not all(math.isfinite(float(value.sum())) for value in model.parameters()):
                    model.load_state_dict(last_finite)
                    raise Diverged(
                        f"training diverged at update {step}: a weight is no longer a finite number. The last finite weights "
                        f"were kept; try learning rates below {max(trainer.learning_rate, trainer.top_learning_rate):g}"
                    )
                if step % 20 == 0:
                    for name, value in model.state_dict().items():
                        last_finite[name].copy_(value)
                shown = step == 1 or step % 20 == 0
                changed = (
                    yield TrainStep(
                        step, num_steps, step / updates_per_epoch, metrics(), "up-down", dreamt[0] if shown else None
                    )
                    if shown
                    else TrainStep(step, num_steps, step / updates_per_epoch, phase="up-down")
                )
                trainer = trainer if changed is None else changed

    def update(
        self, model: DBN, images: Tensor, labels: Tensor, particles: Tensor | None, remaining: float, draws: Draws
    ):
        """One wake, top and sleep update in place. Returns the top's chains, a function that measures, and the dream."""
        dtype = torch.bfloat16 if self.precision == "bfloat16" else None
        rate, top_rate = remaining * self.learning_rate, remaining * self.top_learning_rate
        top, size = model.top, model.config.layer_sizes[-2]

        awake = recognise(model, images, dtype, draws)
        wake = wake_gradients(model, awake, dtype)

        x = torch.cat([awake[-1], labels], 1)
        h = top.hidden.mean(product(x, top.W, dtype))
        if particles is None or not self.persistent:
            particles = x
        for _ in range(self.gibbs_steps):
            means = h if particles is x else top.hidden.mean(product(particles, top.W, dtype))
            particles = draws(top.visible, product(draws.binary(means), top.W.T, dtype))
        h_model = top.hidden.mean(product(particles, top.W, dtype))
        both, signed = torch.cat([x, particles]), torch.cat([h / len(x), h_model / -len(particles)])
        change = [product(both.T, signed, dtype), x.mean(0) - particles.mean(0), signed.sum(0)]
        asleep = generate(model, particles[:, :size], dtype, draws)
        sleep = sleep_gradients(model, asleep, dtype)

        for rbm, R, (dW, db), (dR, dc) in zip(model.layers, model.recognition, wake, sleep, strict=False):
            rbm.W.add_(dW, alpha=rate)
            rbm.visible.bias.add_(db, alpha=rate)
            R.add_(dR, alpha=rate)
            rbm.hidden.bias.add_(dc, alpha=rate)
        if self.classification:
            self.learn_labels(model, images, labels, self.classification * top_rate, dtype, draws)
        for parameter, gradient in zip((top.W, top.visible.bias, top.hidden.bias), change, strict=False):
            parameter.add_(gradient, alpha=top_rate)

        def metrics() -> dict[str, float]:
            values = {
                "generation": float(log_down(model, awake).mean()),  # log p(v | h1) of what was seen
                "recognition": float(log_up(model, asleep).mean()),  # log q(h | v) of what was dreamt
            }
            if labels.shape[1]:
                values["error"] = float((model.classify(images).argmax(1) != labels.argmax(1)).float().mean())
            return values

        return particles, metrics, asleep

    def learn_labels(
        self, model: DBN, images: Tensor, labels: Tensor, rate: float, dtype: torch.dtype | None, draws: Draws
    ) -> None:
        """One step up the gradient of log p(label | h), h drawn from q(h | images)."""
        states, means = [images], [images]
        for rbm, R in zip(model.layers, model.recognition, strict=True):
            below = states[-1] / rbm.visible.log_sigma.exp() if rbm.config.visible == "gaussian" else states[-1]
            means.append(rbm.hidden.mean(product(below, R, dtype)))
            states.append(draws.binary(means[-1]))
        found = label_gradients(model, states[-1], labels, dtype)
        pairs = backward(model, tuple(states), tuple(means), found.h, dtype)
        for rbm, R, (dR, dc) in zip(model.layers, model.recognition, pairs, strict=True):
            R.add_(dR, alpha=rate)
            rbm.hidden.bias.add_(dc, alpha=rate)
        for parameter, gradient in zip(
            (model.top.W, model.top.visible.bias, model.top.hidden.bias), found[:3], strict=True
        ):
            parameter.add_(gradient, alpha=rate)


def recognise(model: DBN, v: Tensor, dtype: torch.dtype | None, draws: Draws) -> tuple[Tensor, ...]:
    """A sample of q(h | v): ``model.up_pass`` with products in ``dtype``."""
    states = [v]
    for rbm, R in zip(model.layers, model.recognition, strict=False):
        below = states[-1] / rbm.visible.log_sigma.exp() if rbm.config.visible == "gaussian" else states[-1]
        states.append(draws(rbm.hidden, product(below, R, dtype)))
    return tuple(states)


def generate(model: DBN, h: Tensor, dtype: torch.dtype | None, draws: Draws) -> tuple[Tensor, ...]:
    """A sample of p(v, ... | h): ``model.down_pass`` with products in ``dtype``, and v drawn as well."""
    states = [h]
    for rbm in reversed(model.layers):
        states.insert(0, draws(rbm.visible, product(states[0], rbm.W.T, dtype)))
    return tuple(states)


def log_down(model: DBN, states: tuple[Tensor, ...]) -> Tensor:
    """log p(v | h1); (batch,), nats."""
    rbm, v, h = model.layers[0], states[0], states[1]
    interaction = (rbm.inputs_to_hidden(v) * h).sum(-1)
    return interaction - rbm.visible.energy(v) - rbm.visible.log_partition(rbm.inputs_to_visible(h))


def log_up(model: DBN, states: tuple[Tensor, ...]) -> Tensor:
    """log q(h | v) of all layers; (batch,), nats."""
    total = 0.0
    for level, rbm in enumerate(model.layers):
        up = model.recognition_inputs(level, states[level])
        above = states[level + 1]
        total = total + (up * above).sum(-1) - rbm.hidden.energy(above) - rbm.hidden.log_partition(up)
    return total
