"""How much speaks for a name: every weight, in one table.

Set by hand on the tuned half of the labelled tweets (`dallosh places eval --half tuned`) and on the invented texts of
tests/unit/core/places/test_find.py; the held-out half was only measured. A name is a place from `ENOUGH`.

Example: `à Vierzon` has 3.0 for the preposition, 1.5 for the capital and 2.4 for 26,000 inhabitants: 6.9.
"""

from typing import Final

ENOUGH: Final = 2.0
NEVER: Final = -100.0
"""Whatever else speaks for the name."""

# What else the text names
OWN_POSTCODE: Final = 5.0
BESIDE: Final = 4.0
"""Its department right beside it, by number or by name."""
SOMEWHERE: Final = 2.0
"""Its department elsewhere in the text."""
HINTED: Final = 2.5
"""For a department: one of its towns may be meant in the text."""
LISTED: Final = 1.5
"""A comma or `et` ties it to a place."""

# How well known the bearer is; a town has the logarithm of its inhabitants less 2, within these bounds
SMALLEST_TOWN: Final = 0.3
LARGEST_TOWN: Final = 3.3
DIVISION: Final = 2.0
"""A department or a region."""
DISTRICT: Final = 1.5

# The words before it
INTRODUCED: Final = 3.0
"""`à`, `dans`, `secteur`."""
INTRODUCED_BY_A: Final = 2.5
"""`a` without its accent, which is a verb, too."""
LINKED_TO_PLACE: Final = 2.5
"""`la gare de`, `près de`."""
LINKED: Final = 0.5
OF_A_PERSON: Final = -2.0
"""`Antoine de`."""
ALONE: Final = 0.5
"""Nothing before it, and the clause ends behind it."""
BEHIND_CAPITAL: Final = -2.0
BEFORE_CAPITAL: Final = -2.0
LARGE_BEFORE_CAPITAL: Final = -1.0

# Its article
AU: Final = 2.0
OWN_ARTICLE: Final = 1.5
NO_ARTICLE: Final = -0.5
CAPITAL_ARTICLE: Final = 2.0
"""`La Réunion`, which no common word has."""
STRANGE_ARTICLE: Final = -2.0
"""`la ligne`: of a town that takes none."""
DEPARTMENT_ARTICLE: Final = 2.0
DEPARTMENT_ARTICLE_TOLD: Final = 2.5
"""With a capital, or `dans` before the article."""
DEPARTMENT_AS_TOWN: Final = -2.0
"""`à Vienne`."""
EN: Final = 1.5
"""`en Bretagne`, `en Gironde`."""

# How it is written, and what else it means
HASHTAG: Final = 2.0
CAPITAL: Final = 1.5
CAPITAL_AT_START: Final = 0.5
"""Where everybody writes one."""
SMALL: Final = -0.5
SEVERAL_WORDS: Final = 1.5
THREE_LETTERS: Final = -1.0
CAPITAL_WORD: Final = -3.5
"""Also a word or a first name, written with a capital."""
SMALL_WORD: Final = -5.0
CITY: Final = 1.0
"""Of a town of 40,000 whose name is also a word."""
CUT_OFF: Final = 1.5
"""`Nice est coupé`: a word that is a large town, at the head of a sentence that says that it is cut off."""
GLUED: Final = -6.0
"""`Koh-Lanta`."""
