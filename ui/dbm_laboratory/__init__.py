"""The exact laboratory: a DBM of four, four and four units, all of whose states are listed in the browser."""

from ..component import define


def mount(*, key: str = "dbm_laboratory"):
    """Draw the laboratory; it needs nothing but itself."""
    return define("dbm_laboratory")({}, key=key)
