"""Cars, telephones, shops and food that are called like persons, and how to tell them from one."""

from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import Reading
from streams.core.pii.names import BIG, TITLE

MAKES: Final = frozenset({
    # cars
    "renault", "peugeot", "citroen", "dacia", "sandero", "duster", "logan", "twingo", "kangoo", "scenic", "laguna",
    "captur", "trafic", "berlingo", "picasso", "fiat", "panda", "audi", "bmw", "tesla", "toyota", "yaris", "corolla",
    "opel", "corsa", "zafira", "meriva", "ford", "fiesta", "seat", "ibiza", "skoda", "fabia", "octavia", "vw",
    "volkswagen", "golf", "polo", "passat", "touran", "tiguan", "nissan", "micra", "juke", "qashqai", "alfa",
    "lancia", "hyundai", "honda", "mazda", "suzuki", "volvo", "porsche", "ferrari", "lamborghini", "bugatti", "kia",
    "mercedes", "mercedes-benz", "clio", "jeep", "lexus", "cupra", "vespa", "harley", "harley-davidson", "yamaha",
    "kawasaki", "rolls-royce",
    # telephones, machines
    "samsung", "iphone", "apple", "xiaomi", "huawei", "oppo", "nokia", "honor", "wiko", "doro", "alcatel", "motorola",
    "oneplus", "realme", "sony", "siri", "alexa", "cortana", "bixby", "moulinex", "tefal", "dyson", "whirlpool",
    # shops
    "zara", "kiabi", "celio", "etam", "camaieu", "gemo", "gifi", "sephora", "nocibe", "promod", "mango", "bershka",
    "primark", "jennyfer", "uniqlo", "decathlon", "darty", "fnac", "boulanger", "ikea", "conforama", "lidl", "aldi",
    "carrefour", "auchan", "leclerc", "monoprix", "franprix", "picard", "afflelou", "krys", "marionnaud", "starbucks",
    "mcdo", "quick", "kfc", "subway", "flunch",
    # operators
    "sosh", "sfr", "bouygues", "numericable", "prixtel", "lycamobile",
    # food
    "nutella", "danone", "coca", "coca-cola", "pepsi", "orangina", "ricard", "pastis", "nescafe", "haribo", "kinder",
    "whiskas", "sheba", "fleury-michon", "bonduelle", "knorr", "charal", "herta", "lustucru", "panzani", "barilla",
    "buitoni", "activia", "yoplait", "twix",
})  # fmt: skip
"""Names of things, some of them surnames too; what `SHARED` has beside one of them is a thing."""
CARS: Final = frozenset({
    "megane", "clio", "zoe", "mercedes", "giulia", "giulietta", "leon", "dacia", "fiat", "tesla", "yaris", "ibiza",
    "fabia", "zafira", "meriva", "corsa", "kia", "panda", "logan", "austin", "fiesta", "micra",
})  # fmt: skip
"""Names of cars: behind "ma", "une" or "cette" no person's."""
ALONE: Final = frozenset({
    "clio", "mercedes", "dacia", "fiat", "tesla", "yaris", "ibiza", "fabia", "zafira", "meriva", "corsa", "kia",
    "zara", "kiabi", "celio", "etam", "gemo", "gifi", "nocibe", "nutella", "activia", "twix", "haribo", "sheba",
    "mercedes-benz", "harley-davidson", "rolls-royce", "coca-cola", "camaieu", "fiesta", "micra", "primark",
})  # fmt: skip
"""Names of things that few persons bear: a thing's wherever nothing announces a person."""
SHARED: Final = CARS | {
    "jules", "paul", "felix", "honor", "charlotte", "amandine", "prince", "martini", "barbie", "danette", "kenzo",
    "armani", "oreo", "alice", "sephora", "maje", "sandro", "chevignon", "boss", "garnier",
}  # fmt: skip
"""Names of persons that things bear: a thing's in a list of things ("Zara, Jules et Kiabi"), behind a make."""
_TIED: Final = frozenset({
    ("marine", "nationale"), ("marine", "marchande"), ("pierre", "precieuse"), ("rose", "bonbon"), ("rose", "fluo"),
})  # fmt: skip
"""Words and what stands behind them when they are no first name."""
_POSSESSED: Final = frozenset({
    "ma", "ta", "sa", "une", "la", "cette", "notre", "votre", "leur", "vieille", "nouvelle", "petite", "en",
})  # fmt: skip
_LISTED: Final = frozenset({", ", ",", " / ", "/", " ", " + ", " & "})
MAX_LISTED: Final = 6
"""Words looked at on each side along a list."""


def is_thing(r: Reading, i: int) -> bool:
    """Tells whether word `i`, a first name by the lists, names a car, a telephone, a shop or food here.

    "Mercedes" and "ma Zoé" do, and so does what a list or a make ties to a thing: "Renault Mégane", "Zara, Jules".
    """
    before = r.before(i)
    if (r.folded[i], r.after(i)) in _TIED:
        return True
    if r.folded[i] in ALONE and before not in cues.HELLOS:
        return True
    if r.folded[i] in CARS and before in _POSSESSED:
        return True
    if r.folded[i] in MAKES and r.after(i) in SHARED:
        return True
    return r.folded[i] in SHARED and (before in MAKES or _is_listed(r, i, 1) or _is_listed(r, i, -1))


def _is_listed(r: Reading, i: int, step: int) -> bool:
    """Tells whether a list leads from word `i` to a thing, over other words written big."""
    k = i
    for _ in range(MAX_LISTED):
        behind = max(k, k + step)
        if not (0 <= k + step < r.n and r.gap(behind) in _LISTED):
            return False
        is_set_apart = r.gap(behind) != " "
        k += step
        if r.folded[k] in ("et", "ou") and 0 <= k + step < r.n and r.gap(max(k, k + step)) == " ":
            is_set_apart = True
            k += step
        if r.folded[k] in MAKES:
            return is_set_apart or step < 0
        if not r.traits[k] & BIG or r.traits[k] & TITLE or not is_set_apart:
            return False
    return False
