"""The equations of the GAN with live numbers: two distributions over six states, the best D, the value, the divergence."""

import math

import streamlit as st

STATES = 6


def mount() -> None:
    """Two sliders bend q away from p; every number follows from deepgen."""
    import torch

    from deepgen.adversarial_training import discriminator_loss, generator_loss
    from deepgen.metrics import jensen_shannon, value_of_optimal_discriminator

    left, right = st.columns([2, 3], gap="large")
    with left:
        shift = st.slider("How far G has moved away", 0.0, 5.0, 1.5, 0.25, key="gan_shift", bind="query-params")
        logit = st.slider("D's logit on a fake, a", -8.0, 8.0, -6.0, 0.5, key="gan_logit", bind="query-params")
    state = torch.arange(STATES, dtype=torch.float64)
    p = torch.exp(-0.5 * (state - 1) ** 2)
    q = torch.exp(-0.5 * (state - 1 - shift) ** 2)
    p, q = p / p.sum(), q / q.sum()
    with right:
        st.table(
            {
                "state": [str(int(x)) for x in state],
                "p, real": [f"{x:.3f}" for x in p],
                "q, fake": [f"{x:.3f}" for x in q],
                "D* = p/(p+q)": [f"{x:.3f}" for x in p / (p + q)],
            }
        )
    divergence = jensen_shannon(p, q)
    value = value_of_optimal_discriminator(p, q)
    a = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    slopes = [torch.autograd.grad(generator_loss(a, loss), a)[0].item() for loss in ("saturating", "non-saturating")]
    undecided = -discriminator_loss(torch.zeros(1), torch.zeros(1), "saturating").item()
    with left:
        st.latex(
            rf"V(D^*, G) = -\log 4 + 2\,\mathrm{{JSD}} = {-math.log(4):.3f} + 2 \cdot {divergence:.3f} = {value:.3f}"
        )
        st.caption(f"A D that cannot tell says one half everywhere and reaches {undecided:.3f}, which is −log 4.")
        st.latex(
            rf"D = \sigma({logit:g}) = {torch.sigmoid(a).item():.4f} \qquad \text{{(37): }} {slopes[0]:.4f} \qquad "
            rf"\text{{(38): }} {slopes[1]:.4f}"
        )
        st.caption("The last two are the slopes of G's loss in the logit a: all that G gets to feel.")
