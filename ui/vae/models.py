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
    """One model, if it has two latents and makes pictures of 28 x 28 that the browser can judge."""
    if choice.id in LABELS:
        return entry(choice.id, choice.label, choice.url, choice.id.rpartition("-")[2])
    found = _own(choice)
    return found if found and found.pop("num_latents") == 2 else None


def many_latents() -> list[dict]:
    """Models of more than two latents: the pretrained one, then the visitor's own."""
    found, name = [], "vae-20-mnist"
    if assets.has_weights(name):
        found.append({"id": name, "label": "20 latents", "url": assets.weights_url(name)})
    for choice in checkpoints.choices("vae", "vae", {}):
        if (own := _own(choice)) and own["num_latents"] != 2:
            found.append({"id": own["id"], "label": f"{own['num_latents']} latents: {own['label']}", "url": own["url"]})
    return found


def place(config: dict) -> str:
    """Where on the page a model that was brought along is to be found; a ValueError if nowhere."""
    if config.get("visible", "bernoulli") != "bernoulli":
        raise ValueError(
            "its visible units are Gaussian, and every likelihood on this page is that of Bernoulli pixels"
        )
    if (num_latents := config.get("num_latents", 2)) != 2:
        return f"With {num_latents} latents it has no square to look at: *Why blurry* shows it beside two latents."
    return "It is in the lists of models of *Square* and *Inside* now."


def _own(choice: checkpoints.Choice) -> dict | None:
    from deepgen.checkpoint import card_of

    card = card_of(choice.source)
    config = {"num_latents": 2, "visible": "bernoulli"} | card.config
    if config["visible"] != "bernoulli" or config["num_visible"] != 784:
        return None
    data = card.data if card.data in CLASSES else "mnist"
    return entry(choice.id, choice.label, choice.url, data) | {"num_latents": config["num_latents"]}


def entry(name: str, label: str, url: str, data: str, count: int = 2000) -> dict:
    """A model as the components take it; without test pictures where the data set is not on this machine."""
    try:
        images = assets.images_url(data, count)
    except ValueError:
        images = None
    return {"id": name, "label": label, "url": url, "images": images, "names": CLASSES[data]}
