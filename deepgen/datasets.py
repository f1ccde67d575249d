"""The data: MNIST (in the repository), Fashion-MNIST (from the disk), bars and stripes, and what is done to pixels."""

import functools
import itertools
import re
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from . import idx

_PREFIX = {"train": "train", "test": "t10k"}
NAMES = ("mnist", "fashion", "bars-and-stripes-ROWSxCOLS")


class Dataset(NamedTuple):
    """Images with their labels."""

    name: str
    images: Tensor  # (num_examples, num_visible) float32 in [0, 1]
    labels: Tensor  # (num_examples,) int64
    image_shape: tuple[int, int]  # (rows, columns), row by row in ``images``
    units: str  # the visible units that suit: "bernoulli", an intensity being the probability of a one


class Statistics(NamedTuple):
    """Mean and standard deviation of every pixel of a training set; each (num_visible,)."""

    mean: Tensor
    std: Tensor


def load(name: str, split: str = "train") -> Dataset:
    """``"mnist"``, ``"fashion"`` or ``"bars-and-stripes-4x4"`` (both splits of which are the whole set of patterns)."""
    if split not in _PREFIX:
        raise ValueError(f"a data set is split in 'train' and 'test', got {split!r}")
    if made := re.fullmatch(r"bars-and-stripes-(\d{1,2})x(\d{1,2})", name):
        return bars_and_stripes(int(made[1]), int(made[2]))
    if name not in ("mnist", "fashion"):
        raise ValueError(f"there is no data set {name!r}; there are {', '.join(NAMES)}")
    images = idx.read(name, f"{_PREFIX[split]}-images-idx3-ubyte")
    labels = idx.read(name, f"{_PREFIX[split]}-labels-idx1-ubyte")
    return Dataset(
        name=name,
        images=torch.from_numpy(np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)),
        labels=torch.from_numpy(labels.astype(np.int64)),
        image_shape=images.shape[1:],
        units="bernoulli",
    )


@functools.cache
def binarised_test(name: str) -> Tensor:
    """The one stochastic binarisation of the test images for all likelihoods; (num_examples, num_visible).

    NumPy's legacy generator is used because its stream is frozen for good. Shared by all callers: do not change it.
    """
    images = load(name, "test").images.numpy()
    return torch.from_numpy((np.random.RandomState(2018).random_sample(images.shape) < images).astype(np.float32))


def bars_and_stripes(rows: int, cols: int) -> Dataset:
    """All 2^rows + 2^cols - 2 images made of whole rows (label 0) or of whole columns (label 1), each once."""
    if not (1 <= rows <= 12 and 1 <= cols <= 12):
        raise ValueError(f"bars and stripes have 1 to 12 rows and columns, got {rows} and {cols}")
    stripes = [np.repeat(bits, cols) for bits in itertools.product((0, 1), repeat=rows)]
    bars = [np.tile(bits, rows) for bits in itertools.product((0, 1), repeat=cols)]
    bars = bars[1:-1]  # all dark and all light are stripes already
    return Dataset(
        name=f"bars-and-stripes-{rows}x{cols}",
        images=torch.from_numpy(np.array(stripes + bars, dtype=np.float32)),
        labels=torch.tensor([0] * len(stripes) + [1] * len(bars)),
        image_shape=(rows, cols),
        units="bernoulli",
    )


def statistics(images: Tensor, *, floor: float = 0.1) -> Statistics:
    """Of a training set, pixel by pixel; ``floor`` keeps pixels that never change from being blown up."""
    return Statistics(images.mean(0), images.std(0).clamp_min(floor))


def standardise(images: Tensor, statistics: Statistics) -> Tensor:
    """Pixels of mean 0 and deviation 1 over the training set, as Gaussian units want them; shaped like ``images``."""
    return (images - statistics.mean) / statistics.std


def unstandardise(images: Tensor, statistics: Statistics) -> Tensor:
    """The inverse of ``standardise``: back to intensities."""
    return images * statistics.std + statistics.mean
