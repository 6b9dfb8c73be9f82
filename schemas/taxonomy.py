"""The closed sets of the business: labels, services, levels, stages, and the handles that are not private."""

from enum import StrEnum
from typing import Final, Literal, NewType

Origin = NewType("Origin", str)
"""Identity of a record: `partition:offset` in `tweets.raw`, or `line:n` where ingest refused the row."""

Priority = Literal[0, 1, 2]
"""How soon someone must act: 2 high, 1 medium, 0 no hurry."""

PRIORITIES: Final[tuple[Priority, ...]] = (0, 1, 2)


class Sentiment(StrEnum):
    """The author's feeling toward the operator or its service."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Topic(StrEnum):
    """The one subject that decides which service owns the answer."""

    NETWORK = "network"
    EQUIPMENT = "equipment"
    BILLING = "billing"
    SUBSCRIPTION = "subscription"
    CUSTOMER_SERVICE = "customer_service"
    OTHER = "other"


class Service(StrEnum):
    """Who must act; the last word of the service topic's name."""

    BILLING = "billing"
    TECHNICAL = "technical"
    SUBSCRIPTION = "subscription"
    CUSTOMER_CARE = "customer-care"
    OTHER = "other"


SERVICE_OF: Final[dict[Topic, Service]] = {
    Topic.NETWORK: Service.TECHNICAL,
    Topic.EQUIPMENT: Service.TECHNICAL,
    Topic.BILLING: Service.BILLING,
    Topic.SUBSCRIPTION: Service.SUBSCRIPTION,
    Topic.CUSTOMER_SERVICE: Service.CUSTOMER_CARE,
    Topic.OTHER: Service.OTHER,
}


class Level(StrEnum):
    """Which tier of the cascade classified a tweet."""

    API = "api"
    GPU = "gpu"
    BERT = "bert"


class DataPolicy(StrEnum):
    """What a target may see: `public` only scrubbed text; `zdr` (zero data retention) and `local` text as written."""

    PUBLIC = "public"
    ZDR = "zdr"
    LOCAL = "local"


class NoiseReason(StrEnum):
    """Why a tweet is not worth a classification."""

    RETWEET = "retweet"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    EMPTY = "empty"


class PlaceKind(StrEnum):
    """What a place is."""

    COMMUNE = "commune"
    ARRONDISSEMENT = "arrondissement"
    DISTRICT = "district"
    DEPARTMENT = "department"
    REGION = "region"
    POSTCODE = "postcode"


class Stage(StrEnum):
    """A step of the pipe; one process runs one stage, in one consumer group. `ingest` consumes no topic."""

    INGEST = "ingest"
    SCRUBBER = "scrubber"
    CLASSIFIER = "classifier"
    GPU = "gpu"
    BERT = "bert"
    ROUTER = "router"


class Watcher(StrEnum):
    """A process beside the pipe: it reads what the pipe has published, and no tweet waits for it."""

    DETECTOR = "detector"
    AUDITOR = "auditor"
    NOTIFIER = "notifier"


WORKER_STAGES: Final[tuple[Stage, ...]] = (Stage.SCRUBBER, Stage.CLASSIFIER, Stage.GPU, Stage.BERT, Stage.ROUTER)

WORKERS: Final[tuple[Stage | Watcher, ...]] = (*WORKER_STAGES, *Watcher)
"""All that run as processes of their own: the pipe's stages in its order, and who watches it."""

OFFICIAL_HANDLES: Final[frozenset[str]] = frozenset({"free_1337", "freebox", "groupeiliad", "oqeebyfree", "free"})
"""The operator's own accounts, lower case: the default of the setting `official_handles`."""

KEPT_HANDLES: Final[frozenset[str]] = OFFICIAL_HANDLES | frozenset(
    {
        # the operator's other public accounts
        "freemobile", "free_mobile", "freenewsactu", "universfreebox", "freepro", "free_pro", "freewifi", "iliad",
        "xavier75", "jaguarnetwork", "scaleway", "online_fr",
        # other operators
        "orange", "orange_france", "orange_conseil", "sosh_fr", "sosh", "sfr", "sfr_sav", "redbysfr", "sfrbusiness",
        "bouyguestelecom", "bouyguestel", "btel_sav", "bbox", "byou", "prixtel", "coriolistelecom", "laposte_mobile",
        "nrjmobile", "lebara", "starlink", "altice", "axione", "xpfibre", "covage",
        # regulators, authorities, public services
        "arcep", "cnil", "dgccrf", "anfr", "arcom_fr", "signalconso", "60millions", "60mdeconso", "quechoisir",
        "ufcquechoisir", "service_public", "gouvernementfr", "economie_gouv", "policenationale", "gendarmerie",
        "cybervictimes", "anssi_fr", "elysee", "sncf", "sncfconnect", "sncfvoyageurs", "ratp", "edf", "engie", "enedis",
        # media and brands that customers name
        "netflix", "netflixfr", "canalplus", "canal", "primevideo", "primevideofr", "disneyplus", "disneyplusfr",
        "tf1", "tf1plus", "m6", "m6plus", "france2", "francetv", "francetele", "arte", "artefr", "bfmtv", "cnews",
        "rmcsport", "beinsports_fr", "dazn_fr", "eurosport_fr", "lequipe", "figaro", "le_figaro", "lemondefr",
        "lesechos",
        "le_parisien", "liberation", "20minutes", "ouestfrance", "numerama", "nextinpact", "01net", "clubic",
        "frandroid",
        "zoneadsl", "degrouptest", "downdetector", "outagedetect", "fingapp", "google", "googlefr", "apple", "applefr",
        "applesupport", "samsung", "samsungfr", "samsungfrance", "xiaomi", "xiaomifrance", "youtube", "youtubefr",
        "spotify", "spotifyfr", "amazon", "amazonfr", "deezer", "deezerfr", "playstation", "playstationfr", "xbox",
        "xboxfr", "nintendo", "nintendofrance", "twitch", "twitchfr", "devialet", "molotovtv", "ligue1", "x", "twitter",
    }
)  # fmt: skip
"""Public handles that the scrubber keeps (operators, regulators, media, brands), lower case; every other is private."""
