"""The equations of the GAN with live numbers: two distributions over six states, the best D, V, the divergence."""

import math

import streamlit as st

STATES = 6


def mount() -> None:
    """Two sliders bend q away from p; every number follows from deepgen."""
    import torch

    from deepgen.adversarial_training import discriminator_loss, generator_loss
    from deepgen.metrics import jensen_shannon, value_of_optimal_discriminator

    left, right = st.columns(2, gap="large")
    shift = left.slider("How far G has moved away", 0.0, 5.0, 1.5, 0.25, key="gan_shift", bind="query-params")
    logit = right.slider("D's logit on a fake, a", -8.0, 8.0, -6.0, 0.5, key="gan_logit", bind="query-params")
    state = torch.arange(STATES, dtype=torch.float64)
    p, q = (torch.softmax(-0.5 * (state - centre) ** 2, 0) for centre in (1, 1 + shift))
    divergence, value = jensen_shannon(p, q), value_of_optimal_discriminator(p, q)
    undecided = -discriminator_loss(torch.zeros(1), torch.zeros(1), "saturating").item()
    rows = {"real, p": p, "fake, q": q, "the best D = p/(p+q)": p / (p + q)}
    with left:
        st.table({"state": list(rows)} | {str(x): [f"{row[x]:.3f}" for row in rows.values()] for x in range(STATES)})
        st.latex(
            rf"\begin{{aligned}} V(D^*, G) &= -\log 4 + 2\,\mathrm{{JSD}} \\"
            rf"&= {-math.log(4):.3f} + 2 \cdot {divergence:.3f} = {value:.3f} \end{{aligned}}"
        )
        st.caption(f"A D that cannot tell says one half everywhere and reaches {undecided:.3f}, which is -log 4.")
    a = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    slopes = [torch.autograd.grad(generator_loss(a, loss), a)[0].item() for loss in ("saturating", "non-saturating")]
    with right:
        st.latex(
            rf"\begin{{aligned}} D = \sigma({logit:g}) &= {torch.sigmoid(a).item():.4f} \\"
            rf"\text{{slope of (37)}} &= {slopes[0]:.4f} \\ \text{{slope of (38)}} &= {slopes[1]:.4f} \end{{aligned}}"
        )
        st.caption("The slopes of G's loss in the logit a: all that G gets to feel.")
