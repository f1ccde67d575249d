"""The VAEs that the page can show, each with the test pictures that suit it."""

from ui import assets, checkpoints

CLASSES = {
    "mnist": [str(digit) for digit in range(10)],
    "fashion": ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"],
}
LABELS = {
    "vae-mnist": "digits, 512-256-128",
    "vae-paper-mnist": "digits, the paper's 512",
    "vae-fashion": "clothes, 512-256-128",
    "vae-paper-fashion": "clothes, the paper's 512",
}


def two_latents() -> list[dict]:
    """All models with a square to look at, as the components take them; the visitor's own come last."""
    found = checkpoints.choices("vae", "vae", LABELS)
    return [model for choice in sorted(found, key=lambda choice: choice.id not in LABELS) if (model := of(choice))]


def of(choice: checkpoints.Choice) -> dict | None:
    """One model, if it has two latents and makes pictures of 28 x 28."""
    if choice.id in LABELS:
        return entry(choice.id, choice.label, choice.url, choice.id.rpartition("-")[2])
    from deepgen.checkpoint import card_of

    card = card_of(choice.source)
    if card.config.get("num_latents", 2) != 2 or card.config["num_visible"] != 784:
        return None
    return entry(choice.id, choice.label, choice.url, card.data if card.data in CLASSES else "mnist")


def entry(name: str, label: str, url: str, data: str, count: int = 2000) -> dict:
    """A model as the components take it; without test pictures where the data set is not on this machine."""
    try:
        images = assets.images_url(data, count)
    except ValueError:
        images = None
    return {"id": name, "label": label, "url": url, "images": images, "names": CLASSES[data]}
