"""Scenes of the customer service itself: unreachable, rude, late, or kind."""

from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.endings import ASKING, CONTENT, URGENT, WAITING
from streams.core.sample.scenes import Scene

_IGNORED: Final = (
    "{n} courriers sans réponse", "chaque conseiller dit autre chose", "on me raccroche au nez",
    "dossier clos {n} fois sans solution",
    "personne ne rappelle jamais", "mon compte est piraté et vous dormez", "le médiateur est prévenu",
    "je suis handicapé et sans interlocuteur",
    "on m'a insulté au téléphone", "l'entreprise tourne au ralenti", "mon espace abonné est bloqué",
    "les données d'un autre client sont chez moi",
    "le superviseur n'existe pas", "{n} heures d'attente au total", "je retourne en boutique pour rien",
    "rendez-vous manqué {n} fois",
    "toujours la même musique", "on me promet un rappel chaque {day}", "aucun écrit",
    "le technicien a menti sur son passage",
)  # fmt: skip
_ANNOYED: Final = (
    "{n} minutes d'attente puis coupé", "le tchat répond à côté", "le robot ne comprend rien",
    "on me transfère {n} fois",
    "pas de rappel", "la musique d'attente me rend fou", "réponse copiée-collée", "le DM reste en vu",
    "le conseiller a raccroché",
    "il faut tout réexpliquer", "la boutique renvoie vers le téléphone", "le technicien n'est pas sorti de sa voiture",
    "créneau de {hour} jamais tenu", "j'avais posé ma matinée", "absent soi-disant, j'étais là", "le formulaire plante",
    "personne n'est au courant", "le ton était limite", "numéro surtaxé en plus",
    "mot de passe perdu et aucun mail de secours",
)  # fmt: skip
_SEEKING: Final = (
    "le tchat est fermé", "je préfère l'écrit", "je suis à l'étranger", "je suis malentendant",
    "le 3244 ne reconnaît pas mon numéro",
    "je travaille en journée", "j'ai déjà un dossier", "c'est pour ma grand-mère", "je n'ai pas de fixe",
    "je ne trouve plus mes identifiants",
    "la boutique est loin", "j'ai une pièce jointe à envoyer", "c'est pour un justificatif",
    "le site renvoie en boucle",
    "j'ai {n} minutes à la pause", "j'ai écrit {day}", "mon mail a changé", "je ne suis pas pressé",
    "je suis tuteur légal", "c'est une simple info",
)  # fmt: skip
_KIND: Final = (
    "réponse en {n} minutes", "patience en or", "le technicien a pris le temps", "tout réglé au premier appel",
    "rappel à {hour} comme promis",
    "sourire compris", "expliqué simplement", "même un dimanche", "suivi jusqu'au bout", "avec le café",
    "personne ne m'avait si bien aidé",
    "ils ont même rappelé pour vérifier", "boutique accueillante", "zéro transfert", "DM efficace",
    "ponctuel à la minute",
    "et propre en plus", "mon père a tout compris", "loin de l'image qu'on en a", "mieux que {rival}",
)  # fmt: skip

CARE: Final = (
    Scene(Topic.CUSTOMER_SERVICE, Sentiment.NEGATIVE, 2, 5, (
        "aucune réponse du service client {long}", "{n} rendez-vous manqués {long} {at}",
        "dossier abandonné {long}, injoignables",
        "compte abonné piraté {long}, personne ne réagit", "réclamation ouverte {long}, silence complet",
        "technicien fantôme {at} {long}",
        "{n} appels au 3244 {long}, toujours rien", "votre prestataire a abîmé ma façade {at} {long}, aucune suite",
        "je réclame un interlocuteur {long} {at}",
    ), _IGNORED, URGENT),
    Scene(Topic.CUSTOMER_SERVICE, Sentiment.NEGATIVE, 1, 8, (
        "le 3244 injoignable {now}", "technicien pas venu {day} {at}",
        "{n} conseillers, {n} réponses différentes {day}",
        "personne à la boutique {at} {day}", "attente interminable au service client {now}",
        "vous ne répondez pas à mon DM {now}",
        "rendez-vous de {hour} annulé par SMS {day}", "accueil glacial au Free Center {at} {day}",
        "impossible d'accéder à mon compte {now}",
        "le tchat m'a déconnecté {now}", "le technicien est reparti sans sonner {at} à {hour}",
    ), _ANNOYED, WAITING),
    Scene(Topic.CUSTOMER_SERVICE, Sentiment.NEUTRAL, 1, 3, (
        "vous pouvez lire mon DM de {hour} {day} ?", "comment joindre un conseiller {day} après {hour} ?",
        "le technicien passe bien {day} à {hour} {at} ?",
        "mot de passe abonné oublié {now}, comment le récupérer ?", "où en est mon dossier ouvert {date} {at} ?",
        "changer le rendez-vous {day} de {hour} {at}, c'est possible ?",
    ), _SEEKING, ASKING),
    Scene(Topic.CUSTOMER_SERVICE, Sentiment.NEUTRAL, 0, 2, (
        "la boutique {at} ouvre {day} ?", "quels horaires pour le 3244 {day} ?",
        "il y a un Free Center {at} ouvert {day} ?",
        "Free Proxi couvre {at} ?", "une adresse postale pour écrire au support {at} avant {date} ?",
    ), _SEEKING, ASKING),
    Scene(Topic.CUSTOMER_SERVICE, Sentiment.POSITIVE, 0, 4, (
        "conseillère adorable au 3244 {day} à {hour}", "technicien au top {at} {day}",
        "merci à l'équipe {at} pour {day}",
        "service client réactif {day} {at}", "accueil parfait au Free Center {at} {day}",
        "tchat efficace {day} à {hour}",
    ), _KIND, CONTENT),
)  # fmt: skip
