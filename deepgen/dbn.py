"""Deep belief networks (Hinton, Osindero & Teh 2006): directed layers below, a restricted Boltzmann machine on top."""

import math
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .chains import Clamp, run_chains
from .rbm import RBM, RBMConfig


@dataclass(frozen=True)
class DBNConfig:
    """The architecture: units per layer, visible first; labels beside the last layer but one; tied or separate recognition."""

    layer_sizes: tuple[int, ...]
    num_labels: int = 0
    visible: Literal["bernoulli", "gaussian"] = "bernoulli"
    tied: bool = True  # recognition uses the generative weights; up-down training needs them apart

    def __post_init__(self):
        object.__setattr__(self, "layer_sizes", tuple(self.layer_sizes))  # JSON has no tuples
        if len(self.layer_sizes) < 2 or min(self.layer_sizes) < 1:
            raise ValueError(f"a DBN needs at least two layers of at least one unit each, got {self.layer_sizes}")
        if self.num_labels < 0 or self.num_labels == 1:
            raise ValueError(f"num_labels is 0 for none or at least 2, got {self.num_labels}")
        if self.num_labels and len(self.layer_sizes) < 3:
            raise ValueError("label units stand beside a hidden layer: give a DBN with labels at least three layers")


class LabelledUnits(nn.Module):
    """Binary units and, behind them, a group of label units of which exactly one is on (a softmax unit)."""

    def __init__(self, num_binary: int, num_labels: int):
        super().__init__()
        self.num_units = num_binary + num_labels
        self.num_labels = num_labels
        self.bias = nn.Parameter(torch.zeros(self.num_units))

    def energy(self, x: Tensor) -> Tensor:
        """-x . bias; (batch, num_units) -> (batch,), nats."""
        return -(x @ self.bias)

    def log_partition(self, inputs: Tensor, *, beta: float = 1.0) -> Tensor:
        """log of the sum over all binary states and all labels; (batch, num_units) -> (batch,), nats."""
        binary, labels = self._split(beta * (inputs + self.bias))
        return F.softplus(binary).sum(-1) + labels.logsumexp(-1)

    def mean(self, inputs: Tensor, *, beta: float = 1.0) -> Tensor:
        """p(x = 1 | inputs), shaped like ``inputs``; over the labels it sums to one."""
        binary, labels = self._split(beta * (inputs + self.bias))
        return torch.cat([torch.sigmoid(binary), labels.softmax(-1)], -1)

    def sample(self, inputs: Tensor, *, rng: torch.Generator, beta: float = 1.0) -> Tensor:
        """One draw of every binary unit and of the label, shaped like ``inputs``."""
        binary, labels = self._split(self.mean(inputs, beta=beta))
        drawn = torch.multinomial(labels, 1, generator=rng).squeeze(-1)
        return torch.cat([torch.bernoulli(binary, generator=rng), one_hot(drawn, self.num_labels).to(binary)], -1)

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[..., : -self.num_labels], x[..., -self.num_labels :]


class DBN(nn.Module):
    """p(v, h1, ..., hL) = p(v | h1) ... p(h(L-2) | h(L-1)) p(h(L-1), hL), the last factor an RBM (equation 13).

    ``layers`` are the directed pairs, each kept as the RBM it was trained as: its conditionals are the generative step
    down and the recognition step up. An untied DBN recognises with ``recognition[l]`` instead of ``layers[l].W``.
    """

    family: ClassVar[str] = "dbn"

    def __init__(self, config: DBNConfig):
        super().__init__()
        self.config = config
        sizes = config.layer_sizes
        kinds = [config.visible] + ["bernoulli"] * (len(sizes) - 2)
        pairs = [RBM(RBMConfig(*pair, visible=kind)) for *pair, kind in zip(sizes[:-1], sizes[1:], kinds, strict=False)]
        self.layers = nn.ModuleList(pairs[:-1])
        self.top = pairs[-1]
        if config.num_labels:
            self.top = RBM(RBMConfig(sizes[-2] + config.num_labels, sizes[-1]))
            self.top.visible = LabelledUnits(sizes[-2], config.num_labels)
        self.recognition = nn.ParameterList([] if config.tied else [torch.zeros_like(p.W) for p in self.layers])

    @property
    def rbms(self) -> list[RBM]:
        """All pairs of layers from the bottom up, the top one included."""
        return [*self.layers, self.top]

    # recognition and generation

    def recognition_inputs(self, level: int, below: Tensor) -> Tensor:
        """What layer ``level`` tells the one above on the way up; (batch, size) -> (batch, size above)."""
        rbm = self.layers[level]
        if self.config.tied:
            return rbm.inputs_to_hidden(below)
        scale = rbm.visible.log_sigma.exp() if rbm.config.visible == "gaussian" else 1.0
        return (below / scale) @ self.recognition[level]

    def up_pass(self, v: Tensor, *, level: int | None = None, rng: torch.Generator | None = None) -> tuple[Tensor, ...]:
        """Layers 0 to ``level`` (the last but one): means of means, or with ``rng`` a sample of q(h | v)."""
        states = [v]
        for below, rbm in enumerate(self.layers[:level]):
            inputs = self.recognition_inputs(below, states[-1])
            states.append(rbm.hidden.mean(inputs) if rng is None else rbm.hidden.sample(inputs, rng=rng))
        return tuple(states)

    def down_pass(
        self, h: Tensor, *, level: int | None = None, rng: torch.Generator | None = None
    ) -> tuple[Tensor, ...]:
        """From the mean of v to ``h``, a state of layer ``level`` (the last but one); between them samples if ``rng``."""
        states = [h]
        for below in reversed(range(len(self.layers) if level is None else level)):
            inputs, units = self.layers[below].inputs_to_visible(states[0]), self.layers[below].visible
            drawn = rng is not None and below > 0  # of the picture the mean says more than a noisy draw
            states.insert(0, units.sample(inputs, rng=rng) if drawn else units.mean(inputs))
        return tuple(states)

    def clamp_label(self, label: int | Tensor, num_chains: int) -> Clamp:
        """Holds the label units of the top pair; ``label`` one for all chains or (num_chains,)."""
        num_labels = self.config.num_labels
        label = torch.as_tensor(label).expand(num_chains)
        if not num_labels:
            raise ValueError("this DBN has no label units: load or train one with labels, or sample without a label")
        if label.min() < 0 or label.max() >= num_labels:
            raise ValueError(f"a label is a whole number from 0 to {num_labels - 1}, got {label.tolist()}")
        held = F.pad(one_hot(label, num_labels).to(self.top.W), (self.config.layer_sizes[-2], 0))
        mask = torch.arange(held.shape[1]) >= self.config.layer_sizes[-2]
        return Clamp(mask, held)

    @torch.no_grad()
    def sample(
        self, num_samples: int, *, num_steps: int = 1000, label: int | Tensor | None = None, rng: torch.Generator
    ) -> Tensor:
        """Gibbs sampling in the top pair, then one pass down; (num_samples, num_visible), means in data units."""
        clamp = None if label is None else self.clamp_label(label, num_samples)
        chains = self.top.init_chains(num_samples, rng=rng)
        for chains in islice(run_chains(self.top, chains, rng=rng, clamp=clamp), num_steps):
            pass
        if not self.layers:
            return self.top.mean_visible(chains.layers[1])[:, : self.config.layer_sizes[0]]
        return self.down_pass(chains.layers[0][:, : self.config.layer_sizes[-2]], rng=rng)[0]

    # labels

    def label_free_energies(self, h: Tensor) -> Tensor:
        """F(h, label) of the top pair for each label, h the last layer but one; (batch, size) -> (batch, num_labels)."""
        num_labels = self.config.num_labels
        if not num_labels:
            raise ValueError(
                "this DBN has no label units, so it cannot tell digits apart: load or train one with labels"
            )
        labels = torch.eye(num_labels, dtype=h.dtype)
        return torch.stack([self.top.free_energy(torch.cat([h, row.expand(len(h), -1)], 1)) for row in labels], 1)

    @torch.no_grad()
    def classify(self, v: Tensor) -> Tensor:
        """p(label | h) with h the mean recognition of v, by the labels' free energies; (batch, num_labels)."""
        return self.label_free_energies(self.up_pass(v)[-1]).neg().softmax(-1)

    def top_free_energy(self, h: Tensor) -> Tensor:
        """-log p(h) up to the top's log Z, labels summed out; (batch, size of the last layer but one) -> (batch,), nats."""
        if self.config.num_labels:
            return -self.label_free_energies(h).neg().logsumexp(-1)
        return self.top.free_energy(h)

    # likelihood

    @torch.no_grad()
    def log_weights(self, v: Tensor, log_partition: float, *, rng: torch.Generator) -> Tensor:
        """log p(v, h) - log q(h | v) at one h ~ q(h | v); (batch,), nats. ``log_partition`` is the top RBM's log Z."""
        states = self.up_pass(v, rng=rng)
        log_w = -self.top_free_energy(states[-1]) - log_partition
        for level, (below, above) in enumerate(pairwise(states)):
            rbm, up = self.layers[level], self.recognition_inputs(level, below)
            down = (rbm.inputs_to_hidden(below) * above).sum(-1) - rbm.visible.energy(below)
            log_w += down - rbm.visible.log_partition(rbm.inputs_to_visible(above))
            log_w -= (up * above).sum(-1) - rbm.hidden.energy(above) - rbm.hidden.log_partition(up)
        return log_w

    def log_likelihood_bound(
        self, v: Tensor, log_partition: float, *, num_samples: int = 1, rng: torch.Generator
    ) -> Tensor:
        """Unbiased estimate of the bound E_q[log p(v, h) - log q(h | v)] <= log p(v) (equation 15); (batch,), nats."""
        return torch.stack([self.log_weights(v, log_partition, rng=rng) for _ in range(num_samples)]).mean(0)

    def log_likelihood_estimate(
        self, v: Tensor, log_partition: float, *, num_samples: int = 100, rng: torch.Generator
    ) -> Tensor:
        """Importance sampling with q: log of the mean weight, between the bound and log p(v) on average; (batch,), nats."""
        draws = torch.stack([self.log_weights(v, log_partition, rng=rng) for _ in range(num_samples)])
        return draws.logsumexp(0) - math.log(num_samples)

    # other shapes of the same weights

    @torch.no_grad()
    def truncated(self, num_rbms: int) -> "DBN":
        """The DBN of the lowest ``num_rbms`` RBMs alone, as it stood before the next one was stacked (a copy)."""
        if not 1 <= num_rbms <= len(self.rbms):
            raise ValueError(f"this DBN has {len(self.rbms)} RBMs to keep, asked for {num_rbms}")
        num_labels = self.config.num_labels if num_rbms == len(self.rbms) else 0
        sizes = self.config.layer_sizes[: num_rbms + 1]
        dbn = DBN(DBNConfig(sizes, num_labels, self.config.visible, self.config.tied)).to(self.top.W.dtype)
        for mine, theirs in zip(dbn.rbms, self.rbms, strict=False):
            mine.load_state_dict(theirs.state_dict())
        for mine, theirs in zip(dbn.recognition, self.recognition, strict=False):
            mine.copy_(theirs)
        return dbn

    @torch.no_grad()
    def untied(self) -> "DBN":
        """A copy that recognises with weights of its own, equal to the generative ones to begin with."""
        config = self.config
        dbn = DBN(DBNConfig(config.layer_sizes, config.num_labels, config.visible, tied=False)).to(self.top.W.dtype)
        dbn.load_state_dict(self.state_dict(), strict=False)
        if config.tied:
            for mine, rbm in zip(dbn.recognition, self.layers, strict=False):
                mine.copy_(rbm.W)
        return dbn


def one_hot(labels: Tensor, num_labels: int) -> Tensor:
    """(batch,) whole numbers -> (batch, num_labels) of 0 and 1, float32."""
    return F.one_hot(labels.long(), num_labels).float()


def with_labels(data: Tensor, labels: Tensor, num_labels: int = 10) -> Tensor:
    """Training data of a labelled DBN: the label's one-hot code behind each example; (num_examples, size + num_labels)."""
    return torch.cat([data, one_hot(labels, num_labels).to(data)], 1)
