"""The walk through z: samples that glide, D's verdict on each, arithmetic, a film; and the nearest real image."""

import base64
from functools import cache

import streamlit as st

from ui.component import define

KEY, NUM_PIXELS, MAX_PICTURES = "gan_walk", 784, 25


@st.fragment
def mount(models: list[dict], *, images: dict[str, str]):
    """Draw the walk; a fragment, since a question of the visitor's (what is nearest?) is answered by the server.

    models: {"id", "label", "url", "data"} each, to choose from; images: data set -> URL of its test images.
    """
    asked = (st.session_state.get(KEY) or {}).get("asked")
    settings = {"models": models, "images": images, "nearest": nearest(asked) if asked else None}
    define("gan/walk")(settings, key=KEY, default={"asked": None}, on_asked_change=lambda: None)


def nearest(asked: dict) -> dict | None:
    """The training images nearest to the pictures that the browser sent, 784 bytes each in base 64, and how far they are."""
    try:
        pictures, data = base64.b64decode(asked["pictures"], validate=True), asked["data"]
    except (KeyError, TypeError, ValueError):
        return None
    if len(pictures) % NUM_PIXELS or not 0 < len(pictures) <= MAX_PICTURES * NUM_PIXELS:
        return None
    if data not in ("mnist", "fashion"):
        return None
    import torch

    from deepgen.metrics import nearest_examples

    x = torch.frombuffer(bytearray(pictures), dtype=torch.uint8).view(-1, NUM_PIXELS).float() / 255
    examples = training_bytes(data)
    distances, indices = nearest_examples(x, examples)
    return {
        "id": asked.get("id", 0),
        "pictures": base64.b64encode(examples[indices].numpy().tobytes()).decode(),
        "distances": [round(distance, 3) for distance in distances.tolist()],
        "usual": round(usual_distance(data), 3),
        "count": len(examples),
    }


@cache
def training_bytes(data: str):
    """All training images as bytes, (num_examples, 784): a quarter of the memory."""
    from deepgen import datasets

    return (datasets.load(data).images * 255).round().byte()


@cache
def usual_distance(data: str) -> float:
    """How far a held-out real image usually is from its nearest training image: the median over 100 of them."""
    from deepgen import datasets
    from deepgen.metrics import nearest_examples

    return nearest_examples(datasets.load(data, "test").images[:100], training_bytes(data))[0].median().item()
