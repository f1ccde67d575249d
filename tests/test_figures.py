import csv
import io
import json
import math

import numpy as np

from ui import figures
from ui.figures import Line, Plot

PLOT = Plot("Bound", "nats", (Line("elbo", "training images"), Line("held_out_elbo", "held-out images", "orange")))


def test_a_figure_shows_the_very_numbers_with_their_names_and_units():
    measured = {"elbo": (np.array([1.0, 2.0]), np.array([-3.0, -2.5])), "other": (np.array([1.0]), np.array([7.0]))}
    figure = figures.curves(PLOT, measured, phases=((1, "layer 1"), (2, "layer 2")))
    (line,) = figure.data
    assert line.name == "training images" and list(line.x) == [1, 2] and list(line.y) == [-3.0, -2.5]
    assert figure.layout.xaxis.title.text == "updates" and figure.layout.yaxis.title.text == "nats"
    assert [note.text for note in figure.layout.annotations] == ["layer 2"]


def test_hues_are_those_of_the_theme():
    both = {line.metric: (np.arange(3.0), np.arange(3.0)) for line in PLOT.lines}
    blue, orange = figures.curves(PLOT, both).data
    assert (blue.line.color, orange.line.color) == ("#000001", "#000002")  # first and second of chartCategoricalColors


def test_the_training_before_stands_beside_this_one_in_gray():
    now, before = {"elbo": ([1], [2])}, {"held_out_elbo": ([1], [3]), "elbo": ([1], [4])}
    (plot,), both = figures.with_previous([PLOT], now, before)
    assert (
        plot.lines[:2] == PLOT.lines
        and plot.lines[2].hue == "gray"
        and plot.lines[2].label == "held-out images, training before"
    )
    assert both == {"elbo": ([1], [2]), "previous held_out_elbo": ([1], [3])}
    assert figures.with_previous([PLOT], now, {}) == ([PLOT], now)


def test_the_table_has_a_row_per_update_and_a_gap_where_nothing_was_measured():
    measured = {
        "elbo": (np.array([10.0, 20.0]), np.array([-3.25, math.nan])),
        "kl": (np.array([20.0]), np.array([1.5])),
    }
    rows = list(csv.reader(io.StringIO(figures.curves_csv(measured))))
    assert rows == [["update", "elbo", "kl"], ["10", "-3.25", ""], ["20", "", "1.5"]]
    assert figures.curves_csv({}) == "update\n"


def test_thinning_keeps_both_ends_and_says_a_missing_number_as_json_can():
    updates = np.arange(1.0, 1001.0)
    values = np.where(updates == 1000, math.nan, updates / 3)
    x, y = figures.thinned(updates, values, 50)
    assert len(x) == len(y) == 50 and (x[0], x[-1]) == (1.0, 1000.0) and y[-1] is None
    assert np.allclose(y[:-1], np.array(x[:-1]) / 3, rtol=1e-5)
    json.dumps([x, y], allow_nan=False)
    assert figures.thinned((), (), 50) == ([], [])
    assert figures.thinned(updates[:3], values[:3], 50)[0] == [1.0, 2.0, 3.0]


def test_grey_is_one_byte_a_pixel_whatever_comes_in():
    images = np.array([[0.0, 0.5, 1.0], [-3.0, math.nan, math.inf]], np.float32)
    assert list(figures.grey(images)) == [0, 128, 255, 0, 0, 255]


def test_only_squares_are_pictures():
    assert figures.square_shape(784) == (28, 28) and figures.square_shape(16) == (4, 4)
    assert figures.square_shape(2) is None and figures.square_shape(1) is None and figures.square_shape(0) is None
