"""Scenes of billing: invoices, debits, refunds, fees, fraud."""

from typing import Final

from schemas.taxonomy import Sentiment, Topic
from streams.core.sample.endings import ASKING, CONTENT, URGENT, WAITING
from streams.core.sample.scenes import Scene

_DISPUTED: Final = (
    "{n} réclamations sans réponse", "ma banque parle de fraude", "le contrat est résilié depuis longtemps",
    "j'ai l'accusé de réception", "on me menace d'un huissier", "je n'ai jamais signé ce mandat",
    "le dossier a été clos {n} fois",
    "le remboursement est promis chaque semaine", "je suis à découvert à cause de ça",
    "ma ligne est suspendue en prime",
    "mon père est décédé en {month} et vous prélevez encore", "le service recouvrement m'appelle {n} fois par jour",
    "le matériel est rendu, preuve de dépôt à l'appui", "personne n'a le bon dossier",
    "la facture est au nom d'un inconnu",
    "j'ai porté plainte au commissariat", "mon conseiller bancaire est outré", "chaque mois la même chose",
    "le double prélèvement continue", "on me réclame des frais d'un logement que j'ai quitté",
)  # fmt: skip
_WRONG: Final = (
    "je n'ai rien changé au contrat", "aucun détail sur la facture", "la promo devait durer un an",
    "{n} mails restés sans réponse",
    "le montant change chaque mois", "l'option n'a jamais été activée", "on m'avait promis la gratuité",
    "le conseiller du {day} disait l'inverse", "hors forfait jamais utilisé", "je n'ai même pas de téléviseur",
    "le prélèvement est passé en double", "la remise fratrie a sauté", "frais de {euros} en plus",
    "c'est écrit nulle part",
    "l'espace abonné plante quand j'ouvre la facture", "je suis resté en France pourtant",
    "la box est rendue depuis {n} semaines",
    "j'avais coché sans engagement", "la régularisation n'arrive pas", "le RIB a été mis à jour {date}",
)  # fmt: skip
_WONDER: Final = (
    "je n'ai pas trouvé dans l'espace abonné", "mon comptable me la demande", "je change de banque {day}",
    "c'est pour une note de frais",
    "la date de prélèvement a bougé", "je passe en auto-entrepreneur", "j'ai deux lignes", "mon ancien RIB est fermé",
    "c'est ma première facture", "le total semble juste", "je veux juste comprendre", "le détail est en petit",
    "je suis en colocation", "mon assurance demande un justificatif", "je préfère payer par carte",
    "j'ai reçu un SMS ambigu",
    "le mois était entamé", "j'ai {n} factures à télécharger", "je pars à l'étranger {date}",
    "le virement est possible ailleurs",
)  # fmt: skip
_SETTLED: Final = (
    "en {n} jours chrono", "sans avoir à insister", "le conseiller a tout expliqué", "avec des excuses en plus",
    "geste commercial inclus",
    "la facture est enfin claire", "même prix depuis {n} ans", "aucun frais caché", "un seul message a suffi",
    "le détail tient en une page",
    "virement reçu {day}", "je m'attendais à la bagarre", "pas une hausse", "prélèvement annulé aussitôt",
    "ma banque n'en revient pas",
    "moitié moins que chez {rival}", "le tchat a répondu tout de suite", "dossier clos proprement",
    "la remise est bien passée",
    "j'économise {price} par mois",
)  # fmt: skip

BILLING: Final = (
    Scene(Topic.BILLING, Sentiment.NEGATIVE, 2, 6, (
        "prélèvement frauduleux de {euros} {day}", "{euros} prélevés {long} sur un contrat résilié",
        "on me doit {euros} {long}",
        "remboursement de {euros} attendu {long}", "{euros} débités sans mon accord {date}, c'est du vol",
        "vous me réclamez {euros} {long} pour une box rendue", "double prélèvement de {euros} chaque mois {long}",
        "facture de {euros} jamais corrigée {long}", "mise en demeure pour {euros} que je ne dois pas, j'écris {long}",
        "compte bloqué {long} à cause de {euros} prélevés à tort",
    ), _DISPUTED, URGENT),
    Scene(Topic.BILLING, Sentiment.NEGATIVE, 1, 8, (
        "facture de {euros} au lieu de {price}", "{euros} de hors forfait ce mois-ci, {day}",
        "vous avez prélevé {euros} {date}",
        "ma facture de {month} passe à {euros}", "frais de résiliation de {euros} inattendus {date}",
        "{option} facturé {euros}, jamais demandé",
        "la promo à {price} est devenue {euros}", "{euros} de frais de retard {date}",
        "prix du forfait passé à {price} sans prévenir {date}",
        "facturé {euros} pour {gear} rendu {day}", "remboursement de {euros} toujours pas visible {day}",
    ), _WRONG, WAITING),
    Scene(Topic.BILLING, Sentiment.NEUTRAL, 1, 3, (
        "ma facture de {month} affiche {euros}, c'est quoi ce montant ?",
        "prélèvement de {euros} {date}, à quoi correspond-il ?",
        "comment contester {euros} sur la facture de {month} ?", "où changer mon RIB avant {date} pour {offer} ?",
        "paiement de {euros} refusé {day}, comment régulariser ?",
        "un échéancier pour {euros}, c'est possible avant {date} ?",
    ), _WONDER, ASKING),
    Scene(Topic.BILLING, Sentiment.NEUTRAL, 0, 3, (
        "la facture de {month} sort quel jour pour {offer} ?", "où télécharger la facture du {day} pour {offer} ?",
        "vous prélevez quel jour, autour du {n} du mois, pour {offer} ?",
        "{option} est compris dans {offer} à {price} ?",
        "on peut payer {offer} par carte chaque mois de {month} ?",
        "un duplicata de facture de {month} est payant avec {offer} ?",
    ), _WONDER, ASKING),
    Scene(Topic.BILLING, Sentiment.POSITIVE, 0, 3, (
        "remboursée de {euros} {day}", "{euros} rendus {date}, merci", "{offer} toujours à {price} depuis {month}",
        "erreur de facture corrigée {day}, {euros} recrédités", "{price} par mois pour {offer}, imbattable",
        "avoir de {euros} reçu {date}",
    ), _SETTLED, CONTENT),
)  # fmt: skip
