"""The values that fill the slots of the phrases: places, durations, devices, amounts. Invented, and plain data."""

from typing import Final

_TOWNS: Final = (
    "Abbeville", "Agen", "Aix-en-Provence", "Ajaccio", "Albi", "Alençon", "Alès", "Amiens", "Angers", "Angoulême",
    "Annecy", "Antibes", "Arles", "Arras", "Aubagne", "Auch", "Aurillac", "Auxerre", "Avignon", "Bastia", "Bayonne",
    "Beauvais", "Belfort", "Bergerac", "Besançon", "Béthune", "Béziers", "Blois", "Bordeaux", "Boulogne-sur-Mer",
    "Bourg-en-Bresse", "Bourges", "Brest", "Brive-la-Gaillarde", "Caen", "Cahors", "Calais", "Cambrai", "Cannes",
    "Carcassonne", "Castres", "Chalon-sur-Saône", "Chambéry", "Charleville-Mézières", "Chartres", "Châteauroux",
    "Cherbourg", "Cholet", "Clermont-Ferrand", "Colmar", "Compiègne", "Concarneau", "Créteil", "Dax", "Dieppe", "Digne",
    "Dijon", "Douai", "Draguignan", "Dreux", "Dunkerque", "Épinal", "Évreux", "Évry", "Figeac", "Foix", "Forbach",
    "Fréjus", "Gap", "Grasse", "Grenoble", "Guéret", "Guingamp", "Hyères", "Issoire", "Istres", "La Rochelle",
    "La Roche-sur-Yon", "Lannion", "Laon", "Laval", "Le Havre", "Le Mans", "Le Puy-en-Velay", "Lens", "Libourne",
    "Lille", "Limoges", "Lisieux", "Lorient", "Lourdes", "Lyon", "Mâcon", "Manosque", "Marseille", "Martigues",
    "Maubeuge",
    "Meaux", "Melun", "Mende", "Metz", "Millau", "Montargis", "Montauban", "Montbéliard", "Mont-de-Marsan",
    "Montélimar",
    "Montluçon", "Montpellier", "Morlaix", "Moulins", "Mulhouse", "Nancy", "Nanterre", "Nantes", "Narbonne", "Nevers",
    "Nice", "Nîmes", "Niort", "Orange-centre", "Orléans", "Paris", "Pau", "Périgueux", "Perpignan", "Poitiers",
    "Pontarlier",
    "Privas", "Quimper", "Reims", "Rennes", "Roanne", "Rochefort", "Rodez", "Rouen", "Royan", "Saint-Brieuc",
    "Saint-Dié", "Saint-Étienne", "Saint-Lô", "Saint-Malo", "Saint-Nazaire", "Saintes", "Sarlat", "Saumur", "Sedan",
    "Sète", "Soissons", "Strasbourg", "Tarbes", "Thionville", "Toulon", "Toulouse", "Tourcoing", "Tours", "Troyes",
    "Tulle", "Valence", "Valenciennes", "Vannes", "Verdun", "Versailles", "Vichy", "Vienne", "Vierzon", "Villeurbanne",
)  # fmt: skip
_AREAS: Final = (
    "en Ardèche", "en Dordogne", "en Haute-Savoie", "en Lozère", "en Vendée", "en Corrèze", "en Seine-et-Marne",
    "en Loire-Atlantique", "en Haute-Corse", "en Côte-d'Or", "en Charente", "en Mayenne", "en Moselle", "en Isère",
    "en Gironde", "dans le Var", "dans le Gers", "dans le Morbihan", "dans le Finistère", "dans le Jura", "dans le Lot",
    "dans le Cantal", "dans le Vaucluse", "dans le Pas-de-Calais", "dans le Bas-Rhin", "dans le Tarn", "dans l'Aude",
    "dans l'Ain", "dans l'Oise", "dans l'Hérault", "dans l'Yonne", "dans l'Aveyron", "dans les Landes",
    "dans les Vosges", "dans les Ardennes", "dans la Drôme", "dans la Sarthe", "dans la Nièvre", "dans la Creuse",
    "dans le 59", "dans le 69", "dans le 13", "dans le 33", "dans le 77", "dans le 06", "à La Réunion",
    "en Guadeloupe", "à Paris 13e", "à Paris 18e", "à Lyon 7e", "à Marseille 4e", "dans le centre de Bordeaux",
)  # fmt: skip

_HOURS: Final = tuple(f"{hour}h{minute:02}" for hour in range(7, 23) for minute in range(0, 60, 5))
_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_PARTS: Final = ("matin", "midi", "après-midi", "soir")
_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip

SLOTS: Final[dict[str, tuple[str, ...]]] = {
    "at": (*(f"à {town}" for town in _TOWNS), *_AREAS),
    "long": (
        *(f"depuis {n} jours" for n in range(3, 27)), *(f"depuis {n} semaines" for n in range(2, 9)),
        *(f"depuis {n} mois" for n in range(2, 7)), "depuis une semaine entière", "depuis lundi dernier",
        "depuis jeudi dernier", "depuis dimanche dernier", "depuis le mois dernier",
        "depuis l'orage de la semaine passée",
        "depuis les travaux de la rue il y a dix jours", "depuis avant-hier", "depuis le week-end dernier",
        "depuis plus d'une semaine", "depuis bientôt un mois",
    ),
    "now": (
        *(f"depuis {hour}" for hour in _HOURS), *(f"depuis {n} minutes" for n in range(10, 60, 5)), "depuis ce matin",
        "depuis midi", "depuis la fin de matinée", "depuis tout à l'heure", "depuis le réveil",
    ),
    "hour": _HOURS,
    "day": (*_DAYS, *(f"{day} {part}" for day in _DAYS for part in _PARTS)),
    "date": tuple(f"le {n if n > 1 else '1er'} {month}" for month in _MONTHS for n in (1, 3, 5, 8, 12, 15, 19, 22, 27)),
    "month": _MONTHS,
    "n": tuple(str(n) for n in range(2, 15)),
    "step": tuple(f"étape {n}" for n in range(1, 8)),
    "euros": tuple(f"{units},{cents}€" for units in range(4, 190, 3) for cents in ("99", "80", "50", "37", "12")),
    "price": tuple(f"{units},99€" for units in range(2, 60)),
    "mbps": (*(f"{n} Mb/s" for n in range(1, 41)), *(f"0,{n} Mb/s" for n in range(1, 10))),
    "fast": tuple(f"{n} Mb/s" for n in range(310, 990, 20)),
    "gb": tuple(f"{n} Go" for n in (5, 10, 20, 30, 40, 50, 80, 100, 110, 130, 140, 150, 200, 250, 300, 350)),
    "box": (
        "ma Freebox Pop", "ma Freebox Delta", "ma Freebox Révolution", "ma Freebox Ultra", "ma Freebox Mini 4K",
        "ma Freebox Crystal", "ma V6", "ma V8", "ma box Free", "la box du bureau", "la Freebox de ma mère",
        "la box de mes parents", "la Freebox du magasin", "ma vieille Freebox", "ma Freebox toute neuve",
    ),
    "gear": (
        "le player Pop", "le player Devialet", "le répéteur wifi Pop", "le répéteur du premier étage",
        "la télécommande",
        "le boîtier TV", "le serveur Delta", "le disque dur de la box", "le bloc d'alimentation", "le CPL fourni",
        "l'ONT", "le module fibre", "la carte SIM", "l'eSIM", "l'appli Freebox Connect", "l'appli Oqee",
        "le téléphone fixe branché sur la box", "le wifi 7 de l'Ultra", "le contrôle parental",
        "la dernière mise à jour",
    ),
    "phone": (
        "iPhone 11", "iPhone 12", "iPhone 13", "iPhone 14 Pro", "iPhone 15", "iPhone SE", "Pixel 6a", "Pixel 7",
        "Pixel 8 Pro", "Galaxy S21", "Galaxy S23", "Galaxy A54", "Redmi Note 12", "Xiaomi 13T", "Fairphone 5",
        "Nothing Phone 2",
        "Oppo Reno 8", "Honor 90", "Moto G84", "OnePlus Nord 3",
    ),
    "channel": (
        "France 5", "Arte", "TF1", "M6", "la chaîne 42", "le canal 17", "le canal 55", "Eurosport 2", "beIN Sports 1",
        "Canal+", "la chaîne L'Équipe", "Gulli", "TMC", "le replay de France TV", "les chaînes du bouquet enfants",
    ),
    "rival": ("SFR", "Orange", "Bouygues", "Sosh", "RED", "B&You", "La Poste Mobile", "Prixtel", "NRJ Mobile",
    "Coriolis"),
    "offer": (
        "la Freebox Pop", "la Freebox Ultra", "l'Ultra Essentiel", "la Delta S", "la série spéciale Révolution",
        "le forfait 2€", "le forfait 110 Go", "le forfait 5G à 19,99", "la box 5G", "Freebox Pro", "le forfait 300 Go",
    ),
    "option": (
        "l'option Canal+ Série", "le pack beIN", "Disney+", "l'option Ligue 1", "Prime Video", "Netflix avec pub",
        "l'option multi-TV", "le répéteur en location", "l'assurance mobile", "Free Family", "les SMS surtaxés",
    ),
}  # fmt: skip
"""Name of a slot -> its values, distinct even without case, accents and abbreviations (a test checks it)."""
