"""Searches the models with which a model is compared.

All models of its owner, its unit and the unit's predecessors whose titles share enough words, and of the whole country
those that share its rarest words.
"""

from services.kernel.search.index import Index
from services.kernel.units import UnitPath
from services.registration.relations.domain import FEWEST_WORDS, Side

RAREST, FEWEST_RAREST = 8, 3
"""Number of words and pairs of words, the rarest of a title, by which the whole country is searched, and the number of
them that a candidate must have."""
OWN, NEAR, FAR = 100, 40, 40
"""Most candidates of the owner, of the unit and of each of its predecessors, and of the whole country.

Those that share most words are taken. They are more than a model has relations, so a bound loses none.
"""


def candidates(side: Side, index: Index) -> list[str]:
    """Ids of other models, each once.

    Rare words do not lead to the models of an owner or a unit: in a city, the words that two titles of one body do not
    share may be the rarest of both.
    """
    frequency = {term: many for term in side.said().terms if (many := index.frequency(term)) > 1}
    terms = sorted(frequency, key=lambda term: (frequency[term], term))
    found = index.alike(terms, within=side.owner, most=OWN, floor=FEWEST_WORDS)
    for unit in (UnitPath(side.unit).unit, *sorted(side.follows)):
        found += index.alike(terms, within=unit, most=NEAR, floor=FEWEST_WORDS)
    found += index.alike(terms[:RAREST], within=None, most=FAR, floor=FEWEST_RAREST)
    return [id_ for id_ in dict.fromkeys(found) if id_ != side.id]
