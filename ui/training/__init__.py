"""The training room that the families share, and the worker processes behind it."""
