"""The paper: every equation with its door and its line of code, the errata by number, the experiments."""

from functools import partial

from ui import lesson
from ui.paper import sections

SECTIONS = {chapter: partial(sections.equations, chapter) for chapter in ("RBM", "DBN", "DBM", "VAE", "GAN")}
SECTIONS |= {"Errata": sections.errata, "Experiments": sections.experiments_section}

lesson.show("paper", "The paper", SECTIONS)
