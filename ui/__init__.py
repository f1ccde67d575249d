"""Everything on the screen that more than one page needs."""
