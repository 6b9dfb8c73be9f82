"""The words of French addresses: kinds of streets, titles, first names that streets bear, parts of buildings."""

from typing import Final

CAPITAL: Final = "(?-i:[A-ZÀ-Ý])"
STREETS: Final = (
    r"rue|avenue|av\.?|all[ée]e|chemin|impasse|route|boulevard|bd|sente|sentier|venelle|ruelle|traverse|mont[ée]e|square"
    r"|quai"
)
"""Streets as they are named without a number before them."""
BEFORE_NUMBER: Final = (
    STREETS
    + r"|coron|cour[ée]e|b[ée]guinage|closerie|ruette|straed|hent|karrika|carrer[oó]?|calle|chasse|dr[èe]ve|rang"
    r"|corniche|cours|place|passage|faubourg|esplanade|promenade|chauss[ée]e"
)
"""Streets whose number may stand behind them."""
SURE: Final = (
    r"rue|avenue|ave|av|boulevard|boul|bvd|blvd|bld|bd|chemin|chem|che|ch|all[ée]{1,2}s?|impasse|imp|square|quai|route"
    r"|rte|venelle|ruelle|sentier|sente|esplanade|promenade|faubourg|fbg|fg|hameau|ham|lotissement|rond[ -]point"
    r"|r(?:d|on)?[ -]?pt"
    rf"|montée|montee|chauss[ée]e|corniche|carrefour|levée|drève|traverse|lieu[ -]?dit|vc|v\.c|crs|placette|rocade"
    r"|qu(?=\.)"
    rf"|r(?=\.|\s{CAPITAL}|\s(?:d(?:es?|u)|jean|jules|paul|pierre|victor|[ée]mile|louis|henri|marcel|g[ée]n[ée]ral|st)\s)"
    r"|anv?enue|av[ea]n[eu]{1,3}|avnue|bou?le?var[dt]?s?|imp?ass?e?|inpass?e|imapsse|chemim|rou?te?|ru(?=\sd)|squar"
    r"|lotisement|r[ée]sidance|prom(?=\.)"
    r"|draille|calade|carri[eè]r[ao]|raidillon|layon|cavée|vennelle|traboule|charrière|villette|sentier|hent|straed"
    r"|stread|karrika|bidea|etorbidea|coursive|berge|péristyle|laie"
    r"|coron|cour[ée]e|b[ée]guinage|closerie|ruette|carrer[oó]?|calle"
    r"|(?-i:ALL|PL|SQ|PASS)(?=\.?\s(?-i:D(?:ES?|U)|L[AE]S?)\s)"
    r"|r[ée]sidence|r[ée]s(?=\.|\s(?:l[ae]s?|du|des|de)\s)"
)
"""Behind a number they begin an address, in whatever case the name is."""
WHOLE: Final = (
    r"grande?[ '\u2019\-]?(?:rue|place)|le\sbourg"
    rf"|(?:(?:unter|ober)e?n?\s|{CAPITAL}\w{{2,20}})(?:gass[e']?|stra(?:ss|\u00df)e|stross|weg|g[äa]e?ss?el|platz)"
    rf"|k[eé]r\s{CAPITAL}\w{{2,20}}"
)
"""They are a name in themselves: `14 Grande Rue`, `3 Kirchgasse`."""
AGE: Final = (
    r"(?:grande?\s(?=chemin|route|all)"
    r"|(?:petite?|vieux|vieille|ancien(?:ne)?|nouve(?:au|l|lle)|haute?|basse?)\s(?=rue|chemin|route|imp|all))"
)
"""It stands before the kind: `5 vieux chemin de ...`."""
UNSURE: Final = (
    r"place|pl|cours|cour|passage|villa|cit[ée]|côte|cote|parvis|clos|voie|galerie|domaine|quartier|parc|mail|digue|cale"
    r"|sq|all|pass|rampe|escaliers?|jardins?|terrasse|z\.?a\.?c?|z\.?i|lot|port|pont|vallon|morne|ravine|section|habitation"
    r"|ilet|îlet|coteau|marche|plage|faïsse|enclos|rang|chasse|zone\s(?:artisanale|industrielle)"
)
"""Words of everyday use, too: the name must be a name."""

KIND: Final = (
    r"\s(?:communale?|rurale?|vicinale?|priv[ée]e?|forest(?:ier|ière)|d[ée]p(?:artementale?)?)"
    r"(?=\sd(?:e|u|es)\s|\sd['\u2019])"
)
"""Whose way it is, before its name: `12 voie communale des Ormes`."""
OF: Final = frozenset({
    "hôtel", "hotel", "jeu", "champ", "champs", "porte", "pont", "vallée", "vallee", "croix", "clos", "mas", "pré",
    "prés", "bois", "col", "côte", "château", "chateau", "hauts", "parc", "val", "moulin", "ferme", "domaine", "fort",
    "abbaye", "lac", "barrière", "butte", "pointe", "camp", "bataille", "terrasses", "jardins", "coteaux", "rives",
    "portes", "villa", "vieux", "anse", "ravine", "morne", "fond", "pont-neuf", "puits", "combe", "plan", "plaine",
    "chapelle", "tour",
})  # fmt: skip
"""A plain `de` goes on behind them: `Hôtel de Ville`; behind other words a town may follow it."""
ASIDE: Final = frozenset({"haute", "haut", "basse", "bas", "neuve", "neuf"})
"""Alone they are a street's whole name, `rue Haute`; behind an article the name goes on, `rue du Haut Moulin`."""
BROTHERS: Final = frozenset({"père", "pere", "frère", "frere", "frères", "freres", "sœurs", "soeurs", "saints"})
"""The name goes on behind them with a capital: `frères Lumière`, but `trois frères`."""
TITLES: Final = frozenset({
    "faubourg", "fbg", "fg", "général", "general", "gal", "gén", "gen", "maréchal", "marechal", "mal", "docteur",
    "dr", "président", "president", "pdt", "professeur", "pr", "prof", "abbé", "abbe", "colonel", "col", "capitaine",
    "cpt", "cdt", "commandant", "amiral", "saint", "sainte", "st", "ste", "sts", "lieutenant", "lt", "sergent",
    "sénateur", "maire", "député", "roi", "reine", "prince", "duc", "comte", "baron", "monseigneur", "mgr",
    "cardinal", "chanoine", "dom", "maître", "maitre", "bienheureux", "grande", "grand", "petit", "petite", "vieux",
    "vieille", "vieil", "haut", "haute", "bas", "basse", "ancien", "ancienne", "nouveau", "nouvelle", "bon", "bonne",
    "beau", "belle", "premier", "première", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "dix", "douze",
    "champ", "notre", "lattre", "ar", "an", "al", "er", "ker", "ti", "ty", "etxe", "etche", "mendi", "men", "mané",
    "pen", "morne", "fond", "anse", "trou", "bras", "puy", "puech", "pech", "mont", "roc", "combe", "font", "plan",
    "mas", "cap", "ravine", "bel", "lou", "lous", "las", "piton", "pré", "pic", "bois", "château", "bastide", "camp",
    "habitation",
})  # fmt: skip
"""The name goes on behind them: `général Leclerc`, `vieux port`."""
FIRST_NAMES: Final = frozenset({
    "jean", "pierre", "paul", "jacques", "louis", "victor", "henri", "henry", "charles", "georges", "george", "emile",
    "émile", "albert", "alfred", "andré", "andre", "antoine", "anatole", "aristide", "arthur", "auguste", "augustin",
    "alexandre", "alphonse", "ambroise", "amédée", "anne", "blaise", "camille", "christophe", "claude", "colette",
    "clément", "daniel", "denis", "denfert", "didier", "edgar", "edouard", "édouard", "edmond", "elsa", "élisée",
    "ernest", "etienne", "étienne", "eugène", "eugene", "eugénie", "ferdinand", "félix", "felix", "fernand",
    "françois", "francois", "françoise", "françois-marie", "frédéric", "frederic", "gabriel", "gaston", "gérard",
    "gerard", "germain", "gustave", "guy", "guillaume", "hector", "helene", "hélène", "hermann", "honoré", "honore",
    "hubert", "irene", "irène", "jules", "julien", "jeanne", "joseph", "josephine", "joséphine", "joël", "joliot",
    "lazare", "léon", "leon", "léonce", "léo", "lucien", "lucie", "louise", "ludovic", "luc", "madeleine", "marcel",
    "marguerite", "marie", "martin", "mathieu", "maurice", "max", "maxime", "michel", "nicolas", "nelson", "noel",
    "noël", "olivier", "olympe", "olive", "pablo", "philippe", "rené", "rene", "raymond", "raoul", "robert", "roger",
    "roland", "romain", "rosa", "salvador", "salvatore", "sadi", "siméon", "simone", "simon", "suzanne", "sébastien",
    "frida", "nina", "gisèle", "gisele", "juliette", "édith", "edith", "marthe", "lise", "louis-marie", "angela",
    "clara", "elisa", "élisa", "emma", "rosalind", "hannah", "virginia", "simonne", "danielle", "dulcie", "dora",
    "nadia", "cécile", "claudie", "valentina", "olga", "mahatma", "léopold", "leopold", "frantz", "franz", "wolfgang",
    "ludwig", "johann", "fédor", "léo-paul", "arsène", "armand", "abel", "ambroise-paul", "apollinaire", "claudius",
    "clovis", "évariste", "fabien", "fernande", "firmin", "gaspard", "geneviève", "ginette", "guglielmo", "hippolyte",
    "ignace", "jérôme", "justin", "laurent", "lino", "lucette", "manon", "marc", "marius", "maryse", "mère", "missak",
    "mélinée", "norbert", "octave", "odette", "omer", "philibert", "prosper", "rémy", "remy", "rodolphe", "samuel",
    "sidney", "sophie", "stéphane", "théo", "tristan", "urbain", "ulysse", "vasco", "vladimir", "yehudi", "yuri",
    "zoé", "aline", "aretha", "ella", "miriam", "katherine", "françois-xavier", "dominique", "denise",
    "guillaume-tell", "jack", "jacqueline", "louis-joseph", "marc-antoine", "maria", "mathilde", "marc-aurèle",
    "maximilien", "nicéphore", "noémie", "paulette", "pauline", "roselyne", "rosalie", "théodore", "theodore",
    "théophile", "thomas", "valéry", "vincent", "walter", "william", "winston", "franklin", "john", "martin-luther",
    "isaac", "bertrand", "bernard", "benoit", "benoît", "barthélemy", "adolphe", "achille", "aimé", "alain",
    "albertine", "benjamin", "berthe", "boris", "brigitte", "césar", "cesar", "constant", "cyrano", "désiré",
    "emmanuel", "francis", "gilbert", "gilles", "germaine", "héloïse", "hugues", "jean-jacques", "jean-baptiste",
    "jean-marie", "jean-paul", "jean-pierre", "jean-claude", "jean-françois", "jean-louis", "marie-curie",
    "marie-louise", "pierre-marie", "pierre-simon", "pierre-joseph", "xavier", "yves", "yvonne", "youri", "willy",
    "wilfrid", "leonard", "léonard", "michelet-jules", "gal-leclerc", "toussaint", "sarah", "agnès", "alice", "adèle",
    "amélie", "inès", "flora", "george-sand", "mal-foch", "p", "j", "v", "e", "a", "g", "f", "c", "m", "h",
})  # fmt: skip
"""The name goes on behind them, too: `Jean Jaurès`, `victor hugo`."""
ADJECTIVES: Final = frozenset({
    "rose", "roses", "sauvage", "sauvages", "jaune", "jaunes", "gris", "grise", "communal", "communale", "communaux",
    "industriel", "industrielle", "piétonne", "pavé", "pavée", "pavés", "pavées", "romain", "romaine", "gaulois",
    "anglais", "anglaise", "perché", "perchée", "vif", "vive", "clair", "claire", "clairs", "claires", "douce",
    "doux", "vert", "verte", "verts", "vertes", "blanc", "blanche", "blancs", "blanches", "noir", "noire", "noirs",
    "noires", "rouge", "rouges", "bleu", "bleue", "neuf", "neuve", "neuves", "haut", "haute", "hauts", "hautes",
    "bas", "basse", "basses", "vieux", "vieille", "grand", "grande", "grands", "grandes", "petit", "petite", "royale",
    "royal", "fleuri", "fleurie", "fleuris", "fleuries", "nationale", "national", "supérieur", "supérieure",
    "inférieur", "inférieure", "rond", "ronde", "carrée", "creux", "creuse", "doré", "dorée", "dorés", "dorées",
    "d'or", "perdu", "perdue", "française", "français", "libérée", "sainte", "saint", "nord", "sud", "est", "ouest",
    "prolongée", "long", "longue", "ferrée", "bourgeois", "bourgeoise", "municipal", "banal", "brûlé", "brûlée",
    "brulé", "brulée", "brûlés", "brûlées", "levant", "couchant", "hardi", "hardie", "pendu", "pendue", "tordu",
    "tordue", "fendu", "fendue", "bossu", "bossue", "barbu", "pointu", "pointue", "chauve", "sec", "sèche", "froid",
    "froide", "chaud", "chaude", "plat", "plate", "plates", "courbe", "joli", "jolie", "jolis", "gentil", "heureux",
    "galant", "volant", "volante", "tournant", "tournante", "dormant", "dormante", "dore", "doree", "dores", "dorees",
    "vieilles", "vieils", "pavee", "perche", "perdus", "perdues", "mort", "morte", "borgne", "couvert", "couverte",
    "ouvert", "marchand", "marchande", "profond", "profonde", "sourd", "sourde", "sablonneux", "pierreux", "boisé",
    "ensoleillé", "abandonné", "droit", "droite", "tors", "torte", "bénit", "bénite", "saints", "saintes", "rural",
    "rurale", "forestier", "forestière", "pastoral", "vicinal", "violet", "violette", "brun", "brune", "blond",
    "blonde", "pourpre", "écarlate", "argenté", "argentée", "argent", "d'argent", "d\u2019or", "d\u2019argent",
    "enchanté", "enchantée", "chantant", "fleurissant", "charmant", "charmante", "sonnant", "plaisant", "plaisante",
    "riant", "riante", "médiéval", "médiévale", "rondes",
})  # fmt: skip
"""They belong to the word before them: `Moulin Vert`."""
FOREIGN: Final = frozenset({
    "ar", "an", "al", "er", "ven", "vras", "vihan", "bras", "braz", "bihan", "bian", "uhel", "izel", "nevez", "coz",
    "kozh", "huella", "izella", "vian", "hir", "gwenn", "du", "glas", "ruz", "creis", "creiz", "gorria", "gorri",
    "berri", "berria", "handi", "handia", "zahar", "zaharra", "xuri", "xuria", "beltz", "ttipi", "eder", "ederra",
    "ona", "alde", "aldea", "ondo", "bidea", "etxea", "enea", "baita", "borda", "gain", "pean", "suprana", "suttana",
    "soprana", "sottana", "vecchia", "vecchio", "nova", "novu", "rossa", "bianca",
}) - {"du"}  # fmt: skip
"""Breton, Basque and Corsican words that belong to the word before them: `Kerfeunteun Bihan`, `Etxe Ona`."""
WINDS: Final = frozenset({"est", "mort", "morte", "droite", "ouvert", "couvert", "long"})
"""Adjectives that are so with a capital alone: a verb or a state of the line otherwise."""
PROLONGED: Final = frozenset({"prolongé", "prolongée", "prolonge", "prolongee"})
NO_ADJECTIVES: Final = frozenset({
    "vitré", "sablé", "condé", "thouaré", "sucé", "joué", "doué", "trélazé", "mazé", "segré", "villé", "rezé", "angé",
    "bouzillé", "chemillé", "étriché", "brézé", "yffé", "thorigné", "sévigné", "acigné", "janzé", "piré", "marcillé",
    "martigné", "coesmé", "athée", "cossé", "loiré", "pouancé", "contigné", "cherré", "champigné", "pringé", "ré",
    "thuré", "vouillé", "coulongé", "ligugé", "smarvé", "coupé", "coupée", "coupés",
})  # fmt: skip
"""Towns with the ending of a participle; and what a line is."""
JOINED: Final = frozenset({
    "moulin", "bois", "champ", "champs", "croix", "fontaine", "pont", "four", "puits", "château", "chateau", "port",
    "mare", "pré", "prés", "val", "clos", "tour", "porte", "ferme", "vieux", "pierre", "côte", "source", "ruisseau",
    "lac", "étang", "mont", "roche", "hôtel", "place", "haut", "bas", "parc", "coin", "bout", "fond", "plan",
    "chemin", "jeu", "défense", "marché", "marche", "halle", "halles", "font", "combe", "butte", "ancienne", "grange",
})  # fmt: skip
"""A lower-case name goes on behind them by `de la`, `du`, `aux`: `moulin de la forge`."""
STOP: Final = frozenset({
    "free", "freebox", "sfr", "orange", "bouygues", "sosh", "livebox", "bbox", "wifi", "4g", "5g", "usb", "hdmi",
    "rj45", "wan", "lan", "sfp", "ethernet", "jc", "j-c", "panne", "coupure", "client", "service", "mardi", "lundi",
    "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "toutes", "tous", "tout", "bug", "box", "antenne",
    "retard", "total", "totale", "distance", "perdue", "perdu", "internet", "fibre", "vers", "entre", "a", "à", "et",
    "ou", "est", "en", "on", "je", "tu", "il", "elle", "nous", "vous", "ils", "depuis", "dans", "sur", "sans", "avec",
    "pour", "par", "pas", "plus", "qui", "que", "où", "ne", "n'", "c'est", "ce", "cette", "mon", "ma", "mes", "votre",
    "notre", "nos", "vos", "chez", "mais", "donc", "car", "si", "j'ai", "svp", "merci", "rien", "encore", "toujours",
    "hier", "demain", "aujourd'hui", "bonjour", "y", "même", "au", "aux", "concert", "parking", "libre", "libres",
    "choix", "stationnement", "semaine", "année", "jour", "mois", "soir", "fois", "technicien", "technicienne",
})  # fmt: skip
"""No name begins with them."""
DWELLINGS: Final = (
    r"r[ée]sidence|r[ée]s\.|r[ée]s(?=\s(?:l[ae]s?|du|des|de\sla)\s)|hlm|lot\.|lotissement|cit[ée](?:\s(?-i:U)(?!\w)|\suniversitaire)?|tour|domaine|hameau|villas?"
    r"|quartier|maison|immeuble|imm\.|ferme|mas|ch[âa]teau|manoir|clos|moulin|foyer|chalet|pavillon|copropri[ée]t[ée]|copro"
    r"|bloc|village|ehpad|parc|camping|lieu[ -]dit|[îi]lot|bastide|g[îi]te|habitation|internat|logis"
    r"|bergerie|grange|b[âa]timent"
)
"""Houses and estates that have names."""
PUBLIC: Final = frozenset({
    "eiffel", "montparnasse", "médicis", "presse", "région", "retraite", "avocats", "peuple", "associations",
    "jeunes", "santé", "médicale", "poste", "blanche", "justice", "emploi", "culture", "leclerc", "carrefour",
    "auchan", "pise", "londres", "france", "sciences", "musique", "louvre", "free", "freebox", "sfr", "orange",
    "bouygues", "iliad", "google", "asterix", "astérix", "disney", "mère", "connectée", "web", "public",
})  # fmt: skip
"""Names of what is nobody's home."""
