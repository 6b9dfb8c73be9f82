"""Words around a place, folded: those that introduce one, and those after which a name is none."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOCATIVE: Final = _words(
    "a sur vers dans secteur quartier zone commune ville habite jabite habites vit habitant habitante habitons "
    "habitants region agglo agglomeration metropole boutique center centre agence magasin antenne entre hors chateau "
    "prefecture mairie peripherie banlieue localite localisation villes communes concernee concernees departement "
    "dept dpt dep nro nra ici situe situee situes lieu cedex pres proche environs alentours depuis pour plateau "
    "village"
)
"""A name behind one of these is where something is; `a` stands for `à` too."""
LINKING: Final = _words("de d du des en le la les l au aux")
PREPOSITIONS: Final = LOCATIVE | LINKING
THROUGHOUT: Final = _words("dans partout tout toute sur")
"""Before the article of a department: `toute la Gironde`."""
LYING: Final = LINKING | _words("c cest est ca se trouve situe situee dans une ville petite commune village bien")
"""Between a town and its department: `Lens se trouve dans le Pas-de-Calais`."""
OF: Final = _words("de d du des")
BEFORE_LINK: Final = LOCATIVE - _words("depuis pour ici") | _words(
    "cote nord sud est ouest coeur borne central dslam noeud armoire gare hopital aeroport autour loin habitants "
    "maire bas haut sortie rond fibre reseau panne pannes secteurs quartiers bourg fac universite vieux region "
    "boutiques freebox abonnes antennes"
)
"""Before `de`: `près de Lens`, `la gare de Lens`, `au sud de Lens`."""
DETERMINERS: Final = _words("le la les l au aux un une du des mon ma mes ce cette ces")
"""Before a name that takes no article they make it a word: `la ligne`."""
CONTRACTED: Final = {
    "le": _words("le du au"),
    "la": _words("la"),
    "les": _words("les des aux"),
    "l": _words("l"),
}
"""Article of a name -> the words that stand for it."""

STREETS: Final = _words(
    "rue rues avenue av ave boulevard bd bld blvd allee allees chemin impasse quai cours route rte ruelle square "
    "passage faubourg fbg fg sentier esplanade rond pont residence lotissement immeuble villa clos promenade voie "
    "place parvis"
)
TITLES: Final = _words(
    "m mr mrs monsieur madame mme mlle mademoiselle me maitre docteur dr professeur pr mgr famille chez prenom nom "
    "mister conseiller conseillere technicien technicienne collegue signe cordialement appelle nomme prenomme sgt"
)
"""Before a person: `M. Toulouse`."""
CLUBS: Final = _words("stade olympique fc as rc club equipe contre ligue radio tele anciennement")
"""Before a club, a channel or what is called otherwise today: `contre Lens`, `radio Nova`."""
NAMESAKES: Final = STREETS | TITLES | CLUBS
"""A name behind one of these is no place."""
FIRST_NAMES: Final = _words(
    "adam adele adrien agathe agnes aicha alain albert alexandra alexandre alexis alice aline alix amandine amelie "
    "amina ana anais andre andrea angelique anna anne annie anthony antoine antonio arnaud arthur audrey aurelie "
    "aurelien axel baptiste bastien beatrice benjamin benoit bernadette bernard bertrand brigitte bruno camille "
    "carine carla carole caroline catherine cecile cedric celine chantal charlene charles charlotte chloe christelle "
    "christian christiane christine christophe claire clara claude claudine clement clementine colette corentin "
    "corinne cyril damien daniel daniele david delphine denis denise didier dominique dylan edith edouard eliane "
    "elise elodie elsa emilie emma emmanuel emmanuelle enzo eric estelle eva evelyne fabien fabienne fabrice fanny "
    "fatima fatou florence florian francis franck francois francoise frederic gabriel gael gaelle genevieve georges "
    "gerald gerard ghislaine gilbert gilles ginette guillaume guy helene henri henriette herve hugo ibrahim ines "
    "isabelle jacqueline jacques jade jean jeanne jeremy jerome jessica joel johan jonathan josette josiane jules "
    "julie julien juliette karim karima karine kevin khadija laetitia laura laure laurence laurent lea leila leo leon "
    "liliane lina loic louis louise luc lucas lucie lucien ludovic lydie madeleine magali malika manon marc marcel "
    "margaux marguerite maria marie marine marion martine mathieu mathilde matthieu maurice maxime mehdi melanie "
    "melissa michel micheline michele mickael mohamed mohammed monique morgane mourad muriel myriam nadia nadine "
    "nathalie nathan nicolas nicole noemie odette odile olivier oceane pascal pascale patrice patricia patrick paul "
    "paule paulette pauline philippe pierre pierrette rachel rachid raphael raymond rayan regine regis remi remy "
    "renaud rene renee richard robert roger roland romain sabrina said salah samir samira samuel sandra sandrine "
    "sarah sebastien serge severine simon simone solange sofia sonia sophie stephane stephanie suzanne sylvain sylvie "
    "theo therese thibault thierry thomas valentin valerie vanessa veronique victor vincent virginie viviane walid "
    "william xavier yacine yann yannick yasmine yohan youssef yvan yves yvette yvonne zoe"
)
"""Chosen by hand among the INSEE's that the scrubber carries (`first_common` of streams/data): frequent ones that are
no town first (`nancy`). A name behind one is a person's, and a town called so needs evidence.
"""
BEFORE_BARE: Final = _words(
    "proxi proxy bonjour bonsoir salut bjr bsr hello coucou free freebox fibre panne pannes boutique center agence "
    "mobile operateur service internet ville pareil idem merci france sncf gare nro adsl box incident coupure et ou "
    "les svp stp"
)
"""With a capital before a place they are no first name: `Bonjour Lyon`, `Free Lyon`."""
BRANDS: Final = _words("orange bouygues free sosh sfr")
"""Places only where a postcode or a department stands beside them."""
AFTER_NO_PLACE: Final = _words("hilton match psg sg try fc telecom telecoms premiere")
"""Behind a name that is none: `Paris SG`, `Orange Telecom`; a year is another, `Paris 2024`."""
