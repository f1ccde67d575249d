"""Inside a VAE (figures 10 and 11): picture, encoder, mean and deviation, noise, code, decoder, with live values."""

from ui.component import define


def mount(models: list[dict], *, chosen: str, key: str = "reparameterisation"):
    """Draw the model as a graph. models: {"id", "label", "url" (weights), "images" (URL of test pictures)} each."""
    return define("vae/reparameterisation")({"models": models, "chosen": chosen}, key=key)
