"""The families in numbers, read from the cards of their checkpoints: what each is worth, and what it cost."""

import math
from dataclasses import dataclass
from itertools import pairwise

from deepgen.checkpoint import Card, card_of

WIDEST = 5.0  # nats: two estimates that are farther apart than this bracket nothing


@dataclass(frozen=True)
class Row:
    """One model. ``low`` and ``high`` bracket its log-likelihood or bound, nats an image; ``kind`` says what that is."""

    title: str
    family: str
    parameters: int
    seconds: float
    kind: str
    low: float | None
    high: float | None
    multiplications: int  # for one picture and step of sampling
    step: str  # what a step is

    @property
    def likelihood(self) -> str:
        """The bracket as text, with the kind of number it is."""
        if self.low is not None and self.high - self.low > WIDEST:
            return f"no usable number: the estimates are {self.high - self.low:.0f} nats apart"
        if self.low is None:
            return "none: a GAN has no likelihood to compute" if self.family == "gan" else "not measured"
        return f"{self.low:.1f}" if math.isclose(self.low, self.high) else f"{self.low:.1f} to {self.high:.1f}"


# family: (metric of the lower end, of the upper end, what it is), the first that the card has counts
LIKELIHOODS = {
    "rbm": [
        ("log_likelihood", "log_likelihood", "exact"),
        ("log_likelihood_reverse_ais", "log_likelihood_ais", "log p(v), between reverse AIS and AIS"),
    ],
    "dbn": [("bound_reverse_ais", "bound_ais", "lower bound, log Z of the top pair from both sides")],
    "dbm": [("bound_reverse_ais", "bound_ais", "mean-field bound, log Z from both sides")],
    "vae": [("log_likelihood", "log_likelihood", "log p(x), the integral itself by quadrature"), ("elbo", "elbo", "lower bound (ELBO)")],
    "gan": [],
}
STEPS = {
    "rbm": "sweep", "dbn": "sweep of the top pair and fall", "dbm": "sweep of all layers", "vae": "decoder", "gan": "generator",
}  # fmt: skip


def row(title: str, content: bytes) -> Row:
    """The numbers of a checkpoint from its bytes; a CheckpointError says what is wrong with a foreign file."""
    card = card_of(content)
    kind, low, high = "none", None, None
    for lower, upper, name in LIKELIHOODS.get(card.family, []):
        if lower in card.metrics:
            kind, low, high = name, *sorted((card.metrics[lower], card.metrics[upper]))
            break
    return Row(title, card.family, card.num_parameters, card.seconds, kind, low, high, multiplications(card), STEPS[card.family])


def multiplications(card: Card) -> int:
    """Multiplications that one picture costs in one step of sampling, from the sizes of the layers."""
    config = card.config
    if card.family == "rbm":
        return 2 * config["num_visible"] * config["num_hidden"]
    if card.family in ("dbm", "dbn"):
        products = [a * b for a, b in pairwise(config["layer_sizes"])]
        labels = config.get("num_labels", 0) * config["layer_sizes"][-1]
        return 2 * sum(products) if card.family == "dbm" else sum(products[:-1]) + 2 * (products[-1] + labels)
    sizes = (
        [config["num_latents"], *config["num_hidden"][::-1], config["num_visible"]]
        if card.family == "vae"
        else [config["num_latents"], *config["generator_layers"], config["num_visible"]]
    )
    return sum(a * b for a, b in pairwise(sizes))


AXES = {
    "Parameters": lambda row: row.parameters,
    "Core seconds of training": lambda row: row.seconds,
    "Multiplications for a picture and step": lambda row: row.multiplications,
    "Log-likelihood or bound, nats (upper end)": lambda row: row.high if row.low and row.high - row.low <= WIDEST else None,
}


def scatter(rows: list[Row], x: str, y: str):
    """The models on two axes of the visitor's choice; those without the number are left out. A Plotly figure."""
    import plotly.graph_objects as go

    shown = [row for row in rows if AXES[x](row) is not None and AXES[y](row) is not None]
    figure = go.Figure(
        go.Scatter(
            x=[AXES[x](row) for row in shown], y=[AXES[y](row) for row in shown], text=[row.title for row in shown],
            mode="markers+text", textposition="top center", marker={"size": 13, "color": "#000001"}, cliponaxis=False,
            hovertemplate="%{text}<br>%{x:,.4g}<br>%{y:,.4g}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(height=430, margin={"l": 10, "r": 30, "t": 30, "b": 10}, xaxis_title=x, yaxis_title=y)
    for axis, name in (("xaxis", x), ("yaxis", y)):
        if name != "Log-likelihood or bound, nats (upper end)":
            figure.update_layout({axis: {"type": "log"}})
    return figure


def table(rows: list[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = ["| model | log-likelihood, nats | what that number is | parameters | training, core seconds | a step of sampling |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for row in rows:
        lines.append(
            f"| {row.title} | {row.likelihood} | {row.kind} | {row.parameters:,} | {row.seconds:,.0f} "
            f"| {row.step}: {row.multiplications / 1e6:.2f} million multiplications |"
        )
    return "\n".join(lines)
