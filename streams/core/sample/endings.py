"""How a tweet ends, by what its author wants: urgent, waiting, asking, content, or only chatting."""

from typing import Final

URGENT: Final = (
    "je fais quoi maintenant ?", "c'est urgent, vraiment", "sans réponse aujourd'hui je résilie",
    "je saisis le médiateur",
    "je passe à la concurrence si rien ne bouge", "quelqu'un va enfin s'en occuper ?", "je suis à bout",
    "je travaille à domicile et je perds de l'argent", "ma mère de 82 ans vit seule avec la téléalarme dessus",
    "mon commerce est fermé à cause de ça", "je n'en peux plus", "rendez-moi un service que je paie",
    "il me faut une date, pas une excuse", "on a deux gosses en cours à distance", "j'exige un geste et une date",
    "60 millions de consommateurs va être content de lire ça", "prochaine étape la lettre recommandée",
    "je garde toutes les preuves", "c'est inadmissible", "faites quelque chose svp", "qui est responsable chez vous ?",
    "je ne lâcherai pas", "aucune nouvelle de personne", "à ce stade c'est de l'abandon",
    "merci de me rappeler tout de suite",
    "mon employeur me demande des comptes", "je dépose plainte demain", "je n'ai plus aucune confiance",
)  # fmt: skip
WAITING: Final = (
    "vous pouvez regarder ?", "merci de votre retour", "un coup de main svp", "c'est pénible à la longue",
    "je fais comment ?", "on peut m'aider ?", "ça devient agaçant", "une solution ?", "j'attends votre réponse",
    "vous avez une explication ?", "ça commence à bien faire", "pas sérieux tout ça", "merci d'avance quand même",
    "je ne sais plus quoi essayer", "est-ce normal ?", "quelqu'un peut vérifier ma ligne ?", "je vous ai écrit en mp",
    "répondez svp", "c'est réparable à distance ?", "un peu déçu sur ce coup", "ça fait désordre",
    "vous comptez corriger ?", "à qui je dois m'adresser ?", "bref j'attends", "je paie pourtant le prix fort",
    "franchement moyen", "vous faites un geste ?", "je veux bien un vrai humain",
)  # fmt: skip
ASKING: Final = (
    "merci d'avance", "merci pour votre aide", "bonne journée à vous", "quelqu'un sait ?", "je ne trouve pas l'info",
    "si une personne de chez vous passe par là", "bonne soirée", "cordialement", "juste pour savoir",
    "la FAQ ne le dit pas", "je me renseigne pour un ami", "c'est pour ma fille étudiante", "rien ne presse",
    "je suis preneur d'un lien", "des retours ici ?", "hâte de savoir", "merci les gens", "je débute un peu",
    "j'hésite encore", "à votre écoute", "désolé si la question est bête", "vous êtes les mieux placés pour répondre",
    "j'ai cherché un quart d'heure", "une réponse simple me suffit", "bon courage à vos équipes",
)  # fmt: skip
CONTENT: Final = (
    "merci beaucoup", "rien à dire, c'est top", "continuez comme ça", "fallait le dire aussi quand ça marche",
    "je recommande", "chapeau les équipes", "ça change la vie", "au top", "merci à la personne qui a suivi ça",
    "je suis ravi", "franchement bluffé", "on sent que ça bosse derrière", "dix ans client et toujours content",
    "vous avez gagné un fan", "bravo et merci", "nickel", "je ne m'y attendais pas", "toute la famille vous remercie",
    "meilleur choix de l'année", "ça fait plaisir", "un grand merci depuis le canapé", "service impeccable",
    "j'en parle à tous mes voisins", "cinq étoiles", "vous assurez",
)  # fmt: skip
CHATTING: Final = (
    "voilà c'était ma minute utile", "bonne semaine à tous", "mdr", "je dis ça je dis rien", "à méditer",
    "et vous vous en pensez quoi ?", "bon dimanche", "c'est tout pour moi", "fin de l'anecdote", "allez bonne nuit",
    "je retourne à mon café", "vie ma vie", "prochain épisode demain", "on en reparle dans dix ans", "ptdr",
    "le monde va vite", "j'adore ce pays", "comme quoi", "rendez-vous l'année prochaine", "ambiance",
    "mon chat est d'accord", "je note pour plus tard", "avis aux connaisseurs", "sans transition", "tout va bien",
)  # fmt: skip
