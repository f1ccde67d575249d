"""The sections of the page "Paper": equations with their doors and lines of code, errata by number, experiments."""

import streamlit as st

from ui import assets, prose
from ui.paper import contents


def door(entry: contents.Equation | contents.Figure) -> None:
    """A link to the section of the page where the entry is alive."""
    st.page_link(f"../pages/{entry.page}.py", label=f"{entry.page.upper()}: {entry.section}",
                 query_params={f"{entry.page}_section": entry.section})


def equations(chapter: str) -> None:
    """The equations of one chapter in order."""
    for equation in contents.index()[0]:
        if equation.chapter != chapter:
            continue
        with st.container(border=True, key=f"paper_equation_{equation.number}"):
            left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
            with left:
                st.latex(rf"{equation.latex} \qquad ({equation.number})")
                if equation.printed:
                    st.markdown(f"printed: ${equation.printed}$")
            with right:
                st.markdown(equation.sentence)
                line = equation.line
                st.code(f"# {line.path}, line {line.number}\n{line.text}", language="python", wrap_lines=True)
                door(equation)
    figures = [figure for figure in contents.index()[1] if figure.page == chapter.lower()]
    if figures:
        st.markdown("**Figures**")
    for figure in figures:
        left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
        left.markdown(f"Figure {figure.number}. {figure.sentence}")
        with right:
            door(figure)


@st.cache_data(show_spinner="Computing …")
def _errata() -> list[tuple[str, str, str]]:
    """(where, what is printed, what is true by number) of every erratum that a computation can show."""
    from deepgen import errata

    outer, tied = errata.outer_product_of_means(), errata.tied_start_with_and_without_swap()
    kl, slopes, sigma = errata.kl_is_unbounded(), errata.slopes_in_the_logit(), errata.sigma_taken_for_variance()
    biases = {k: errata.bias_of_contrastive_divergence(k) for k in (1, 10, 100)}
    return [
        ("Notebook, RBM", "the gradient as the outer product of batch means",
         f"The mean of outer products has rank {outer['rank']} on bars and stripes, the notebook's has rank {outer['rank_of_notebook']}: "
         f"{outer['relative_error']:.0%} of the gradient is wrong."),
        ("2.2", "k = 1 is sufficiently accurate",
         "On bars and stripes and a machine with strong weights the expected update is off the exact gradient by "
         + ", ".join(f"{bias:.2%} for k = {k}" for k, bias in biases.items()) + "."),
        ("(22)", "transposing the weights leaves the distribution as it was",
         f"Total variation between RBM and stack: {tied['swapped']:.0e} with the biases swapped, {tied['printed']:.2f} without."),
        ("5.1", 'the KL is "up to one"',
         f"KL(N(3, 0.1²), N(0, 1)) = {kl['kl']:.2f} nats. The Jensen-Shannon divergence is the bounded one: {kl['jensen_shannon']:.3f} here, "
         f"never above log 2 = {kl['bound']:.3f}."),
        ("Notebook, VAE", "log σ in the place of log σ²",
         f"For a latent with mean 1 and log σ = -1.5 the KL is {sigma['true']:.2f} nats; the notebook computes {sigma['notebook']:.2f}."),
        ("6.1", 'the gradient "at D = 0"',
         f"At logit -6 the generator feels {slopes['saturating']:.4f} through the saturating loss (37) and {slopes['non_saturating']:.4f} through (38)."),
        ("Data", "binary MNIST by a threshold",
         f"Stochastic binarisation adds {errata.noise_of_binarisation():.1f} nats of noise an image: likelihoods of the two kinds do not compare."),
    ]  # fmt: skip


def errata() -> None:
    """Errata with a demonstration first, the others in a table."""
    st.markdown(prose.section("paper", "Errata"))
    for where, printed, correct in _errata():
        with st.container(border=True):
            left, right = st.columns([2, 3], gap="large", vertical_alignment="center")
            left.markdown(f"**{where}**: {printed}")
            right.markdown(correct)
    st.markdown(prose.section("paper", "Other errata"))


EXPERIMENTS = [  # (section of the paper, as printed, how to see that, as it should be, its checkpoint)
    ("2.4 RBM", "1000 hidden units, uniform weights in (0, 1), reconstructions of training images", "`python -m benchmarks.race`: what reconstruction hides",
     "PCD with centred gradient, likelihood from both sides", "rbm-1000-mnist"),
    ("3.3 DBN", "500-500-1000, reconstructions", "the DBN page, *Train*, with the tied start off", "greedy stacking with the bound on test images", "dbn-mnist"),
    ("5.2 VAE", "784-512-2, log σ taken for log σ²", "`python -m benchmarks.mismatched_kl`: its printed and its true value", "the same network, the right KL", "vae-paper-mnist"),
    ("6.3 GAN", "256-256-256 against 512-256, no measure of quality", "`python -m benchmarks.notebook_gan`: its modes and distance", "averaged generator, measured by a classifier's features", "gan-mnist"),
]  # fmt: skip


def experiments() -> None:
    """The four experiments as a table; what was measured comes from the checkpoints' cards."""
    from deepgen.checkpoint import card_of

    st.markdown(prose.section("paper", "Experiments"))
    lines = ["| section | as printed | to see it | as it should be | measured |", "|---|---|---|---|---|"]
    for section, printed, command, better, name in EXPERIMENTS:
        measured = "not made yet: `python -m deepgen pretrain " + name + "`"
        if assets.has_weights(name):
            card = card_of((assets.PRETRAINED / f"{name}.safetensors").read_bytes())
            measured = "<br>".join(f"{metric.replace('_', ' ')}: {value:.4g}" for metric, value in list(card.metrics.items())[:5])
        lines.append(f"| {section} | {printed} | {command} | {better}: `{name}` | {measured} |")
    st.markdown("\n".join(lines), unsafe_allow_html=True)
