"""Scenes of the network: outages, slowness, coverage, television by the line."""

from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.endings import ASKING, CONTENT, URGENT, WAITING
from streams.core.sample.scenes import Scene

_TRIED: Final = (
    "j'ai redémarré la box {n} fois", "le voyant reste rouge", "tout le quartier est pareil", "mes voisins aussi",
    "la prise optique est bien branchée", "débranché, rebranché, rien n'y fait", "le suivi affiche aucun incident",
    "le 3244 me dit que tout est normal", "la ligne fixe est morte aussi", "plus de télé non plus",
    "le partage de connexion me bouffe mon forfait", "l'armoire de rue est grande ouverte", "un câble pend au poteau",
    "technicien annulé {n} fois", "le ticket est passé en résolu tout seul", "pas un SMS d'information",
    "la carte des pannes dit que tout est vert", "{n} appels au support", "tout l'immeuble est touché",
    "on capte à peine la 4G dans la cour", "le sous-traitant a débranché ma fibre pour un autre client",
    "l'alarme de la maison ne répond plus", "le dossier est soi-disant transmis au réseau",
)  # fmt: skip
_SYMPTOMS: Final = (
    "même en filaire", "le wifi n'y est pour rien, testé au câble", "le soir c'est pire", "le ping monte à {n}00 ms",
    "ça revient puis ça repart", "visio impossible", "les vidéos tournent dans le vide", "la télé pixelise aussi",
    "avant la dernière maintenance tout allait bien", "en journée ça passe mieux", "mon voisin n'a pas ce souci",
    "j'ai changé le câble pour rien", "test fait sur {n} appareils", "le débit montant est encore plus bas",
    "les jeux en ligne c'est mort", "les appels coupent au bout de {n} minutes", "sur la 5G c'est pas mieux",
    "redémarrage fait, aucun effet", "ça ne le faisait pas le mois dernier", "j'ai les captures d'écran",
    "le diagnostic de l'espace abonné tourne en boucle", "il faut couper le mode avion pour que ça revienne",
)  # fmt: skip
_ABOUT: Final = (
    "je n'ai rien trouvé sur la carte", "le site de l'Arcep n'est pas à jour", "la mairie ne sait pas non plus",
    "j'habite une maison en fond d'impasse", "c'est pour préparer un emménagement", "on est en zone peu dense",
    "je suis en ADSL pour l'instant", "mon voisin vient d'être raccordé", "le poteau est posé depuis l'été",
    "c'est un petit immeuble de {n} logements", "j'ai déjà un forfait chez vous", "je compare avec {rival}",
    "le test indique éligible", "je voudrais télétravailler", "j'ai vu passer une pub", "un ami m'en a parlé",
    "c'est pour une location saisonnière", "le syndic pose la question", "la prise est déjà dans l'appartement",
    "le technicien n'a pas su me dire",
)  # fmt: skip
_GLAD: Final = (
    "même le soir", "ping stable à {n} ms", "aucune coupure ce mois-ci", "la visio passe enfin",
    "raccordement propre et rapide",
    "le technicien a même rangé les câbles", "testé sur {n} appareils", "la télé ne saute plus",
    "après des années d'ADSL",
    "et en montant c'est pareil", "même au fond du jardin", "les gosses ne râlent plus",
    "tout s'est fait en une matinée",
    "mieux que chez {rival}", "zéro souci depuis l'installation", "le télétravail devient un plaisir",
    "la 5G tient même dans le train", "sans changer de prix", "la panne a été réglée dans l'heure",
    "j'ai refait le test {n} fois",
)  # fmt: skip

NETWORK: Final = (
    Scene(Topic.NETWORK, Sentiment.NEGATIVE, 2, 12, (
        "plus d'internet {long} {at}", "aucune connexion {at} {long}", "fibre coupée {long} {at}, personne ne vient",
        "toujours pas de réseau mobile {at} {long}", "coupure totale {at} {now}",
        "plus rien ne marche {now} {at}, ni box ni mobile",
        "ligne fixe et internet morts {long} {at}", "panne générale {at} {now}, toute la rue est coupée",
        "ça fait un bail qu'on est sans internet {at}, coupé {long}", "ADSL mort {long} {at}",
        "bravo Free, encore une panne {at} {long}", "zéro barre de réseau {at} {long}, même pas le 112",
        "la fibre est sectionnée {at} {long}", "ni appels ni SMS {now} {at}",
    ), _TRIED, URGENT),
    Scene(Topic.NETWORK, Sentiment.NEGATIVE, 1, 12, (
        "débit minable {at}, {mbps} en pointe", "{mbps} en fibre {at}, sérieusement",
        "micro coupures toutes les {n} minutes {at}",
        "connexion instable {at} {now}", "la 4G rame {at}, {mbps} mesurés à {hour}", "{channel} ne passe plus {now}",
        "appels hachés {at} {now}", "latence folle {at} {now}", "la fibre plafonne à {mbps} {at}",
        "le réseau mobile saute sans arrêt {at}, {now}", "impossible de recevoir mes SMS {at} {now}",
        "mes mails Free ne partent plus {now}", "les SMS de ma banque n'arrivent plus {now} {at}",
    ), _SYMPTOMS, WAITING),
    Scene(Topic.NETWORK, Sentiment.NEUTRAL, 1, 4, (
        "une coupure en cours {at} {now} ?", "vous avez une panne {at} {now} ?",
        "intervention prévue {day} {at} ?",
        "mon raccordement fibre {at} est annoncé {date}, c'est maintenu ?",
        "travaux fibre {at} {day}, combien de temps ?",
        "signal optique faible {at} {now}, à qui le signaler ?", "baisse de débit {at} {now}, maintenance en cours ?",
        "rendez-vous de raccordement {day} {at}, il faut prévoir quoi ?",
    ), _SYMPTOMS, ASKING),
    Scene(Topic.NETWORK, Sentiment.NEUTRAL, 0, 5, (
        "la fibre arrive quand {at} ?", "la 5G est prévue {at} ?", "vous couvrez bien {at} en 4G+ ?",
        "quel débit en fibre {at} en moyenne ?", "l'antenne {at} sera allumée avant {date} ?",
        "le VoLTE marche sur {phone} {at} ?", "le cuivre ferme quand {at} ?",
        "une adresse IPv4 complète {at}, c'est possible ?",
        "il faut un technicien pour passer de l'ADSL à la fibre {at} ?",
    ), _ABOUT, ASKING),
    Scene(Topic.NETWORK, Sentiment.POSITIVE, 0, 5, (
        "{fast} en fibre {at} ce soir", "raccordé {day} {at}, {fast} au premier test",
        "la 5G {at} c'est {fast}, incroyable",
        "enfin la fibre {at}, {fast}", "réseau rétabli {at} à {hour}, réactifs", "panne réglée {at} en une heure {day}",
        "le réseau mobile {at} est devenu excellent, {fast}", "mon raccordement {at} fait {day}, tout marche",
    ), _GLAD, CONTENT),
    Scene(Topic.NETWORK, Sentiment.NEUTRAL, 2, 1, (
        "je signale une coupure complète {at} {now}", "pour info plus aucun service fixe {at} {now}",
        "ligne coupée {at} {long}, merci de créer un dossier",
        "panne totale {at} {long}, où en est le ticket ?",
    ), _TRIED, ASKING),
)  # fmt: skip
