"""deepgen: the deep generative models of E. Baumann's introduction (2018), written to be read.

Everything that takes time is an iterator of small immutable values; randomness is an argument called ``rng``.
"""

__version__ = "0.2.0"
