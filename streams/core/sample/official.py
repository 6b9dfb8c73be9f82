"""What the operator's own accounts write: replies to customers, and posts."""

from typing import Final

HANDLES: Final = ("Free_1337", "Freebox", "free", "GroupeIliad", "OQEEbyFree")

REPLIES: Final = (
    "Bonjour, désolé pour ce désagrément. Pouvez-vous nous transmettre votre identifiant en message privé ?",
    "Bonjour, nous regardons cela avec vous : merci de nous écrire en DM.",
    "Bonsoir, le signalement est transmis aux équipes réseau, nous revenons vers vous {day}.",
    "Bonjour, votre dossier a bien été pris en compte {day}. Bonne journée !",
    "Merci pour votre retour, il fait plaisir à toute l'équipe !",
    "Bonjour, un technicien doit intervenir {day}. Tenez-nous informés.",
    "Bonjour, avez-vous pu redémarrer la Freebox ? Indiquez-nous l'état des voyants.",
    "Bonjour, l'incident {at} est en cours de résolution. Merci de votre patience.",
)  # fmt: skip
POSTS: Final = (
    "Nouveau : {offer} dès {price}. À découvrir sur free.fr",
    "La 5G arrive {at} ! Retrouvez la carte de couverture sur notre site",
    "{channel} est offert à tous les abonnés Freebox jusqu'au {n} {month}",
    "La mise à jour de {gear} est disponible dès {day}",
    "Maintenance programmée {at} {day} à {hour}",
)  # fmt: skip
ANSWERS: Final = (
    "pareil ici {at} {now}", "toujours rien {long} pour ma part", "c'est envoyé en DM {day} à {hour}",
    "même problème {at} {long}",
    "revenu chez moi {at} à {hour}, merci", "je confirme, coupé {at} {now}", "non toujours pas de réponse {long}",
    "ok merci j'attends {day}",
    "les voyants sont rouges {now}", "redémarrée {n} fois sans effet {now}",
)  # fmt: skip
"""What customers answer, to the operator and to one another; it takes its topic from the tweet that it answers."""
