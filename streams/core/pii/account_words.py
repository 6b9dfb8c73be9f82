"""The words of French customers' service that an identifier stands behind, and those between the two."""

from typing import Final

STRONG: Final = frozenset({
    "identifiant", "identifiants", "identifient", "identifients", "login", "abonné", "abonnée", "abonnés", "abonne",
    "abonnées", "client", "cliente", "clients", "contrat", "contrats", "dossier", "dossiers", "ticket", "tickets",
    "commande", "commandes", "réf", "ref", "référence", "reference", "références", "references", "réclamation",
    "reclamation", "réclamations", "incident", "ligne", "lignes", "compte", "comptes", "iccid", "imei", "imsi", "sim",
    "esim", "rio", "pto", "série", "serie", "colis", "suivi", "mandat", "intervention", "portabilité", "portabilite",
    "demande", "signalement", "passeport", "litige",
})  # fmt: skip
"""Behind them a number of seven digits counts even some words further on."""
CUES: Final = STRONG | frozenset({
    "recommandé", "recommande", "lrar", "lr", "devis", "pv", "déclaration", "adhésion", "inscription", "sinistre",
    "police", "accès", "acces", "procédure", "saisine", "enquête", "boîtier", "boitier", "borne", "chrono",
    "chronopost", "colissimo", "puce", "titulaire", "freeid",
    "identification", "id", "ids", "numéro", "numero", "numéros", "numeros", "num", "n", "nº", "no", "réfs", "refs",
    "abonnement", "abonement", "abo", "clt", "cmd", "cde", "récla", "recla", "incidents", "interventions", "demandes",
    "facture", "factures", "tracking", "expédition", "expedition", "prise", "serial", "sn", "mandats", "rum",
    "bordereau", "retour", "avoir", "souscription", "adhérent", "adhérente", "adherent", "plainte", "médiation",
    "mediation", "échange", "echange", "rdv", "bon", "paiement", "transaction", "virement", "cni", "identité", "permis",
    "sav", "case", "order", "customer", "account", "user", "signalements", "puk", "bal",
    "passage", "gls", "ups", "dhl", "dpd", "relay", "nd", "rma", "logement",
})  # fmt: skip
"""Words that an identifier stands right behind."""
LINKS: Final = (
    r"n[\u00b0\u00bao]?|num[ée]ro|num|de|du|des|d|la|le|les|l|mon|ma|mes|notre|votre|son|sa|est|c|ce|cest|en|au"
    r"|sous|pour|moi|client|abonn[ée]e?|free|freebox|freemobile|mobile|fixe|internet|fibre|adsl|box|wifi|pro|sav"
    r"|ligne|sepa|r[ée]f(?:[ée]rence)?|sn(?![0-9A-Za-z])|contrat|dossier|commande|ticket|sim|connexion|espace|carte|compte"
    r"|suivant[es]?|s[ée]rie|serveur|player|suivi|colis|identifiant|voici|id|rum|rio|pto|demande|optique|portabilit[ée]"
    r"|incident|r[ée]clamation|intervention|identit[ée]|m[ée]diateur|transmis|ouvert|toujours"
)
"""Part of a pattern: what may stand between, up to five of them."""
DESKS: Final = (
    "INT|INTER|INC|SAV|REQ|TKT|TIC|TICK|TICKET|CAS|CASE|REF|DOS|DOSS|CMD|CDE|CLT|CLI|CTR|CRM|ABO|RMA|RET|REC|RCL|RECLA"
    "|LIT|SIG|SUP|RDV|FAC|FACT|RES|GTR|PORTA|MNT|MED"
)
"""Part of a pattern: what desks write before the number of a ticket; models and norms have other letters (`WR-7`)."""
