"""Where models come from: those of pretrained/, the visitor's own training, and a file that the visitor brings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui import assets, visitor

NUM_PIXELS = 28 * 28


@dataclass(frozen=True)
class Choice:
    """A model to choose: its URL for the browser, and the file or its bytes for the server."""

    id: str
    label: str
    url: str
    source: Path | bytes

    def load(self):
        """(model, card), through `deepgen.checkpoint`; a CheckpointError says what is wrong."""
        from deepgen import checkpoint

        return checkpoint.loads(self.source) if isinstance(self.source, bytes) else checkpoint.load(self.source)


def choices(page: str, family: str, labels: Mapping[str, str] | None = None) -> list[Choice]:
    """All models of a family that this visitor can have: the present training, then kept ones, then pretrained ones.

    labels: file name of pretrained/ (without ending) -> what it is called, in that order; without it, all files.
    """
    found = []
    job = st.session_state.get(f"{page}_job")
    if job is not None and job.snapshot.weights:
        content = job.snapshot.weights
        found.append(Choice("training", "Your training", assets.publish(content, owner=visitor.token()), content))
    found += [Choice(f"kept {kept.label}", kept.label, kept.url, kept.content) for kept in visitor.kept_models(family)]
    if labels is None:
        names = sorted(path.stem for path in assets.PRETRAINED.glob(f"{family}-*.safetensors"))
        labels = {name: name for name in names}
    for name, label in labels.items():
        if assets.has_weights(name):
            path = assets.PRETRAINED / f"{name}.safetensors"
            found.append(Choice(name, label, assets.weights_url(name), path))
    return found


def for_browser(page: str, family: str, labels: Mapping[str, str]) -> list[dict]:
    """`choices` as a stage takes them; if there is none, a sentence says what to do."""
    models = [{"id": each.id, "label": each.label, "url": each.url} for each in choices(page, family, labels)]
    if not models:
        st.info(f"There is no model yet: train one, or `python -m deepgen pretrain {next(iter(labels))}` makes it.")
    return models


def checkpoint_picker(page: str, family: str, labels: Mapping[str, str] | None = None) -> Choice | None:
    """A select box over `choices`, with an upload beside it; None, with a sentence, if there is nothing to choose."""
    picking, bringing = st.columns([3, 1], vertical_alignment="bottom")
    if not st.session_state.get("visit_kiosk"):
        with bringing.popover("Bring a model", width="stretch"):
            upload(page, family)
    found = {choice.id: choice for choice in choices(page, family, labels)}
    if not found:
        picking.info("There is no model yet: train one, or bring a .safetensors file that was downloaded here.")
        return None
    key = f"{page}_model"
    if st.session_state.get(key) not in found:
        st.session_state.pop(key, None)
    chosen = picking.selectbox(
        "Model", list(found), format_func=lambda id: found[id].label, key=key, bind="query-params"
    )
    return found[chosen]


def upload(
    page: str,
    family: str | None = None,
    *,
    place: Callable[[dict], str] = lambda config: "It stands beside the others now.",
) -> visitor.KeptModel | None:
    """Take a checkpoint (of one family, or of any) from the visitor's disk; what is wrong with it is said in a sentence.

    place: config -> where on this page it is to be found, in a sentence, or a ValueError if nowhere.
    """
    file = st.file_uploader("A .safetensors file", type="safetensors", key=f"{page}_upload")
    from deepgen import checkpoint

    if file is None:
        st.caption("A model that was downloaded here, or made by `python -m deepgen train`.")
        return None
    try:
        label, card = receive(file.getvalue(), family), checkpoint.card_of(file.getvalue())
        where = place(card.config)
    except ValueError as error:
        st.error(f"{file.name} cannot be used: {error}.")
        return None
    model = visitor.keep(file.name.removesuffix(".safetensors"), card.family, file.getvalue())
    st.success(f"{model.label} is here: {label}. {where}")
    return model


def receive(content: bytes, family: str | None) -> str:
    """What the checkpoint holds, in words; a ValueError says why it cannot be used here."""
    from deepgen import checkpoint

    model, card = checkpoint.loads(content)
    if card.family == "classifier":
        raise ValueError("it holds a classifier, which tells digits apart and makes none")
    if family not in (None, card.family):
        raise ValueError(f"it holds {_named(card.family)}, and this page is about the {family.upper()}")
    num_visible = card.config.get("num_visible") or card.config["layer_sizes"][0]
    if num_visible != NUM_PIXELS:
        raise ValueError(f"its data have {num_visible} numbers each, and this page shows pictures of 28 x 28")
    if card.family in ("dbn", "dbm") and card.config.get("visible") == "gaussian":
        raise ValueError(
            f"{_named(card.family)} with real-valued visible units runs in Python only (`python -m deepgen sample`), "
            "the browser has binary ones"
        )
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    return f"{_named(card.family)} with {num_parameters:,} parameters" + (
        f", trained on {card.data}" if card.data else ""
    )


def bring(page: str, family: str, **options) -> None:
    """The upload behind a button; not in the kiosk, where a window of files would be a way out."""
    if not st.session_state.get("visit_kiosk"):
        with st.popover("Bring a model of your own", icon=":material/upload:"):
            upload(page, family, **options)


def _named(family: str) -> str:
    return f"an {family.upper()}" if family == "rbm" else f"a {family.upper()}"
