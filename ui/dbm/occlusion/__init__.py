"""Half a digit, completed by a DBM, a DBN and an RBM beside each other: same held pixels, same seed."""

from ui.component import define


def mount(machines: list[dict], *, images: str, key: str = "dbm_occlusion"):
    """machines: {"family": "dbm" | "dbn" | "rbm", "label", "url"}, column by column; images: URL of test images."""
    return define("dbm/occlusion")({"machines": machines, "images": images}, key=key)
