"""A programme that never was: two years of a chain of bookshops, for looking around and for tests.

It is a simulated run like any other, so that every page and every check treats it like real data. What a
run does not bring about (stores, sign-ins, prepaid cards, guests) is added by draws with the same keys, and
the programme's own rules say what follows from it.
"""

from simulation.demo.story import BEHAVIOUR, BUY_ON_JOINING, USUAL_MEMBERS, Demo, Part
from simulation.demo.tables import Tables, stages

__all__ = ["BEHAVIOUR", "BUY_ON_JOINING", "USUAL_MEMBERS", "Demo", "Part", "Tables", "stages"]
