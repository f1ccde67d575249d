"""The sections of the page "Paper": equations with their doors and lines of code, errata by number, experiments."""

import streamlit as st

from ui import prose
from ui.paper import contents, experiments


def door(entry: contents.Equation | contents.Figure) -> None:
    """A link to the section of the page where the entry is alive."""
    st.page_link(f"../pages/{entry.page}.py", label=f"{entry.page.upper()}: {entry.section}", icon=":material/arrow_forward:",
                 query_params={f"{entry.page}_section": entry.section})  # fmt: skip


def equations(chapter: str) -> None:
    """The equations of one chapter in order."""
    for equation in contents.index()[0]:
        if equation.chapter != chapter:
            continue
        with st.container(border=True, key=f"paper_equation_{equation.number}"):
            left, right = st.columns([3, 2], gap="small", vertical_alignment="center")
            with left:
                st.latex(rf"({equation.number}) \quad {equation.latex}")
                if equation.printed:
                    st.caption(f"printed: ${equation.printed}$")
                st.markdown(equation.sentence)
            with right:
                line = equation.line
                st.code(f"{line.text}  # {line.path}:{line.number}", language="python", wrap_lines=True)
                door(equation)
    figures = [figure for figure in contents.index()[1] if figure.page == chapter.lower()]
    if figures:
        st.markdown("**Figures**")
    for figure in figures:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Figure {figure.number}. {figure.sentence}", width="content")
            door(figure)


@st.cache_data(show_spinner="Computing …")
def _errata() -> list[tuple[str, str, str]]:
    """(where, what is printed, what is true by number) of every erratum that a computation can show."""
    from deepgen import errata

    outer, tied = errata.outer_product_of_means(), errata.tied_start_with_and_without_swap()
    kl, slopes, sigma = errata.kl_is_unbounded(), errata.slopes_in_the_logit(), errata.sigma_taken_for_variance()
    biases = {k: errata.bias_of_contrastive_divergence(k, scale=3.0) for k in (1, 10, 100)}
    return [
        ("Notebook, RBM", "the gradient as the outer product of batch means",
         f"The mean of outer products has rank {outer['rank']} on bars and stripes, the notebook's has rank {outer['rank_of_notebook']}: "
         f"the positive phase is off by {percent(outer['relative_error'])}."),
        ("2.2", "k = 1 is sufficiently accurate",
         "On bars and stripes and a machine with strong weights the expected update is off the exact gradient by "
         + ", ".join(f"{percent(bias)} for k = {k}" for k, bias in biases.items()) + "."),
        ("(22)", "transposing the weights leaves the distribution as it was",
         f"Total variation between RBM and stack: {tied['swapped']:.0e} with the biases swapped, {tied['printed']:.2f} without."),
        ("5.1", 'the KL is "up to one"',
         f"KL(N(3, 0.1²), N(0, 1)) = {kl['kl']:.2f} nats. The Jensen-Shannon divergence is the bounded one: {kl['jensen_shannon']:.3f} here, "
         f"never above log 2 = {kl['bound']:.3f}."),
        ("Notebook, VAE", "log σ in the place of log σ²",
         f"For a latent with mean 1 and log σ = −1.5 the KL is {sigma['true']:.2f} nats; the notebook computes {sigma['notebook']:.2f}."),
        ("6.1", 'the gradient "at D = 0"',
         f"At logit −6 the generator feels {abs(slopes['saturating']):.4f} through the saturating loss (37) and {abs(slopes['non_saturating']):.4f} through (38)."),
        ("Data", "binary MNIST by a threshold",
         f"Stochastic binarisation adds {errata.noise_of_binarisation():.1f} nats of noise an image: likelihoods of the two kinds do not compare."),
    ]  # fmt: skip


def percent(share: float) -> str:
    """A share in percent, two digits of it, or that it is next to nothing."""
    return "less than 0.01 %" if share < 1e-4 else f"{100 * share:.2g} %"


def errata() -> None:
    """Errata with a demonstration first, the others in a table."""
    st.markdown(prose.section("paper", "Errata"))
    for where, printed, correct in _errata():
        with st.container(border=True):
            left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
            left.markdown(f"**{where}**: {printed}")
            right.markdown(correct)
    st.markdown(prose.section("paper", "Other errata"))


def experiments_section() -> None:
    """The four experiments, result beside result."""
    st.markdown(prose.section("paper", "Experiments"))
    experiments.mount()
