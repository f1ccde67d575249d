"""The data: MNIST (in the repository), Fashion-MNIST (from the disk), bars and stripes, and what is done to pixels."""

import functools
import gzip
import hashlib
import itertools
import os
import re
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

NAMES = ("mnist", "fashion", "bars-and-stripes-ROWSxCOLS")
FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"

_PREFIX = {"train": "train", "test": "t10k"}
_SHA256 = {  # of the uncompressed idx files
    ("mnist", "train-images-idx3-ubyte"): "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ("mnist", "train-labels-idx1-ubyte"): "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ("mnist", "t10k-images-idx3-ubyte"): "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ("mnist", "t10k-labels-idx1-ubyte"): "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ("fashion", "train-images-idx3-ubyte"): "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ("fashion", "train-labels-idx1-ubyte"): "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ("fashion", "t10k-images-idx3-ubyte"): "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ("fashion", "t10k-labels-idx1-ubyte"): "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


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
    images = _read_idx(name, f"{_PREFIX[split]}-images-idx3-ubyte")
    labels = _read_idx(name, f"{_PREFIX[split]}-labels-idx1-ubyte")
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


def fetch_fashion(folder: Path, *, url: str = FASHION_URL) -> None:
    """Download Fashion-MNIST into ``folder``; nothing else in this package ever uses the network. Needs pooch."""
    try:
        import pooch
    except ImportError:
        raise ValueError("to download Fashion-MNIST install pooch first: pip install pooch") from None
    for (name, file), sha256 in _SHA256.items():
        if name == "fashion":  # the hash is of the content, so the check comes after the unpacking
            pooch.retrieve(url + file + ".gz", known_hash=None, fname=file + ".gz", path=folder)
            _unpack(Path(folder) / (file + ".gz"), sha256)


@functools.cache
def _read_idx(name: str, file: str) -> np.ndarray:
    """One checked idx file, 47 MB at most, kept for the process; (num_examples, rows, columns) or (num_examples,)."""
    content = _unpack(_folder(name) / (file + ".gz"), _SHA256[name, file])
    num_dimensions = content[3]
    shape = np.frombuffer(content, ">u4", num_dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * num_dimensions).reshape(shape)


def _unpack(path: Path, sha256: str) -> bytes:
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read ({error}); put the original gzipped file there") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{path} is not the file it should be: the sha256 of its content is not {sha256}")
    return content


def _folder(name: str) -> Path:
    if name == "mnist":
        return Path(__file__).parent / "data" / "mnist"
    places = [Path("/usr/share/datasets/fashion-mnist")]
    if "DEEPGEN_DATA" in os.environ:
        places.insert(0, Path(os.environ["DEEPGEN_DATA"]) / "fashion-mnist")
    for place in places:
        if place.is_dir():
            return place
    raise ValueError(
        "Fashion-MNIST is not on this machine: install Debian's package dataset-fashion-mnist, or put its four files "
        "into the folder fashion-mnist of the folder that $DEEPGEN_DATA names, or run: python -m deepgen fetch fashion"
    )
