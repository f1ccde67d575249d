"""A metric over a whole training, thinned so that it stays small however long the training."""

import numpy as np

LIMIT = 2000


class Series:
    """Pairs (update, value). When there are too many, neighbours are averaged, and later values in groups of as many.

    What `points` returns is never changed afterwards: it is a view of a part that is already written.
    """

    def __init__(self, limit: int = LIMIT):
        self.limit = limit
        self._points = np.empty((2, limit))
        self._count = 0
        self._group = 1  # how many values a point is the mean of
        self._open: list[tuple[float, float]] = []

    def add(self, step: int, value: float) -> None:
        self._open.append((step, value))
        if len(self._open) < self._group:
            return
        if self._count == self.limit:
            self._halve()
            if len(self._open) < self._group:
                return
        self._points[:, self._count] = np.mean(self._open, axis=0)
        self._count += 1
        self._open = []

    def _halve(self) -> None:
        thinned = np.empty_like(self._points)
        half = self._count // 2
        thinned[:, :half] = self._points[:, : 2 * half].reshape(2, half, 2).mean(-1)
        self._points, self._count, self._group = thinned, half, 2 * self._group

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """(updates, values), at most ``limit`` of them."""
        return self._points[0, : self._count], self._points[1, : self._count]
