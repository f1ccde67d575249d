"""The families in numbers, read from the cards of their checkpoints: what each is worth, and what it cost."""

import csv as csv_module
import io
from dataclasses import asdict, dataclass, fields
from itertools import pairwise

from deepgen.checkpoint import Card, card_of
from deepgen.evaluation import PRETRAINED
from deepgen.presets import PRESETS

WIDEST = 5.0  # nats: two estimates that are farther apart than this bracket nothing


@dataclass(frozen=True)
class Row:
    """One model. ``low`` and ``high`` bracket its log-likelihood or bound, nats an image; ``kind`` says what that is."""

    title: str
    family: str
    parameters: int
    seconds: float | None  # of one core, those of the files that training began with included; None: not timed
    kind: str
    low: float | None
    high: float | None
    multiplications: int  # for one picture and step of sampling
    step: str  # what a step is
    comparable: bool = True  # with the others: of binary pixels

    @property
    def likelihood(self) -> str:
        """The bracket as text, or why there is none."""
        if self.low is None:
            return "none: a GAN has no likelihood to compute" if self.family == "gan" else "not measured"
        if not self.is_number:
            return f"no usable number: the estimates are {self.high - self.low:.0f} nats apart"
        return f"{self.low:.1f}" if f"{self.low:.1f}" == f"{self.high:.1f}" else f"{self.low:.1f} to {self.high:.1f}"

    @property
    def is_number(self) -> bool:
        """Whether the two ends are near enough to each other to say something."""
        return self.low is not None and self.high - self.low <= WIDEST


# family: (metric of the lower end, of the upper end, what it is), the first that the card has counts
LIKELIHOODS = {
    "rbm": [
        ("log_likelihood", "log_likelihood", "exact"),
        ("log_likelihood_reverse_ais", "log_likelihood_ais", "log p(v), between reverse AIS and AIS"),
    ],
    "dbn": [("bound_reverse_ais", "bound_ais", "lower bound, log Z of the top pair from both sides")],
    "dbm": [("bound_reverse_ais", "bound_ais", "mean-field bound, log Z from both sides")],
    "vae": [
        ("log_likelihood", "log_likelihood", "log p(x), the integral itself by quadrature"),
        ("importance_weighted_bound_100", "importance_weighted_bound_100", "lower bound from 100 importance samples"),
        ("elbo", "elbo", "lower bound (ELBO)"),
    ],
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
    comparable = card.config.get("visible", "bernoulli") == "bernoulli"
    if not comparable:
        kind = f"a density of standardised grey pixels, not to be compared: {kind}"
    return Row(
        title, card.family, card.num_parameters, seconds(card), kind, low, high, multiplications(card), STEPS[card.family], comparable
    )  # fmt: skip


def rank(row: Row) -> tuple:
    """To sort by: the families in the paper's order, in each the best number first."""
    return list(LIKELIHOODS).index(row.family), not row.comparable, not row.is_number, -(row.high or 0)


def seconds(card: Card) -> float | None:
    """What the training took on one core, with that of the files it began with; None if any of them was not timed."""
    start = PRESETS[card.preset].start if card.preset in PRESETS else None
    if start is None or not card.seconds:
        return card.seconds or None
    file = PRETRAINED / f"{start}.safetensors"
    before = seconds(card_of(file.read_bytes())) if file.exists() else None
    return before and before + card.seconds


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


NATS = "Log-likelihood or bound, nats (upper end)"
AXES = {
    "Parameters": lambda row: row.parameters,
    "Core seconds of training": lambda row: row.seconds,
    "Multiplications for a picture and step": lambda row: row.multiplications,
    NATS: lambda row: row.high if row.is_number and row.comparable else None,
}


def scatter(rows: list[Row], x: str, y: str):
    """The models on two axes of the visitor's choice; those without the number are left out. A Plotly figure."""
    import plotly.graph_objects as go

    shown = sorted((row for row in rows if AXES[x](row) is not None and AXES[y](row) is not None), key=AXES[x])
    places = ["top center" if i % 2 else "bottom center" for i in range(len(shown))]  # neighbours' names do not meet
    figure = go.Figure(
        go.Scatter(
            x=[AXES[x](row) for row in shown], y=[AXES[y](row) for row in shown], text=[row.title for row in shown],
            mode="markers+text", textposition=places, marker={"size": 13, "color": "#000001"}, cliponaxis=False,
            hovertemplate="%{text}<br>%{x:,.4g}<br>%{y:,.4g}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(height=430, margin={"l": 10, "r": 30, "t": 30, "b": 10}, xaxis_title=x, yaxis_title=y)
    for axis, name in (("xaxis", x), ("yaxis", y)):
        if name != NATS:
            figure.update_layout({axis: {"type": "log"}})
    return figure


def table(rows: list[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = ["| model | nats an image | what that number is | parameters | core seconds | multiplications a step |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for row in rows:
        took = "not timed" if row.seconds is None else f"{row.seconds:,.0f}"
        cost = f"{row.multiplications / 1e6:.2f} million ({row.step})"
        lines.append(f"| {row.title} | {row.likelihood} | {row.kind} | {row.parameters:,} | {took} | {cost} |")
    return "\n".join(lines).replace("| -", "| −").replace(" to -", " to −")


def csv(rows: list[Row]) -> str:
    """The rows with all their digits, for a spreadsheet; what there is not stays empty."""
    names = [field.name for field in fields(Row)]
    out = io.StringIO()
    writer = csv_module.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()
