"""Words that look like names and are none, folded (lower case, no accents): brands, months, countries."""

from typing import Final

NEVER: Final = frozenset({
    # greetings, interjections and what customers write with a capital
    "bonjour", "bonsoir", "bjr", "bsr", "salut", "slt", "coucou", "hello", "hey", "merci", "mrc", "bravo", "svp",
    "stp", "pff", "pfff", "mdr", "lol", "ptdr", "jpp", "wtf", "omg", "ok", "oui", "non", "si", "sos", "allo", "hs",
    "dm", "mp", "rt", "cc", "ps", "nb", "re", "urgent", "help", "please", "thanks", "thx", "cordialement", "cdt",
    "cdlt", "bonne", "bon", "bons", "belle", "tres", "trop", "plus", "moins", "grand", "honte", "honteux",
    "genial", "super", "top", "tjs", "tjrs", "toujours", "encore", "enfin", "alors", "donc", "quand", "comment",
    "pourquoi", "combien", "qui", "que", "quoi", "ou", "mais", "car", "ni", "or", "apres", "avant", "depuis",
    "pendant", "voila", "voici", "je", "tu", "il", "elle", "on", "nous", "vous", "ils", "elles", "mon", "ma",
    "mes", "ton", "ta", "tes", "son", "sa", "ses", "notre", "nos", "votre", "vos", "leur", "leurs", "ce", "cet",
    "cette", "ces", "un", "une", "les", "au", "aux", "en", "sur", "sous", "dans", "par", "pour", "pas", "avec",
    "sans", "chez", "vers", "comme", "tout", "tous", "toute", "toutes", "rien", "personne", "aucun", "aucune",
    "jamais", "bien", "mal", "peu", "quel", "quelle", "ca", "cela", "ceci", "est", "sont", "suis", "ai", "as",
    "ont", "avez", "avons", "etes", "etre", "avoir", "fait", "faites", "va", "vais", "allez", "peut", "peux",
    "pouvez", "dois", "faut", "a", "y", "et", "moi", "toi", "lui", "eux", "the", "and", "you", "my", "is", "of",
    "this", "that", "for", "not", "no", "yes", "your", "are", "in", "to", "it",
    # days, months, feasts
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "janvier", "fevrier", "mars", "avril",
    "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre", "paques", "halloween",
    "printemps", "ete", "automne", "hiver", "ramadan",
    # operators, their products and services
    "free", "freebox", "freeboxs", "freemobile", "iliad", "orange", "sosh", "sfr", "red", "bouygues", "bouygue",
    "bbox", "byou", "telecom", "telecoms", "numericable", "altice", "livebox", "box", "fibre", "adsl", "vdsl",
    "wifi", "wi-fi", "sim", "esim", "nas", "player", "server", "serveur", "pop", "delta", "ultra", "mini",
    "revolution", "crystal", "one", "essentiel", "light", "serie", "devialet", "femtocell", "oqee", "proxi",
    "center", "mobile", "pro", "flex", "starlink", "prixtel", "lebara", "lycamobile", "coriolis", "nordnet",
    "k-net", "ovh", "axione", "covage", "arcep", "cnil", "hadopi", "dgccrf", "ufc", "arcom", "csa", "anfr", "sav",
    "hotline", "espace", "abonne", "nro", "nra", "pto", "dslam", "rio", "rib", "iban", "sepa", "bic", "cb", "tva",
    "ttc", "ht", "rsa", "apl", "caf", "rgpd", "siret",
    # other brands, channels, programmes, devices
    "apple", "iphone", "ipad", "mac", "macbook", "airpods", "samsung", "galaxy", "pixel", "google", "android",
    "chrome", "firefox", "windows", "microsoft", "xbox", "playstation", "ps4", "ps5", "sony", "nintendo", "switch",
    "nokia", "huawei", "xiaomi", "oppo", "alexa", "siri", "cortana", "facebook", "messenger", "instagram", "insta",
    "twitter", "whatsapp", "tiktok", "snapchat", "youtube", "twitch", "netflix", "prime", "video", "disney",
    "canal", "canal+", "bein", "rmc", "tf1", "arte", "bfm", "bfmtv", "cnews", "nrj", "hbo", "max", "paramount",
    "spotify", "deezer", "molotov", "plex", "dazn", "eurosport", "chronopost", "colissimo", "laposte", "ups",
    "dhl", "fedex", "dpd", "relay", "mondial", "amazon", "fnac", "darty", "ikea", "edf", "engie", "enedis", "sncf",
    "ratp", "tgv", "ter", "paypal", "visa", "mastercard", "downdetector", "cloudflare", "steam", "fortnite",
    "fifa", "cod", "telegram", "signal", "zoom", "teams", "skype", "ligue", "psg", "om", "koh-lanta", "charlie",
    "televisions", "tele", "tv", "internet", "web", "net", "vpn", "dns", "ipv4", "ipv6", "ip", "nperf",
    "speedtest", "ookla", "linux", "ubuntu", "raspberry", "synology", "kodi", "shield", "nvidia", "intel", "hp",
    "dell", "asus", "lg", "philips", "bosch", "nest", "ring", "somfy", "velux", "kindle", "vinted", "leboncoin",
    "airbnb", "uber", "mcdo", "lidl", "leclerc", "carrefour", "auchan", "monoprix",
    # English, which some write
    "any", "many", "can", "could", "will", "would", "ever", "never", "here", "there", "more", "much", "all",
    "some", "new", "best", "good", "home", "day", "love", "live", "stop", "again", "same", "hi", "dear", "guys",
    "team", "why", "what", "when", "how", "who", "was", "has", "have", "had", "but", "with", "from", "out", "up",
    "down", "back", "time", "only", "just", "like", "still", "working", "idea", "come", "sorry", "rip", "ping",
    "del", "sem", "alive", "see", "say", "sage", "dieu", "alim", "line", "summer", "lan", "wan", "ran", "nada",
    "davis", "may", "june", "merry", "christmas", "alzheimer", "loch", "ness", "open", "teva", "recep", "inter",
    "thales", "enkor", "ankor", "jattend", "jatend", "jattends", "ameli", "doctolib", "vitale", "gulli",
    "syma", "redmi", "jabite", "jhabite", "habite", "info", "bleu", "travail",
    "sarl", "eurl", "sci", "gaec", "quelqu'un", "quelquun", "kelkun",
    "connect", "culture", "musique", "black", "friday", "sms", "mms", "appli", "app",
    "maj", "tel", "num", "rdv", "rv", "sc", "fai", "pc", "usb", "hd", "uhd", "led",
    # in names of places, institutions and programmes
    "saint", "sainte", "st", "ste", "rue", "avenue", "boulevard", "place", "quartier", "gare", "metro", "lycee",
    "college", "ecole", "hopital", "mairie", "nord", "sud", "ouest", "centre", "france", "europe", "nationale",
    "national", "republique", "etat", "service", "services", "client", "clients", "support", "assistance",
    "equipe", "equipes",
})  # fmt: skip
"""Words that are no part of a name; some are names too ("France", "Max"): behind a title or before a surname."""

NOBODY: Final = frozenset({
    "leroy merlin", "roland garros", "harry potter", "james bond", "louis vuitton", "yves rocher", "mickey mouse",
    "peppa pig", "mario kart", "lara croft", "sherlock holmes", "jules verne", "jules ferry", "victor hugo",
    "jean jaures", "jean moulin", "emile zola", "marie curie", "saint exupery", "franck provost",
    "burger king", "assassin s creed", "assassin's creed", "elden ring", "veuve clicquot", "petit robert",
    "le petit robert", "bison fute", "monsieur propre", "mr propre", "madame irma", "mme irma",
    "monsieur tout le monde", "mr tout le monde", "maitre gims", "madame michu", "mme michu", "mr bricolage",
    "monsieur bricolage", "mr bean", "mr robot", "monsieur patate", "dr house", "docteur house", "docteur who",
    "madame soleil", "maitre yoda", "dr martens", "mamie nova", "madame bovary", "monsieur x", "madame x", "mme x",
    "mr x",
    "monsieur y", "grey anatomy", "marie brizard", "captain morgan", "alain afflelou", "calvin klein", "ralph lauren",
    "tommy hilfiger",
    "candice renoir", "leo mattei", "alice nevers", "julie lescaut", "louis la brocante", "josephine ange gardien",
    "arsene lupin", "amelie poulain", "hercule poirot", "nestor burma", "indiana jones", "john wick", "bridget jones",
    "jack bauer", "tom sawyer", "michel strogoff", "ted lasso", "paco rabanne", "johnnie walker", "hugo boss",
})  # fmt: skip
"""Full names that are a shop's, a street's or a story's: without a title they name no customer."""
COUNTRIES: Final = frozenset({
    "allemagne", "angleterre", "italie", "espagne", "portugal", "belgique", "suisse", "luxembourg", "irlande",
    "ecosse", "jersey", "guernesey", "pologne", "grece", "turquie", "maroc", "algerie", "tunisie", "senegal",
    "mali", "cameroun", "canada", "quebec", "bresil", "mexique", "chine", "japon", "inde", "russie", "ukraine",
    "israel", "jordanie", "australie", "monaco", "andorre", "corse", "bretagne", "alsace", "lorraine", "vendee",
    "savoie", "ardeche", "creuse", "guyane", "martinique", "guadeloupe", "reunion", "mayotte", "europe", "afrique",
    "asie", "amerique", "londres", "bruxelles", "geneve", "oran", "alger", "tunis", "casablanca", "rabat",
    "tanger", "dakar", "abidjan", "bamako", "lisbonne", "porto", "houston", "boston", "chicago", "sydney",
    "moscou", "kiev", "istanbul", "beyrouth", "naples", "turin", "venise", "lausanne", "barcelone", "madrid",
    "rome", "milan", "berlin", "new", "york", "dubai", "marie-galante", "belle-ile", "porquerolles", "lome",
    "cotonou", "ouagadougou", "conakry",
    "kinshasa", "libreville", "brazzaville", "douala", "yaounde", "niamey", "nouakchott", "bangui", "djibouti",
    "antananarivo", "tananarive", "moroni", "damas", "erevan", "hanoi", "saigon", "bucarest", "varsovie", "cracovie",
    "belgrade", "zagreb", "sarajevo", "ankara", "izmir", "constantine", "sfax", "marrakech", "fes", "agadir", "thies",
    "toscane", "tokyo", "usa",
})  # fmt: skip
"""Countries, regions of old and cities abroad: places like the towns of the list."""
