"""Words inside the names of communes: those that tie, and those that tell nothing."""

from typing import Final

from streams.core.places.vocabulary import FIRST_NAMES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LINKS: Final = _words("sur sous en de du des la le les lez a au aux d l et pres devant saint sainte")
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
