"""The simulated company: a model of people, made from a seed, exported as a company's systems would.

People, products and fashions come first; visits, mailings, enrollments, posts, surveys and votes follow from them.
What is true beneath the records (probabilities, latent effort) is written to ``truth/``, which nothing but tests and
benchmarks reads.
"""

from insights.simulation.company import CHUNK, breaks, coverage, simulate, world_digest
from insights.simulation.people import person

__all__ = ["CHUNK", "breaks", "coverage", "person", "simulate", "world_digest"]
