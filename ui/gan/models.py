"""The generators of pictures that a visitor can have: pretrained, in training, kept or brought along."""

import streamlit as st

from ui import assets, checkpoints

LABELS = {"gan-mnist": "Digits", "gan-fashion": "Clothes"}
DATA = {"gan-mnist": "mnist", "gan-fashion": "fashion"}


def models() -> list[dict]:
    """{"id", "label", "url", "data"} of each, for the browser; with a sentence on the page if there is none."""
    found = []
    for choice in checkpoints.choices("gan", "gan", LABELS):
        data = DATA.get(choice.id) or _data_of_pictures(choice)
        if data and _has_images(data):
            found.append({"id": choice.id, "label": choice.label, "url": choice.url, "data": data})
    if not found:
        st.info("No trained GAN is here: run `python -m deepgen pretrain gan-mnist`, or train one under *Train*.")
    found.sort(key=lambda model: model["id"] not in DATA)  # what is sure to look well comes first
    return found


def place(config: dict) -> str:
    """Where on the page a model that was brought along is to be found; a ValueError if nowhere."""
    if config.get("output", "tanh") != "tanh":
        raise ValueError("its generator's output is linear, and this page shows pictures")
    return "It is in the lists of models of *Samples* and *You judge* now."


def images(models: list[dict]) -> dict[str, str]:
    """Real test images of the same kinds: data set -> URL."""
    return {model["data"]: assets.images_url(model["data"]) for model in models}


def _has_images(data: str) -> bool:
    """Whether the real ones are on this machine: without them D has nothing to compare with."""
    try:
        return bool(assets.images_url(data))
    except ValueError:
        return False


def _data_of_pictures(choice) -> str | None:
    """The data set of a visitor's own model, or None if it makes no pictures of 28 x 28."""
    from deepgen.checkpoint import card_of

    card = card_of(choice.source)
    if card.config["num_visible"] != 784 or card.config.get("output", "tanh") != "tanh":
        return None
    return card.data if card.data in ("mnist", "fashion") else "mnist"
