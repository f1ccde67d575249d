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
        if data:
            found.append({"id": choice.id, "label": choice.label, "url": choice.url, "data": data})
    if not found:
        st.info("No trained GAN is here: run `python -m deepgen pretrain gan-mnist`, or train one under *Train*.")
    found.sort(key=lambda model: model["id"] not in DATA)  # what is sure to look well comes first
    return found


def images(models: list[dict]) -> dict[str, str]:
    """Real test images of the same kinds: data set -> URL."""
    return {model["data"]: assets.images_url(model["data"]) for model in models}


def _data_of_pictures(choice) -> str | None:
    """The data set of a visitor's own model, or None if it makes no pictures of 28 x 28."""
    model, card = choice.load()
    if model.config.num_visible != 784 or model.config.output != "tanh":
        return None
    return card.data if card.data in ("mnist", "fashion") else "mnist"
