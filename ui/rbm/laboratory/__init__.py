"""The exact laboratory: an RBM so small that all its states are listed, beside the approximations of a large one."""

from ui.component import define


def mount(*, key: str = "exact_laboratory"):
    """Draw the laboratory. Everything happens in the browser: bars and stripes of 2 x 2 to 4 x 4 pixels, up to 12 hidden units."""
    return define("rbm/laboratory")({}, key=key)
