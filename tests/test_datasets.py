import gzip
import hashlib
import math
import time
import types

import numpy as np
import pytest
import torch

from deepgen import datasets, idx


def fashion_is_here():
    try:
        datasets.load("fashion", "test")
    except ValueError:
        return False
    return True


def sha256_of_bits(images):
    return hashlib.sha256(np.packbits(images.numpy().astype(bool)).tobytes()).hexdigest()


@pytest.mark.parametrize(
    "split, size, first_labels", [("train", 60000, [5, 0, 4, 1, 9]), ("test", 10000, [7, 2, 1, 0, 4])]
)
def test_mnist_is_in_the_repository_and_read_at_once(split, size, first_labels):
    idx.read.cache_clear()
    start = time.process_time()
    dataset = datasets.load("mnist", split)
    assert time.process_time() - start < 3  # 0.4 s on an idle core
    assert dataset.images.shape == (size, 784) and dataset.images.dtype == torch.float32
    assert dataset.images.min() == 0 and dataset.images.max() == 1
    assert dataset.labels[:5].tolist() == first_labels and dataset.labels.dtype == torch.int64
    assert (dataset.name, dataset.image_shape, dataset.units) == ("mnist", (28, 28), "bernoulli")


def test_what_a_caller_does_to_the_images_stays_with_the_caller():
    datasets.load("mnist", "test").images.zero_()
    assert datasets.load("mnist", "test").images.sum() > 0


@pytest.mark.skipif(not fashion_is_here(), reason="Fashion-MNIST is not on this machine")
def test_fashion_is_read_from_the_disk():
    dataset = datasets.load("fashion", "test")
    assert dataset.images.shape == (10000, 784)
    assert torch.bincount(dataset.labels).tolist() == [1000] * 10


def test_the_binarised_test_set_is_one_and_the_same_for_ever():
    binary = datasets.binarised_test("mnist")
    assert sha256_of_bits(binary) == "d72295928ab29e0df4deb1f2c7f6a2dd0b88ca1e24392d1c1c93000d238c1134"
    assert set(binary.unique().tolist()) == {0, 1}


def test_the_binarised_test_set_has_the_images_as_its_mean():
    grey = datasets.load("mnist", "test").images
    noise = (datasets.binarised_test("mnist") - grey).sum()
    assert abs(noise) < 4 * math.sqrt((grey * (1 - grey)).sum())


@pytest.mark.parametrize("rows, cols", [(1, 1), (2, 3), (4, 4)])
def test_bars_and_stripes_are_all_there_and_each_once(rows, cols):
    dataset = datasets.bars_and_stripes(rows, cols)
    patterns = dataset.images.reshape(-1, rows, cols)
    assert len(patterns.unique(dim=0)) == len(patterns) == 2**rows + 2**cols - 2
    whole_rows = (patterns == patterns[:, :, :1]).all((1, 2))
    whole_columns = (patterns == patterns[:, :1, :]).all((1, 2))
    assert (whole_rows | whole_columns).all()
    assert torch.equal(dataset.labels == 0, whole_rows)


def test_bars_and_stripes_by_name():
    assert torch.equal(datasets.load("bars-and-stripes-2x3").images, datasets.bars_and_stripes(2, 3).images)
    with pytest.raises(ValueError, match="1 to 12 rows"):
        datasets.load("bars-and-stripes-0x99")


def test_standardised_pixels_have_mean_0_and_deviation_1_and_come_back():
    images = datasets.load("mnist", "test").images[:2000].double()
    statistics = datasets.statistics(images, floor=0.1)
    standardised = datasets.standardise(images, statistics)
    assert standardised.mean(0).abs().max() < 1e-10
    lively = images.std(0) > 0.1
    assert lively.sum() > 200
    torch.testing.assert_close(standardised.std(0)[lively], torch.ones(lively.sum(), dtype=torch.float64))
    assert (standardised.std(0)[~lively] < 1).all()
    torch.testing.assert_close(datasets.unstandardise(standardised, statistics), images)


def test_errors_are_sentences():
    with pytest.raises(ValueError, match="there is no data set 'mnits'; there are mnist, fashion"):
        datasets.load("mnits")
    with pytest.raises(ValueError, match="'train' and 'test', got 'validation'"):
        datasets.load("mnist", "validation")


@pytest.fixture
def fashion_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPGEN_DATA", str(tmp_path))
    idx.read.cache_clear()
    yield tmp_path / "fashion-mnist"
    idx.read.cache_clear()


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot be read"),
        (b"", "is not the file it should be"),
        (b"no gzip at all", "cannot be read"),
        (gzip.compress(b"something else", mtime=0), "is not the file it should be"),
        (gzip.compress(b"cut short" * 100, mtime=0)[:20], "cannot be read"),
        (gzip.compress(b"damaged" * 100, mtime=0)[:12] + b"\xff" * 20, "cannot be read"),
    ],
)
def test_a_broken_file_is_a_sentence(fashion_folder, content, message):
    fashion_folder.mkdir()
    if content is not None:
        (fashion_folder / "t10k-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        datasets.load("fashion", "test")


def test_where_to_get_fashion_is_said(fashion_folder, monkeypatch):
    monkeypatch.setattr(idx.Path, "is_dir", lambda path: False)
    with pytest.raises(ValueError, match="install Debian's package dataset-fashion-mnist"):
        datasets.load("fashion")


def test_fetching_checks_the_content(tmp_path, monkeypatch):
    def retrieve(url, known_hash, fname, path):
        (path / fname).write_bytes(gzip.compress(b"not Fashion-MNIST", mtime=0))

    monkeypatch.setitem(__import__("sys").modules, "pooch", types.SimpleNamespace(retrieve=retrieve))
    with pytest.raises(ValueError, match="is not the file it should be"):
        idx.fetch_fashion(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(ValueError, match="install pooch"):
        idx.fetch_fashion(tmp_path)
