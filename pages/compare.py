"""All five families on the same digit: side by side, in numbers, and against the visitor's eye."""

import streamlit as st

from ui import assets, lesson, prose, visitor
from ui.compare import quiz, stage

FAMILIES = {  # family: (title, the file that stands for it)
    "rbm": ("RBM", "rbm-mnist"),
    "dbn": ("DBN", "dbn-labels-mnist"),
    "dbm": ("DBM", "dbm-mnist"),
    "vae": ("VAE", "vae-mnist"),
    "gan": ("GAN", "gan-mnist"),
}


def pretrained() -> list[dict]:
    """The five that stand for their families."""
    found = [(title, name) for title, name in FAMILIES.values() if assets.has_weights(name)]
    return [{"id": name, "title": title, "url": assets.weights_url(name)} for title, name in found]


def own() -> list[visitor.KeptModel]:
    """What this visitor has trained or brought."""
    return [model for model in visitor.kept_models() if model.family in FAMILIES]


def show_side_by_side():
    from ui import checkpoints

    st.markdown(prose.section("compare", "Side by side"))
    with st.popover("Let a model of your own join"):
        checkpoints.upload("compare")
        st.caption("What you keep in a training room stands here as well.")
    joined = [{"id": f"kept {model.label}", "title": model.label, "url": model.url} for model in own()]
    stage.mount(pretrained() + joined, images=assets.images_url("mnist"))


def show_numbers():
    from ui.compare import numbers

    st.markdown(prose.section("compare", "Numbers"))
    files = [path for path in assets.PRETRAINED.glob("*-mnist.safetensors") if path.stem.split("-")[0] in FAMILIES]
    everything = sorted((numbers.row(path.stem, path.read_bytes()) for path in files), key=numbers.rank)
    brought = [numbers.row(model.label, model.content) for model in own()]
    best = [next(row for row in everything if row.family == family) for family in dict.fromkeys(row.family for row in everything)]
    st.markdown(numbers.table(best + brought))
    with st.expander(f"All {len(everything)} pretrained models of digits"):
        st.markdown(numbers.table(everything))
    rows = everything + brought
    st.download_button("Save table", numbers.csv(rows), "deepgen-models.csv", "text/csv", on_click="ignore")
    axes = list(numbers.AXES)
    left, right = st.columns(2)
    x = left.selectbox("Horizontal axis", axes, index=1, key="compare_x", bind="query-params")
    y = right.selectbox("Vertical axis", axes, index=3, key="compare_y", bind="query-params")
    st.plotly_chart(numbers.scatter(rows, x, y), key="compare_scatter", config={"displaylogo": False})


def show_quiz():
    st.markdown(prose.section("compare", "Which one is real?"))
    quiz.mount(pretrained(), images=assets.images_url("mnist"))


SECTIONS = {"Side by side": show_side_by_side, "Numbers": show_numbers, "Which one is real?": show_quiz}

lesson.show("compare", "Compare", SECTIONS)
