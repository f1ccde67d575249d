"""The inner loop of contrastive divergence: both phases of the gradient in buffers that are made once, no autograd."""

import torch
from torch import Tensor

from .noise import Noise
from .rbm import RBM
from .units import Bernoulli

# A pixel that is always black would be given any precision, and one bright outlier then upsets all the weights.
MIN_LOG_SIGMA = -2.0


class Phases:
    """Positive rows (data) and negative rows (chains) of one update of an RBM.

    Both lie in one tensor, so that one product serves them on the way up and one gives the gradient. ``v`` and ``p``
    are what the products read; with bfloat16 products they are copies of ``v_wide`` and ``p_wide``, else the same.
    Gaussian visible units are kept in units of their standard deviations.
    """

    @torch.no_grad()
    def __init__(self, trainer, model: RBM, data: Tensor, batch_size: int, *, rng: torch.Generator):
        self.made_for, self.model = trainer, model
        self.binary = model.config.visible == "bernoulli"
        self.B, self.N = batch_size, trainer.num_chains if trainer.persistent else batch_size
        self.positive, self.negative = slice(0, self.B), slice(self.B, self.B + self.N)
        self.both = slice(0, self.B + self.N)

        nv, nh, dtype = model.config.num_visible, model.config.num_hidden, model.W.dtype
        compute = torch.bfloat16 if trainer.precision == "bfloat16" else dtype
        self.v_wide = torch.zeros(self.B + self.N + 2, nv, dtype=dtype)  # the last two rows are for the offsets
        self.p_wide = torch.zeros(self.B + self.N + 2, nh, dtype=dtype)
        self.rng, self.noise = rng, Noise(rng=rng, dtype=dtype)
        self.cast = compute != dtype
        self.v, self.p, self.W = (x.detach().to(compute) for x in (self.v_wide, self.p_wide, model.W))
        self.h = torch.zeros(self.N, nh, dtype=compute)
        self.dW = torch.empty(nv, nh, dtype=compute)
        self.velocity = [torch.zeros_like(x) for x in (model.W, model.visible.bias, model.hidden.bias)]

        self.data_mean = data.mean(0).to(dtype)
        self.hidden_mean = model.mean_hidden(data[:1000].to(dtype)).mean(0)
        self.set_visible(self.negative, data[torch.randint(len(data), (self.N,), generator=rng)])
        self.up(self.negative)
        self.sample_hidden(self.negative)

    def outdated_by(self, trainer) -> bool:
        """Whether a changed trainer needs other buffers."""
        return any(
            getattr(trainer, name) != getattr(self.made_for, name) for name in ("persistent", "num_chains", "precision")
        )

    def narrow(self, rows: slice) -> None:
        """Hand the visible states of these rows to the products."""
        if self.cast:
            self.v[rows] = self.v_wide[rows]

    def set_visible(self, rows: slice, values: Tensor) -> None:
        """Put examples into these rows: a fresh binary draw of every intensity, or real values."""
        if self.binary:
            torch.lt(self.noise.uniform(*values.shape), values, out=self.v_wide[rows])
        else:
            torch.div(values, self.model.visible.log_sigma.exp(), out=self.v_wide[rows])
        self.narrow(rows)

    def up(self, rows: slice) -> None:
        """p(h = 1 | v) of these rows."""
        torch.mm(self.v[rows], self.W, out=self.p[rows])
        torch.add(self.p[rows], self.model.hidden.bias, out=self.p_wide[rows]).sigmoid_()

    def sample_hidden(self, rows: slice) -> None:
        """Hidden states of the chains, drawn from the means of these rows."""
        mean = self.p_wide[rows]
        torch.lt(self.noise.uniform(*mean.shape), mean, out=self.h)

    def sample_visible(self) -> None:
        """Visible states of the chains given their hidden ones."""
        v, model = self.v_wide[self.negative], self.model
        torch.mm(self.h, self.W.T, out=self.v[self.negative])
        if self.binary and not isinstance(model.visible, Bernoulli):  # such as units with labels among them
            v.copy_(model.visible.sample(self.v[self.negative].to(v.dtype), rng=self.rng))
        elif self.binary:
            torch.add(self.v[self.negative], model.visible.bias, out=v).sigmoid_()
            torch.lt(self.noise.uniform(*v.shape), v, out=v)
        else:
            torch.add(self.v[self.negative], model.visible.bias / model.visible.log_sigma.exp(), out=v)
            v.add_(self.noise.normal(*v.shape))
        self.narrow(self.negative)

    @torch.no_grad()
    def update(self, trainer, batch: Tensor, rate: float, sweeps: int) -> None:
        """One step of the parameters, in place: positive phase from ``batch``, negative after ``sweeps`` sweeps."""
        self.set_visible(self.positive, batch)
        if not trainer.persistent:  # the chains start at the data
            self.up(self.positive)
            self.sample_hidden(self.positive)
        for sweep in range(sweeps):
            if sweep:
                self.up(self.negative)
                self.sample_hidden(self.negative)
            self.sample_visible()
        self.up(self.both)
        if trainer.persistent:  # the chains' next half step: saves a product, and is one update late
            self.sample_hidden(self.negative)
        self.learn(trainer, rate)

    def learn(self, trainer, rate: float) -> None:
        """parameter += rate * (positive - negative phase), with p(h | v) in both."""
        B, N, model, v, p = self.B, self.N, self.model, self.v_wide, self.p_wide
        sigma = None if self.binary else model.visible.log_sigma.exp()
        learn_sigma = sigma is not None and model.config.learn_variance
        d_log_sigma = self.log_sigma_gradient(sigma) if learn_sigma else None
        hidden_mean = p[self.positive].mean(0)
        dv = v[self.positive].mean(0) - v[self.negative].mean(0)
        dh = hidden_mean - p[self.negative].mean(0)
        p[self.negative] *= -B / N
        if trainer.centered:
            # sum (v - mu)(h - lam)^T = sum v h^T - mu (sum dh)^T - (sum dv) lam^T: two more rows of the same product
            mu, lam = (self.data_mean if sigma is None else self.data_mean / sigma), self.hidden_mean
            v[B + N], v[B + N + 1] = mu, dv
            torch.mul(dh, -B, out=p[B + N])
            torch.mul(lam, -B, out=p[B + N + 1])
            # the centred biases' steps, said in the plain parameters; dW is v^T p / B
            dv, dh = dv - (p @ lam) @ v / B, dh - (v @ mu) @ p / B
            lam.lerp_(hidden_mean, 0.01)
        if self.cast:
            self.v[B + N :] = v[B + N :]
            self.p.copy_(p)
        if trainer.weight_decay:
            model.W.mul_(1 - rate * trainer.weight_decay)
        if self.cast or trainer.momentum:
            dW = torch.mm(self.v.T, self.p, out=self.dW)  # bfloat16 products sum in float32
            if trainer.momentum:
                for velocity, change in zip(self.velocity, (dW, dv, dh), strict=True):
                    velocity.mul_(trainer.momentum).add_(change)
                dW, dv, dh = self.velocity
            model.W.add_(dW, alpha=rate / B)
        else:
            model.W.addmm_(self.v.T, self.p, alpha=rate / B)
        model.visible.bias.add_(dv if sigma is None else dv * sigma, alpha=rate)
        model.hidden.bias.add_(dh, alpha=rate)
        if learn_sigma:
            model.visible.log_sigma.add_(d_log_sigma, alpha=rate).clamp_(MIN_LOG_SIGMA, 3)
        if self.cast:
            self.W.copy_(model.W)

    def log_sigma_gradient(self, sigma: Tensor) -> Tensor:
        """Positive minus negative expectation of (v - b)^2 / sigma^2 - v . (W h) / sigma; (num_visible,)."""
        x, inputs = self.v_wide, self.p_wide.to(self.W.dtype) @ self.W.T
        terms = (x - self.model.visible.bias / sigma).square_().sub_(x * inputs)
        return terms[self.positive].mean(0) - terms[self.negative].mean(0)

    def particles(self) -> Tensor:
        """The chains' visible states in data units; (num_chains, num_visible)."""
        visible = self.v_wide[self.negative]
        return visible.clone() if self.binary else visible * self.model.visible.log_sigma.exp()
