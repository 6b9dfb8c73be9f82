"""Scenes of the subscription: taking, changing, moving, porting and ending a contract."""

from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.endings import ASKING, CONTENT, URGENT, WAITING
from streams.core.sample.scenes import Scene

_STUCK: Final = (
    "{n} recommandés sans effet", "mon numéro a disparu entre les deux opérateurs", "je paie deux abonnements",
    "le code RIO est refusé {n} fois", "vos services se renvoient la balle", "la ligne a été coupée sans préavis",
    "le rendez-vous est repoussé {n} fois", "l'adresse est soi-disant inconnue", "je quitte Free, c'est décidé",
    "la boutique ne peut rien faire", "le bail commence {date}", "mes clients tombent sur un numéro non attribué",
    "la résiliation est ignorée", "l'ancien locataire bloque la ligne", "aucune date à me donner",
    "le contrat n'est pas celui que j'ai signé",
    "{rival} m'attend avec une offre", "le dossier est perdu", "le médiateur est saisi",
    "on me vend la fibre puis on annule",
)  # fmt: skip
_HINDERED: Final = (
    "le panier plante au paiement", "la page tourne en rond", "le conseiller du {day} disait le contraire",
    "l'offre a changé entre-temps",
    "le formulaire refuse mon adresse", "pas de mail de confirmation", "la promo affichée ne s'applique pas",
    "je suis client depuis {n} ans",
    "les nouveaux ont mieux", "la migration est annoncée à {n} semaines", "{rival} le fait en deux clics",
    "le code promo est refusé",
    "on me propose plus cher", "option impossible à retirer", "le démarcheur a menti",
    "j'ai reçu {n} appels de vente cette semaine",
    "le délai est passé", "rien ne bouge dans l'espace abonné", "le transfert de ligne traîne",
    "l'éligibilité change chaque jour",
)  # fmt: skip
_THINKING: Final = (
    "je suis chez {rival} aujourd'hui", "mon engagement finit en {month}", "c'est pour un étudiant",
    "on est {n} à la maison",
    "je déménage {at}", "j'ai déjà un mobile chez vous", "je garde mon numéro", "le site n'est pas clair",
    "j'appelle peu",
    "je regarde surtout la télé", "je voyage souvent", "il me faut du débit montant", "c'est pour mon association",
    "je veux le moins cher", "le voisin en est content", "j'ai vu {price} sur une pub", "sans engagement de préférence",
    "ma box actuelle a {n} ans", "c'est pour une résidence secondaire", "je compare trois offres",
)  # fmt: skip
_EASY: Final = (
    "en {n} minutes", "numéro gardé sans coupure", "tout par l'appli", "résiliation gérée pour moi",
    "le déménagement s'est fait sans couac",
    "prix tenu", "aucun papier", "la portabilité en {n} jours", "conseiller patient", "boutique au top",
    "la promo s'est appliquée seule",
    "rien à payer en plus", "mieux que {rival}", "toute la famille est passée chez vous", "contrat clair",
    "le tarif parrainage est bien là",
    "sans relance", "l'offre est honnête", "tout était prêt {day}", "j'ai même eu {gb} en plus",
)  # fmt: skip

SUBSCRIPTION: Final = (
    Scene(Topic.SUBSCRIPTION, Sentiment.NEGATIVE, 2, 5, (
        "portabilité bloquée {long} {at}", "résiliation demandée {long}, toujours active",
        "j'attends mon contrat fibre {at} {long}",
        "déménagement {at} demandé {long}, zéro ligne", "numéro perdu {long} pendant le passage depuis {rival}",
        "ligne résiliée par erreur {long} {at}", "{offer} souscrit sans mon accord {date}, je conteste {long}",
        "transfert de ligne {at} promis {long}", "vous fermez mon ADSL {at} {date} sans rien proposer",
    ), _STUCK, URGENT),
    Scene(Topic.SUBSCRIPTION, Sentiment.NEGATIVE, 1, 7, (
        "impossible de souscrire {offer} {at}", "je n'arrive pas à résilier {option} {day}",
        "migration vers {offer} refusée {at}",
        "déménagement {at} prévu {date}, dossier refusé", "{offer} à {price} pour les nouveaux seulement, {at}",
        "commande de {offer} annulée {day}", "le forfait {gb} affiché {price} devient plus cher au panier",
        "portabilité repoussée {day} {at}",
        "{option} ajouté tout seul {day}", "vos démarcheurs m'appellent encore {day} à {hour}",
        "inéligible {at} alors que {rival} y est",
    ), _HINDERED, WAITING),
    Scene(Topic.SUBSCRIPTION, Sentiment.NEUTRAL, 1, 4, (
        "je déménage {at} {date}, comment transférer la ligne ?", "comment récupérer mon code RIO avant {date} ?",
        "je veux passer de {rival} à {offer} avant {date}, délai ?", "annuler {option} avant {date}, comment ?",
        "changer le titulaire de {offer} {at}, quelle démarche ?", "ma commande de {offer} du {day} est validée ?",
    ), _THINKING, ASKING),
    Scene(Topic.SUBSCRIPTION, Sentiment.NEUTRAL, 0, 6, (
        "{offer} est dispo {at} ?", "{offer} ou rester chez {rival}, vous feriez quoi {at} ?",
        "{option} est inclus dans {offer} ?",
        "le forfait {gb} marche en {month} à l'étranger ?", "{offer} à {price}, c'est pendant combien de mois ?",
        "il y a un tarif jeune sur {offer} {at} ?", "on peut passer de {offer} à {gb} sans frais ?",
        "le parrainage vaut pour {offer} {at} ?",
    ), _THINKING, ASKING),
    Scene(Topic.SUBSCRIPTION, Sentiment.POSITIVE, 0, 3, (
        "passé de {rival} à {offer} {day}", "souscrit {offer} {at}, ravi", "déménagement {at} réglé {day}",
        "{offer} à {price}, je signe des deux mains", "{gb} pour {price}, meilleur forfait du moment",
        "portabilité depuis {rival} faite {day} à {hour}",
    ), _EASY, CONTENT),
    Scene(Topic.SUBSCRIPTION, Sentiment.NEGATIVE, 0, 2, (
        "{offer} à {price}, les prix montent partout", "encore une pub pour {offer} {day}",
        "{option} dans {offer}, qui en veut ?",
        "{price} le forfait {gb}, c'était mieux avant",
    ), _THINKING, WAITING),
)  # fmt: skip
