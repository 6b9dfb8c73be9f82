"""Scenes of the equipment: boxes, players, SIM cards, deliveries and returns."""

from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.endings import ASKING, CONTENT, URGENT, WAITING
from streams.core.sample.scenes import Scene

_BROKEN: Final = (
    "réinitialisation faite {n} fois", "écran noir total", "elle chauffe et s'éteint", "odeur de brûlé en plus",
    "le remplacement promis n'est jamais parti", "colis annoncé livré, rien reçu", "bloc secteur changé sans effet",
    "le bouton ne répond plus", "{n} échanges et toujours la même panne", "le point relais n'a jamais vu le carton",
    "sous garantie pourtant", "le diagnostic à distance dit RAS", "le support me renvoie toujours au même tuto",
    "le ventilateur hurle puis plus rien", "voyant rouge fixe", "le firmware est figé",
    "on m'a envoyé le mauvais modèle {n} fois",
    "pas de télé, pas de fixe, pas d'internet", "je ne peux plus recevoir les codes de ma banque",
    "le transporteur parle d'un retour à l'expéditeur", "aucune boutique ne veut l'échanger",
)  # fmt: skip
_FAULTY: Final = (
    "depuis la mise à jour", "j'ai tout remis à zéro", "ça plante {n} fois par jour", "les piles sont neuves",
    "le son coupe aussi", "les enregistrements ont disparu", "l'image se fige puis revient",
    "le wifi tombe dans la chambre",
    "l'appairage échoue à chaque fois", "je l'ai déplacé sans succès", "l'appli demande de me reconnecter {n} fois",
    "le bluetooth ne tient pas", "c'est un modèle récent", "même après un reset usine",
    "sur la télé du salon seulement",
    "avec un autre câble HDMI c'est pareil", "le guide des programmes reste vide", "ça clignote en blanc sans fin",
    "le suivi du colis ne bouge plus", "l'étiquette de retour ne s'imprime pas", "erreur {n}3 à chaque essai",
)  # fmt: skip
_WONDER: Final = (
    "je voudrais l'installer dans le garage", "mon meuble est petit", "j'ai une maison à étages",
    "la notice ne dit rien",
    "j'ai deux télés", "c'est pour {phone}", "j'ai déjà un switch", "je n'ai pas l'ancien carton", "je pars {day}",
    "je change de logement en {month}", "le modèle a {n} ans", "c'est sous garantie je crois",
    "mon fils a perdu la sienne",
    "j'ai vu un tuto contradictoire", "la boutique est loin de chez moi", "l'appli n'affiche pas l'option",
    "je n'ai pas de prise à côté", "le numéro de série est effacé", "je préfère éviter un envoi",
    "il me reste {n} jours de délai",
)  # fmt: skip
_FIXED: Final = (
    "reçu en {n} jours", "échange sans discuter", "plus aucun plantage", "installation en {n} minutes",
    "le wifi va jusqu'au grenier",
    "l'image est superbe", "la mise à jour a tout réglé", "emballage soigné", "silencieux comme tout",
    "même mamie sait s'en servir",
    "les gosses adorent", "aucun câble qui traîne", "colis déposé {day} comme prévu", "le relais était à deux pas",
    "l'appli est claire", "le son est dingue", "rien à configurer", "boutique très pro",
    "la télécommande est enfin pratique",
    "ça marche avec {phone}",
)  # fmt: skip

EQUIPMENT: Final = (
    Scene(Topic.EQUIPMENT, Sentiment.NEGATIVE, 2, 7, (
        "{box} bloquée à l'{step} {long}", "{box} ne démarre plus {long}",
        "{box} en boucle sur l'{step} {now}, plus rien à la maison",
        "{gear} est mort {long}, échange toujours pas fait", "carte SIM désactivée toute seule {long}, ligne morte",
        "SIM perdue {long}, la nouvelle n'arrive jamais, je suis sans téléphone",
        "{box} HS {long} et colis introuvable",
        "{n}e {gear} en panne {long}", "{box} fume {now}, je l'ai débranchée",
        "{box} grillée par l'orage {long}, pas d'échange {at}",
    ), _BROKEN, URGENT),
    Scene(Topic.EQUIPMENT, Sentiment.NEGATIVE, 1, 9, (
        "{gear} plante {now}", "{gear} ne répond plus {now}", "{box} redémarre toute seule {now}",
        "{gear} inutilisable sur mon {phone}",
        "mon {phone} acheté chez vous ne s'allume plus {now}", "colis de {gear} pas livré {day}",
        "{box} et le wifi, catastrophe {now}",
        "retour de {gear} refusé au relais {day}", "{gear} refuse l'appairage {now}", "Oqee plante sur {channel} {now}",
        "mise à jour ratée {day}, {gear} ne se lance plus", "{gear} commandé {date}, toujours pas expédié",
    ), _FAULTY, WAITING),
    Scene(Topic.EQUIPMENT, Sentiment.NEUTRAL, 1, 3, (
        "comment échanger {gear} {at} ?", "{gear} affiche une erreur {now}, que faire ?",
        "où en est l'envoi de {gear} prévu {date} ?",
        "je dois rendre {box} avant {date}, où la déposer {at} ?",
        "code PUK bloqué sur mon {phone} {now}, comment faire ?",
        "mon colis avec {gear} est annoncé {day}, je peux changer de relais ?",
    ), _WONDER, ASKING),
    Scene(Topic.EQUIPMENT, Sentiment.NEUTRAL, 0, 4, (
        "{gear} est compatible avec mon {phone} ?", "on peut brancher {gear} sur {box} ?",
        "ça consomme combien {box} en veille la nuit {at} ?",
        "quelle différence entre {gear} et celui livré avec {box} ?", "je peux acheter {gear} seul en boutique {at} ?",
        "l'eSIM marche avec un {phone} acheté {at} ?", "la mise à jour de {gear} sort quand sur {box} ?",
    ), _WONDER, ASKING),
    Scene(Topic.EQUIPMENT, Sentiment.POSITIVE, 0, 4, (
        "{gear} reçu {day}, parfait", "{box} change tout {at}", "{gear} marche du tonnerre avec mon {phone}",
        "nouveau {phone} livré {day} {at}", "échange de {gear} réglé {day} {at}",
        "eSIM activée {day} à {hour} sur mon {phone}",
        "{box} installée {day} {at} sans technicien",
    ), _FIXED, CONTENT),
)  # fmt: skip
