"""Scenes that no service has to handle: chat, news, jokes, comments on advertising, other operators."""

from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.endings import CHATTING, CONTENT
from streams.core.sample.scenes import Scene

_CHAT: Final = (
    "il pleut encore", "le café refroidit", "mon chat dort sur la box", "les gosses regardent un dessin animé",
    "le train a {n} minutes de retard",
    "j'ai ressorti mon vieux {phone}", "ma grand-mère a adoré", "la pub passe toutes les {n} minutes",
    "on a fini à {hour}",
    "le voisin écoute du jazz", "il reste {n} places", "c'est bientôt {month}", "le match commence à {hour}",
    "j'ai ri pendant {n} minutes",
    "personne n'a compris la fin", "le barbecue est annulé", "la boulangerie est fermée {day}", "le quartier est calme",
    "on était {n} autour de la table", "le journal en parle", "tout le monde s'en fiche",
    "mon collègue n'est pas convaincu",
)  # fmt: skip

OTHER: Final = (
    Scene(Topic.OTHER, Sentiment.NEUTRAL, 0, 8, (
        "panne chez {rival} {at} {now}, popcorn", "ce soir sur {channel} à {hour}, débat annoncé",
        "qui regarde {channel} {day} ?",
        "marché aux puces {at} {day}", "vends {phone} bon état {price} {at}",
        "la pub avec {offer} à {hour} est partout",
        "concert gratuit {at} {day} à {hour}", "résultat du match {at} {day}, quelle soirée",
        "souvenir de {month}, vacances {at}",
        "mon {phone} a survécu à la machine à laver {day}", "assemblée générale {at} {date}",
        "le cours de bourse de {rival} {date}",
        "grève des trains {at} {day}", "on a retrouvé un doudou {at} {day}", "sondage : {channel} ou {rival} ?",
    ), _CHAT, CHATTING),
    Scene(Topic.OTHER, Sentiment.NEGATIVE, 0, 3, (
        "la pub de {hour} sur {channel} me fatigue {day}", "l'émission de {channel} {day} était nulle",
        "{rival} a encore augmenté {date}",
        "les débats de {channel} à {hour}, quel ennui", "trop de pub pour {offer} {day} à {hour}",
    ), _CHAT, CHATTING),
    Scene(Topic.OTHER, Sentiment.POSITIVE, 0, 3, (
        "j'adore la nouvelle pub à {hour} sur {channel}", "le film de {channel} {day} était génial",
        "belle fan zone {at} {day}, merci Free",
        "le slogan de {day} m'a fait rire à {hour}", "quelle ambiance {at} {day} à {hour}",
    ), _CHAT, CONTENT),
)  # fmt: skip
