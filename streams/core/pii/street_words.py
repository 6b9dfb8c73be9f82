"""The words of French addresses: kinds of streets, titles, first names that streets bear, parts of buildings."""

from typing import Final

CAPITAL: Final = "(?-i:[A-ZÀ-Ý])"
SURE: Final = (
    r"rue|avenue|ave|av|boulevard|boul|bvd|blvd|bld|bd|chemin|chem|che|ch|all[ée]es?|impasse|imp|square|quai|route|rte"
    r"|venelle|ruelle|sentier|sente|esplanade|promenade|faubourg|fbg|fg|hameau|lotissement|rond[ -]point|montée|montee"
    rf"|chauss[ée]e|corniche|carrefour|levée|drève|r(?=\.|\s{CAPITAL})|traverse|lieu[ -]dit"
    r"|draille|calade|carri[eè]r[ao]|raidillon|layon|cavée|vennelle|traboule|charrière|villette|sentier|hent|straed"
    r"|stread|karrika|bidea|etorbidea|coursive|berge|péristyle|laie"
    r"|r[ée]sidence|r[ée]s(?=\.)"
)
"""Behind a number they begin an address, in whatever case the name is."""
WHOLE: Final = r"grande?[ '\u2019\-]?rue|le\sbourg"
"""They are a name in themselves: `14 Grande Rue`."""
AGE: Final = (
    r"(?:grande?\s(?=chemin|route|all)"
    r"|(?:petite?|vieux|vieille|ancien(?:ne)?|nouve(?:au|l|lle)|haute?|basse?)\s(?=rue|chemin|route|imp|all))"
)
"""It stands before the kind: `5 vieux chemin de ...`."""
UNSURE: Final = (
    r"place|pl|cours|cour|passage|villa|cit[ée]|côte|cote|parvis|clos|voie|galerie|domaine|quartier|parc|mail|digue|cale"
    r"|sq|all|pass|rampe|escaliers?|jardins?|terrasse|z\.?a\.?c?|z\.?i"
)
"""Words of everyday use, too: the name must be a name."""

OF: Final = frozenset({"hôtel", "hotel", "jeu", "champ", "champs"})
"""A plain `de` goes on behind them: `Hôtel de Ville`; behind other words a town may follow it."""
ASIDE: Final = frozenset({"haute", "haut", "basse", "bas", "neuve", "neuf"})
"""Alone they are a street's whole name, `rue Haute`; behind an article the name goes on, `rue du Haut Moulin`."""
BROTHERS: Final = frozenset({"père", "pere", "frère", "frere", "frères", "freres", "sœurs", "soeurs", "saints"})
"""The name goes on behind them with a capital: `frères Lumière`, but `trois frères`."""
TITLES: Final = frozenset({
    "faubourg", "fbg", "fg",
    "général", "general", "gal", "gén", "gen", "maréchal", "marechal", "mal", "docteur", "dr", "président", "president",
    "pdt", "professeur", "pr", "prof", "abbé", "abbe", "colonel", "col", "capitaine", "cpt", "cdt", "commandant",
    "amiral", "saint", "sainte", "st", "ste", "sts", "lieutenant", "lt", "sergent",
    "sénateur", "maire", "député", "roi", "reine", "prince", "duc", "comte", "baron",
    "monseigneur", "mgr", "cardinal", "chanoine", "dom", "maître", "maitre", "bienheureux", "grande", "grand", "petit",
    "petite", "vieux", "vieille", "vieil", "haut", "haute", "bas", "basse", "ancien", "ancienne", "nouveau", "nouvelle",
    "bon", "bonne", "beau", "belle", "premier", "première", "deux", "trois", "quatre", "cinq", "six", "sept", "huit",
    "dix", "douze", "champ", "notre", "lattre", "tassigny",
    "ar", "an", "al", "er", "ker", "ti", "ty", "etxe", "etche", "mendi", "men", "mané", "pen", "morne", "fond",
    "anse", "trou", "bras", "puy", "puech", "pech", "mont", "roc", "combe", "font", "plan", "mas", "cap", "ravine",
    "bel",
    "lou", "lous", "las", "piton", "pré", "pic", "bois", "château", "bastide", "camp", "habitation",
})  # fmt: skip
"""The name goes on behind them: `général Leclerc`, `vieux port`."""
FIRST_NAMES: Final = frozenset({
    "jean", "pierre", "paul", "jacques", "louis", "victor", "henri", "henry", "charles", "georges", "george", "emile",
    "émile", "albert", "alfred", "andré", "andre", "antoine", "anatole", "aristide", "arthur", "auguste", "augustin",
    "alexandre", "alphonse", "ambroise", "amédée", "anne", "blaise", "camille", "christophe", "claude", "colette",
    "clément", "daniel", "denis", "denfert", "didier", "edgar", "edouard", "édouard", "edmond", "elsa", "élisée",
    "ernest", "etienne", "étienne", "eugène", "eugene", "eugénie", "ferdinand", "félix", "felix", "fernand", "françois",
    "francois", "françoise", "françois-marie", "frédéric", "frederic", "gabriel", "gaston", "gérard", "gerard",
    "germain", "gustave", "guy", "guillaume", "hector", "helene", "hélène", "hermann", "honoré", "honore", "hubert",
    "irene", "irène", "jules", "julien", "jeanne", "joseph", "josephine", "joséphine", "joël", "joliot", "lazare",
    "léon", "leon", "léonce", "léo", "lucien", "lucie", "louise", "ludovic", "luc", "madeleine", "marcel", "marceau",
    "marguerite", "marie", "martin", "mathieu", "maurice", "max", "maxime", "michel", "nicolas", "nelson", "noel",
    "noël", "olivier", "olympe", "olive", "pablo", "philippe", "rené", "rene", "raymond", "raoul", "robert", "roger",
    "roland", "romain", "rosa", "salvador", "salvatore", "sadi", "siméon", "simone", "simon", "suzanne", "sébastien",
    "théodore", "theodore", "théophile", "thomas", "valéry", "vincent", "voltaire", "walter", "william", "winston",
    "franklin", "john", "martin-luther", "isaac", "bertrand", "bernard", "benoit", "benoît", "barthélemy", "adolphe",
    "achille", "aimé", "alain", "albertine", "benjamin", "berthe", "boris", "brigitte", "césar", "cesar", "constant",
    "cyrano", "désiré", "emmanuel", "francis", "gilbert", "gilles", "germaine", "héloïse", "hugues", "jean-jacques",
    "jean-baptiste", "jean-marie", "jean-paul", "jean-pierre", "jean-claude", "jean-françois", "jean-louis",
    "marie-curie", "marie-louise", "pierre-marie", "pierre-simon", "pierre-joseph", "xavier", "yves", "yvonne", "youri",
    "willy", "wilfrid", "leonard", "léonard", "michelet-jules", "gal-leclerc", "toussaint", "sarah", "agnès", "alice",
    "adèle", "amélie", "inès", "flora", "george-sand", "mal-foch", "p", "j", "v", "e", "a", "g", "f", "c", "m", "h",
})  # fmt: skip
"""The name goes on behind them, too: `Jean Jaurès`, `victor hugo`."""
ADJECTIVES: Final = frozenset({
    "rose", "roses", "sauvage", "sauvages", "jaune", "jaunes", "gris", "grise", "communal", "communale", "communaux",
    "industriel", "industrielle", "piétonne", "pavé", "pavée", "pavés", "pavées", "romain", "romaine", "gaulois",
    "anglais", "anglaise", "perché", "perchée", "vif", "vive", "clair", "claire", "clairs", "claires", "douce", "doux",
    "vert", "verte", "verts", "vertes", "blanc", "blanche", "blancs", "blanches", "noir", "noire", "noirs", "noires",
    "rouge", "rouges", "bleu", "bleue", "neuf", "neuve", "neuves", "haut", "haute", "hauts", "hautes", "bas", "basse",
    "basses", "vieux", "vieille", "grand", "grande", "grands", "grandes", "petit", "petite", "royale", "royal",
    "fleuri", "fleurie", "fleuris", "fleuries", "nationale", "national", "supérieur", "supérieure", "inférieur",
    "inférieure", "rond", "ronde", "carrée", "creux", "creuse", "doré", "dorée", "dorés", "dorées", "d'or", "perdu",
    "perdue", "française", "français", "libérée", "sainte", "saint", "nord", "sud", "est", "ouest", "prolongée", "long",
    "longue", "ferrée", "bourgeois", "bourgeoise", "municipal", "banal",
})  # fmt: skip
"""They belong to the word before them: `Moulin Vert`."""
JOINED: Final = frozenset({
    "moulin", "bois", "champ", "champs", "croix", "fontaine", "pont", "four", "puits", "château", "chateau", "port",
    "mare", "pré", "prés", "val", "clos", "tour", "porte", "ferme", "vieux", "pierre", "côte", "source", "ruisseau",
    "lac", "étang", "mont", "roche", "hôtel", "place", "haut", "bas", "parc", "coin", "bout", "fond", "plan", "chemin",
    "jeu", "défense",
})  # fmt: skip
"""A lower-case name goes on behind them by `de la`, `du`, `aux`: `moulin de la forge`."""
STOP: Final = frozenset({
    "retard", "total", "totale", "distance", "perdue", "perdu", "internet", "fibre",
    "a", "à", "et", "ou", "est", "en", "on", "je", "tu", "il", "elle", "nous", "vous", "ils", "depuis", "dans", "sur",
    "sans", "avec", "pour", "par", "pas", "plus", "qui", "que", "où", "ne", "n'", "c'est", "ce", "cette", "mon", "ma",
    "mes", "votre", "notre", "nos", "vos", "chez", "mais", "donc", "car", "si", "j'ai", "svp", "merci", "rien",
    "encore", "toujours", "hier", "demain", "aujourd'hui", "bonjour", "y", "même", "au", "aux", "concert", "parking",
    "libre", "libres", "choix", "stationnement", "semaine", "année", "jour", "mois", "soir", "fois", "technicien",
    "technicienne",
})  # fmt: skip
"""No name begins with them."""
DWELLINGS: Final = (
    r"r[ée]sidence|r[ée]s\.|hlm|lot\.|lotissement|cit[ée](?:\s(?-i:U)(?!\w)|\suniversitaire)?|tour|domaine|hameau|villas?"
    r"|quartier|maison|immeuble|imm\.|ferme|mas|ch[âa]teau|manoir|clos|moulin|foyer|chalet|pavillon|copropri[ée]t[ée]|copro"
    r"|bloc|village|ehpad|parc|camping|lieu[ -]dit|[îi]lot|bastide|g[îi]te|habitation|internat|logis"
    r"|bergerie|grange|b[âa]timent"
)
"""Houses and estates that have names."""
PUBLIC: Final = frozenset({
    "eiffel", "montparnasse", "pise", "londres", "france", "sciences", "musique", "louvre", "blanche", "free",
    "freebox",
    "sfr", "orange", "bouygues", "iliad", "google", "asterix", "astérix", "disney", "mère", "connectée", "web",
    "public",
})  # fmt: skip
"""Names of what is nobody's home."""
