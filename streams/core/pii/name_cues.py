"""The words around names, folded (lower case, no accents): what announces a person, what never is part of a name."""

from typing import Final

TITLES: Final = frozenset({
    "mme", "mr", "mlle", "melle", "mrs", "monsieur", "madame", "mademoiselle", "maitre", "dr", "docteur", "prof",
    "professeur", "mamie", "mamy", "papi", "papy", "tonton", "tata", "tatie", "m", "me", "pr", "mdame", "madam",
    "msieur", "mami", "mamou", "memere", "pepere", "amatxi", "aitatxi", "nonna",
})  # fmt: skip
GRANDPARENTS: Final = {"mémé": "mamie", "pépé": "papi"}
"""Titles that without their accents are other words: "même"."""
ASIAN_FAMILIES: Final = frozenset({
    "nguyen", "tran", "pham", "huynh", "hoang", "phan", "dang", "bui", "duong", "dinh", "truong", "trinh", "doan",
    "wang", "zhang", "chen", "zhao", "zhou", "huang", "zheng", "xie", "jiang", "liang", "thi", "xu", "zhu", "guo",
})  # fmt: skip
"""Family names that stand before one to four short words."""
SHORT_FAMILIES: Final = frozenset(
    {"le", "ly", "do", "ho", "vu", "vo", "mai", "lam", "ngo", "to", "ha", "la", "cao", "luu"}
)
"""Family names that are ordinary words, too: "L\u00ea Th\u1ecb Kim"."""
ASIAN_GIVEN: Final = frozenset({
    "thi", "van", "huu", "duc", "ngoc", "minh", "quoc", "thanh", "kim", "xuan", "hong", "bao", "cong", "tuan", "lan",
    "mai", "anh", "long", "son", "hai", "nam", "thu", "thuy", "hoa", "binh", "phuoc", "phuong", "tram", "linh", "hanh",
    "my", "yen", "hung", "dung", "cuong", "tam", "tan", "thao", "trang", "trung", "viet", "vinh", "quang", "que",
    "huong", "loan", "nga", "nhung", "oanh", "bich", "diem", "cam", "chau", "dao", "hien", "khanh", "lien", "loc",
    "luan", "nhat", "phuc", "thang",
})  # fmt: skip
"""Words behind such a family name, ordinary ones among them."""
SMS: Final = frozenset({
    "maider", "maide", "jaider", "naide", "taider", "saider", "ossi", "tai", "jes", "len", "dai", "cafer", "ya",
    "jarrive", "jarrives", "jarive", "jarriv", "jai", "jait", "javais", "jaurai", "jaimerai", "jaimerais", "jaime",
    "jveux", "jpeux", "jpe", "jvous", "jsuis", "jsui", "jfais", "jdois", "jcomprend", "jcomprends", "jessaie",
    "jappelle", "javoue", "jte", "jme", "cest", "cetait", "cetai", "sest", "nest", "narrive", "nai", "nas",
    "narrete", "jespere", "jutilise", "jpaye", "jpaie", "jrecois", "jcapte",
})  # fmt: skip
"""Words as they are written in haste, "m'aider", that are a name with a capital alone."""
SHORT_TITLES: Final = frozenset({"m", "me", "pr"})
"""Titles only when written with a capital and before a capital: "M. Blanc", "Me Roy"."""
HASTY: Final = SHORT_TITLES | SMS
FAMILY_TITLES: Final = frozenset({
    "mamie", "mamy", "papi", "papy", "tonton", "tata", "tatie", "mami", "mamou", "memere", "pepere", "amatxi",
    "aitatxi", "nonna",
})  # fmt: skip
ADDRESSES: Final = frozenset({"monsieur", "madame", "mademoiselle"})
"""Titles with which one addresses somebody without a name: "Madame, votre box"."""
WIDOW: Final = frozenset({"vve", "veuve", "nee"})

ROLES: Final = frozenset({
    "conseiller", "conseillere", "conseille", "technicien", "technicienne", "tech", "techniciens", "voisin", "voisine",
    "fils", "fille", "mari", "femme", "epouse", "epoux", "mere", "pere", "frere", "soeur", "neveu", "niece", "cousin",
    "cousine", "gendre", "bru", "beau-pere", "belle-mere", "beau-frere", "belle-soeur", "compagne", "compagnon",
    "conjoint", "conjointe", "ami", "amie", "pote", "copain", "copine", "collegue", "collaborateur", "collaboratrice",
    "directeur", "directrice", "vendeur", "vendeuse", "agent", "stagiaire", "interlocuteur", "interlocutrice",
    "client", "cliente", "titulaire", "assistant", "assistante", "tante", "oncle", "certain", "certaine", "gars",
    "livreur", "livreuse", "expert", "experte", "responsable", "manager", "fiston", "jumelle", "jumeau", "prenomme",
    "prenommee", "nomme", "nommee", "denomme", "denommee", "grand-mere", "grand-pere", "papa", "maman", "locataire",
    "proprio", "proprietaire", "gardien", "gardienne", "infirmiere", "hotesse", "operatrice", "petite-fille",
    "petit-fils", "marraine", "parrain", "tutelle", "famille", "foyer", "dossier", "succession", "defunt", "defunte",
    "feu", "abbe", "depanneur", "veuve", "veuf", "coloc", "cheffe", "chef",
})  # fmt: skip
OF_PAPERS: Final = frozenset({"dossier", "foyer", "tutelle", "client", "cliente", "agent", "tech", "expert"})
"""Roles behind which an acronym may stand: "dossier FSL"."""
KIN: Final = frozenset({
    "veuve", "veuf", "fils", "fille", "mari", "femme", "epouse", "epoux", "mere", "pere", "frere", "soeur", "neveu",
    "niece", "cousin", "cousine", "gendre", "bru", "tante", "oncle", "fiston", "compagne", "compagnon", "conseillere",
    "conseiller", "voisin", "voisine", "technicien", "technicienne", "prenomme", "prenommee", "nomme", "nommee",
    "denomme", "denommee", "certain", "certaine", "ami", "amie", "pote", "copine", "copain", "collegue",
})  # fmt: skip
"""Roles right behind which even a town or an ordinary word with a capital is a name: "mon neveu Paris"."""

PARTICLES: Final = frozenset({
    "tempete", "ouragan", "cyclone", "de", "du", "des", "d'", "la", "le", "da", "dos", "di", "del", "della", "van",
    "von", "der", "den", "ben", "el", "al", "bin", "bint", "ibn", "ar", "zu", "dal", "dalla", "degli", "ter", "ten",
    "y", "e", "ould", "nee", "et",
})  # fmt: skip
SMALL_PARTICLES: Final = frozenset(
    {"da", "dos", "di", "del", "van", "von", "ben", "el", "al", "le", "de", "d'", "la", "ait"}
)
"""Particles that begin a surname behind a title though all is written small: "mr da silva"."""
WITHIN_TOWNS: Final = frozenset({
    "sur", "sous", "les", "lez", "la", "le", "en", "aux", "de", "du", "d", "l", "et", "a",
})  # fmt: skip

CALLED: Final = frozenset({
    "appelle", "appel", "apelle", "apel", "appele", "appell", "appelles", "mappelle", "mapelle", "mappel", "mapel",
    "jmappelle", "jmapelle", "sappelle", "sapelle", "nomme", "prenomme",
})  # fmt: skip
NAMED: Final = frozenset({"nom", "prenom", "nom-prenom", "noms", "prenoms"})
SIGNED: Final = frozenset({"signe", "signee", "soussigne", "soussignee", "titulaire", "beneficiaire"})
HELD: Final = frozenset({"ligne", "contrat", "compte", "abonnement", "fixe", "forfait"})
"""What one is the holder of: "titulaire de la ligne"."""
ON_BEHALF: Final = frozenset({"part", "nom", "compte", "attention", "intention"})
PARTINGS: Final = frozenset({"cordialement", "cdt", "cdlt"})
DOORS: Final = frozenset({"interphone", "sonnette", "sonnez", "sonner", "lettres", "bal", "etiquette", "dame"})
"""Words right before the name at a door; and "une dame Roy"."""
LODGING: Final = frozenset({"habite", "loge", "heberge", "hebergee", "sonne"})
"""Words before "chez" and the name of whose home it is."""
RANKS: Final = frozenset({
    "soeur", "frere", "pere", "mere", "abbe", "colonel", "lieutenant", "lieutenant-colonel", "adjudant",
    "adjudant-chef", "sergent", "sergent-chef", "capitaine", "commandant", "caporal", "brigadier", "gendarme", "imam",
    "rabbin", "pasteur", "monseigneur", "mgr", "commissaire", "inspecteur", "huissier", "notaire", "avocat", "avocate",
    "medecin", "proviseur", "chanoine", "diacre", "vicaire",
})  # fmt: skip
"""What one is, right before the name."""
ANNOUNCING: Final = CALLED | NAMED | SIGNED | ON_BEHALF | PARTINGS | DOORS | LODGING | RANKS
HOT: Final = CALLED | NAMED | SIGNED | {"veuve"}
"""What announces even a name that is in no list and written small."""
GREETINGS: Final = frozenset({
    "bonjour", "bonsoir", "bjr", "bsr", "salut", "slt", "coucou", "hello", "hey", "merci", "mrc", "mercii", "bravo",
    "chapeau", "cher", "chere", "ici", "moi", "suis", "chuis", "jsuis", "c'est", "cest", "c", "est", "dis", "dites",
    "surtout", "genre", "non", "avec", "demandez", "demander", "rappeler", "rappelez", "contacter", "eu", "feu",
    "dont", "chez", "pour", "vers", "par", "d'", "c'", "promotion",
})  # fmt: skip
"""Words before a person; a listed first name with a capital behind one of them is one, though it be a word."""

MINE: Final = frozenset({"mon", "ma", "notre"})
CLAIMING: Final = MINE | {"le", "son"}
SPELLING: Final = frozenset({"avec", "sans"})
HOW_MANY: Final = frozenset({"un", "une", "deux", "trois", "le", "les", "des", "l'"})
SPELT: Final = frozenset({"accent", "accents", "espace", "tiret", "trema", "apostrophe", "cedille", "majuscule"})

CLOSINGS: Final = frozenset({
    "cordialement", "cdt", "cdlt", "bien", "salutations", "amicalement", "respectueusement", "sincerement", "merci",
    "bientot", "journee", "soiree", "revoir", "bises", "bisous", "amities",
})  # fmt: skip

LEADING: Final = frozenset(
    {"bint", "ibn", "ait", "ould", "le", "la", "de", "du", "el", "al", "ben", "van", "von", "da", "dos"}
)
"""Particles that begin a surname when written big: "Le Goff"."""
SHORTENED: Final = frozenset({"ph", "ch", "th", "chr", "cl", "jn"})
"""First names cut short before a dot and a surname: "Ph. Roy"."""
PAIRS: Final = frozenset({
    "am", "ac", "hp", "jb", "jc", "jd", "jf", "jg", "jj", "jl", "jm", "jp", "jr", "jy", "mc", "mf", "mj", "ml", "pa",
    "pe", "pf", "ph", "pl", "py",
})  # fmt: skip
"""Initials of a double first name, as they are written without dots: "JP Roy"."""
SAINTS: Final = frozenset({"saint", "sainte", "st", "ste", "sts", "saints"})
REAL_NAMES: Final = frozenset({"france", "max", "ange", "mai"})
"""First names among the words that never are part of one; a surname written big makes them one."""
BEFORE_HYPHEN: Final = frozenset({"ter", "der", "ait", "ben", "el", "al", "ould", "abd", "abou", "bel", "ker", "ti"})
"""What a surname begins with before a hyphen: "Ter-Petrossian", "A\u00eft-Kaci"."""
OF_STREETS: Final = SAINTS | {
    "chateau", "villa", "domaine", "mas", "camping", "ehpad", "refuge", "phare", "musee", "arena", "gymnase",
    "bibliotheque", "mediatheque", "piscine", "maternelle", "creche", "campus", "coupe", "trophee", "passage",
    "faubourg", "maternite", "caserne", "cinema", "rue", "avenue", "av", "boulevard", "bd", "bld", "place", "pl",
    "quartier", "lycee", "college", "ecole", "metro", "station", "gare", "hopital", "stade", "port", "mont", "pont",
    "fort", "ile", "parc", "square", "allee", "allees", "quai", "impasse", "chemin", "cours", "residence", "cite",
    "universite", "fac", "theatre", "salle", "prix", "tour", "aeroport", "tram", "arret", "clinique", "marche",
    "halle", "centre", "espace", "fondation", "groupe",
}  # fmt: skip
"""Words behind which a person's name is a street's or a school's."""
BEFORE_PERSONS: Final = frozenset({
    "de", "pour", "avec", "par", "chez", "suis", "est", "appeler", "rappeler", "contacter",
})  # fmt: skip
FEASTS: Final = frozenset({
    "noel", "toussaint", "ascension", "olive", "parfait", "juste", "franc", "liberte", "jesus",
})  # fmt: skip
"""First names that are mostly something else, even with a capital: a greeting by name or a title is needed."""
HELLOS: Final = frozenset({
    "bonjour", "bonsoir", "bjr", "bsr", "salut", "slt", "coucou", "hello", "hey", "merci", "bravo", "cher", "chere",
})  # fmt: skip
ARTICLES: Final = frozenset({
    "tempete", "ouragan", "cyclone", "la", "le", "les", "l'", "un", "une", "du", "des", "au", "aux", "cette", "ce",
    "cet", "ces", "ma", "mon", "mes", "ta", "ton", "sa", "son", "notre", "nos", "votre", "vos", "leur", "leurs",
    "chaque", "en", "bleu", "couleur", "pleine", "plus", "tres", "pas", "si", "tout", "saint", "st", "sainte", "rue",
    "place", "avenue", "boulevard", "quartier", "lycee", "college", "ecole", "metro", "station", "gare", "hopital",
    "stade", "port", "mont", "pont", "fort", "ile",
})  # fmt: skip
PERSON_DOES: Final = frozenset({
    "attend", "attends", "attendent", "demande", "reclame", "ecrit", "rappelle", "appelle", "remercie", "veut",
    "voudrait", "souhaite", "espere", "resilie", "signale", "conteste", "exige", "s'", "m'", "vous", "client",
    "cliente", "abonne", "abonnee", "patiente", "reste", "paie", "paye", "n'attend", "se", "te", "nous", "habite",
    "denonce", "proteste",
})  # fmt: skip
"""What a customer does, right behind the name."""
PERSON_IS: Final = frozenset({
    "furieux", "furieuse", "ravi", "ravie", "client", "cliente", "abonne", "abonnee", "sans", "decu", "decue", "ne",
    "nee", "titulaire", "prive", "privee", "en", "tres", "venu", "venue", "passe", "passee", "injoignable",
    "locataire", "seul", "seule",
})  # fmt: skip
"""What a customer is, behind "est"."""
ONE_IS: Final = frozenset({"suis", "chuis", "jsuis", "est", "c", "c'est", "cest", "ici", "moi"})
"""Words before one's own name."""
SUBJECTS: Final = frozenset({"se", "s'", "me", "m'", "ne", "n'", "j'", "je", "tu", "il", "elle", "on", "ca", "y"})
"""Words before a verb: what follows small is none of "marie", "serge", "claude"."""
OF_SOMEBODY: Final = frozenset({
    "cette", "ce", "cet", "un", "une", "votre", "notre", "mon", "ma", "ton", "ta", "son", "sa",
})  # fmt: skip
PRESENTED: Final = frozenset({
    "technicien", "technicienne", "conseiller", "conseillere", "client", "cliente", "abonne", "abonnee", "vendeur",
    "vendeuse", "livreur", "livreuse",
})  # fmt: skip
"""What stands behind a name and a comma: "Constant, technicien"."""
LIVING: Final = frozenset({"panne", "coupure", "reseau", "habite", "habitons", "vis", "vivons", "installe", "vacances"})
"""Words before "à" and a place, be it called as a person is: "en panne à Florence"."""
OF_PLACES: Final = frozenset({
    "a", "de", "d'", "sur", "en", "vers", "sous", "entre", "dans", "depuis", "et", "au", "du",
})  # fmt: skip
CARE: Final = frozenset({"service", "support", "sav", "chat", "tchat", "standard"})
DESKS: Final = frozenset({
    "service", "support", "sav", "chat", "tchat", "free", "freebox", "technique", "commercial", "3244", "1044",
    "client", "resil", "standard", "hotline",
})  # fmt: skip
SAID: Final = frozenset({
    "dit", "promis", "assure", "repondu", "rappele", "raccroche", "explique", "confirme", "aide", "repare", "resolu",
    "aidee", "sauvee", "menti", "debloque", "regularise", "rembourse", "regle", "depanne", "envoye", "annonce",
    "demande", "jure", "recu", "sauve",
})  # fmt: skip
LONG_TITLES: Final = frozenset({
    "monsieur", "madame", "mademoiselle", "mamie", "mamy", "papi", "papy", "tonton", "tata",
})  # fmt: skip
"""Titles that are not shortened: a dot behind them ends a sentence."""
OFFICES: Final = frozenset({
    "directeur", "directrice", "president", "presidente", "maire", "ministre", "mediateur", "mediatrice", "juge",
    "procureur", "responsable", "conseiller", "conseillere", "technicien", "technicienne", "tout", "bonjour", "madame",
    "monsieur", "service", "client", "pdg", "dg", "prefet", "depute", "deputee", "senateur", "avocat", "banque",
    "ligne", "numero", "contrat", "dossier", "identifiant", "adresse", "tel", "telephone", "mail", "email", "date",
    "box",
})  # fmt: skip
CALLED_OF_ONESELF: Final = frozenset({"appelle", "appel", "apelle", "apel", "appele", "appell", "appelles", "nomme"})
"""Forms that are a call by telephone unless "m'", "s'" or "t'" stands before them."""
ONESELF: Final = frozenset({"m'", "s'", "t'", "se", "me", "m", "s", "te", "l'"})
OF_A_NAME: Final = frozenset({
    "de", "d'", "famille", "jeune", "fille", "est", "c'est", "cest", "c'", "naissance", "d'usage", "usage", "complet",
    "et", "prenom", "marital", "du", "client", "titulaire",
})  # fmt: skip
OF_THE_HOUSE: Final = frozenset({
    "free", "freebox", "orange", "sfr", "bouygues", "nomme", "nommee", "prenomme", "appele",
})  # fmt: skip
