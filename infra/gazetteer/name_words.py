"""Words inside the names of places: those that tie, those that tell nothing, and the articles of departments."""

from typing import Final

from streams.core.places.vocabulary import FIRST_NAMES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LINKS: Final = _words("sur sous en de du des la le les lez a au aux d l et pres devant saint sainte")
PAIRED: Final = _words("saint sainte mont pont bourg chateau villeneuve fontenay")
"""First words that go with the second where a name is cut short: `saint pol`."""
NO_SHORT: Final = _words(
    "saint sainte le la les l mont val bois pont port bourg ville villeneuve neuville fontaine grand grande petit "
    "belle beau haut haute bas vieux champ mas chateau roche ile isle notre plan puy pre pays rives rive terres trois "
    "deux quatre cap bains croix etang font fort moulin marche chapelle riviere sud nord centre plaine plaisance "
    "vallee mareuil monts cours portes vern bon baie brin chevigny roque tour entre ambes"
)
"""First words by which nobody calls a town."""
ORDINARY: Final = FIRST_NAMES | _words(
    "est pas avez notre toute tout tous toutes avoir jours jour meme bien etape manuel matin cette ans marche bon "
    "avant arrive voir nouvelle nouveau nouvel contre part pannes panne appelle entre allez prix gros cable heure "
    "heures grand grande point midi mieux vite chaine bordel place quartier regle presque tech maison font vie lieu "
    "hors mai max beau rouge pleine plein petit petite air premiere premier bas tombe fidele faute accord vieux trois "
    "lettre jeu simple fort demi francais francaise nan sort pointe commune bout clair brancher comptes compte apres "
    "centre gauche droite nuit soir mois moins plus rien personne gens fois temps fin haut pays terre eau blanc noir "
    "vert bleu deux quatre cinq sept huit neuf dix cent mille chez avec dans pour comme aussi encore toujours jamais "
    "non oui merci service client internet box fibre ligne code region ville village rue route pont port mer nord sud "
    "ouest"
)
"""Words of every tweet: a name is better kept under another word of its."""
DEPARTMENT_ARTICLES: Final = {
    code: article
    for article, codes in (
        ("l", "01 02 03 07 09 10 11 12 27 34 36 38 60 61 89 91"),
        (
            "la",
            "16 17 19 21 23 24 26 31 42 43 44 48 50 51 52 53 55 57 58 70 71 72 73 74 76 77 80 85 86 87 93 2A 2B "
            "971 972 973 974",
        ),
        ("le", "14 15 18 25 30 32 37 39 41 45 46 47 49 56 59 62 63 67 68 69 81 82 83 84 90 94 95"),
        ("les", "04 05 06 08 13 22 40 64 65 66 78 79 88 92"),
    )
    for code in codes.split()
}
"""Code of a department -> the article of its name, which the package leaves out: `la Gironde`."""
