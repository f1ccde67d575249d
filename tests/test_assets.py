"""The /assets route: content in, the same content out, for ever cacheable, and nothing else reachable."""

import gzip

import numpy as np
import pytest
from starlette.requests import Request

from deepgen import datasets
from ui import assets


def get(url: str):
    """What the route answers, without a server."""
    path = url.removeprefix("/assets/")
    return assets.serve(Request({"type": "http", "method": "GET", "headers": [], "path_params": {"path": path}}))


def test_a_module_arrives_compressed_and_cacheable():
    answer = get(assets.code_url("engine/engine.js"))
    assert answer.status_code == 200
    assert gzip.decompress(answer.body) == (assets.UI / "engine/engine.js").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]


def test_weights_arrive_as_they_lie_on_the_disk():
    answer = get(assets.weights_url("rbm-mnist"))
    assert answer.body == (assets.PRETRAINED / "rbm-mnist.safetensors").read_bytes()


def test_what_is_published_is_found_under_its_content():
    url = assets.publish(b"some weights", owner="a visitor")
    assert get(url).body == b"some weights"
    assert assets.publish(b"some weights", owner="a visitor") == url


def test_statistics_are_those_that_standardise_training_images():
    numbers = np.frombuffer(get(assets.statistics_url("mnist")).body, np.float32).reshape(2, 784)
    statistics = datasets.statistics(datasets.load("mnist").images)
    assert numbers == pytest.approx(np.stack([part.numpy() for part in statistics]))
    assert get(assets.statistics_url("mnist").replace("mnist", "fashion")).status_code == 404


def test_an_owner_keeps_only_the_last_few():
    urls = [assets.publish(b"weights %d" % i, owner="greedy") for i in range(assets.MAX_PUBLISHED_PER_OWNER + 3)]
    assert [get(url).status_code for url in urls] == [404] * 3 + [200] * assets.MAX_PUBLISHED_PER_OWNER


def test_the_store_is_bounded(monkeypatch):
    monkeypatch.setattr(assets, "MAX_PUBLISHED_BYTES", 1000)
    first = assets.publish(b"a" * 600, owner="one")
    second = assets.publish(b"b" * 600, owner="two")
    assert get(first).status_code == 404
    assert get(second).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["", "nothing", "0000/engine/engine.js", "../app.py", "%2e%2e/app.py", "0000/weights/../../app.py.safetensors",
     "0000/weights/rbm-mnist.safetensors", "0000/published/content.safetensors"],
)  # fmt: skip
def test_nothing_else_is_served(path):
    assert get(f"/assets/{path}").status_code == 404


def test_an_unknown_module_is_named():
    with pytest.raises(ValueError, match=r"no browser module 'engine/nothing\.js'"):
        assets.code_url("engine/nothing.js")


def test_test_images_are_grey_bytes_and_labels():
    content = get(assets.images_url("mnist", 20)).body
    assert len(content) == 20 * 785
    assert list(content[-20:][:5]) == [7, 2, 1, 0, 4]  # how the labels of MNIST's test images begin
