"""The files of MNIST and Fashion-MNIST as published (gzipped idx), checked by their content. Needs no torch."""

import functools
import gzip
import hashlib
import os
import zlib
from pathlib import Path

import numpy as np

FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"

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


NAMES = tuple(dict.fromkeys(name for name, _ in _SHA256))


def fingerprint(name: str, file: str) -> str:
    """The sha256 of the content of a file, known without reading it."""
    return _SHA256[name, file]


@functools.cache
def read(name: str, file: str) -> np.ndarray:
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
