"""The exact laboratory: a DBM of four, four and four units, all of whose states are listed in the browser."""

from ui.component import define


def mount(*, key: str = "dbm_laboratory"):
    """Draw the laboratory; it needs nothing but itself."""
    return define("dbm/laboratory")({}, key=key)
