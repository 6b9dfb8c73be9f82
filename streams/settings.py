"""The one settings object: frozen, validated once, read from the environment and `.env` (or DALLOSH_ENV_FILE)."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from schemas.taxonomy import KEPT_HANDLES, OFFICIAL_HANDLES, DataPolicy, Priority
from schemas.topics import CLASSIFIED, DEFAULT_PARTITIONS, SCRUBBED, TOPICS
from streams.env_file import ENV_FILE, OTHER_FILE, env_file, require_env_file
from streams.errors import SettingsError
from streams.forms import (
    AZURE_VERSION,
    BROKERS,
    HTTP_URL,
    NAME,
    REDIS_URL,
    complaint,
    require_command,
    require_deployments,
    require_key,
)

Policy = Literal["public", "zdr"]
SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

PREFIX: Final = "DALLOSH_"
PROJECT_DIR: Final = Path(__file__).resolve().parents[1]
GPU_CHECKS_S: Final = 40.0
"""A batch of level 2 waits at most so long for the server's checks, beside its deadline and the server's start."""

CONTEXT_TTL_MAX_S: Final = TOPICS[CLASSIFIED].retention_ms // 1000
"""The last topic that tells an author's tweets keeps them for so long: past it no erasure finds their contexts."""

ANSWER_TTL_S: Final = TOPICS[SCRUBBED].retention_ms // 1000
"""The classifier's input keeps a tweet for so long: past it no repeat asks for its answer."""

_IN_URL: Final = re.compile(r"(?<=://)\S*@|(?<=password=)[^&\s]*")
_AROUND_HANDLE: Final = re.compile(r"^[@\s]+|\s+$")


def masked(value: object) -> object:
    """Returns a setting as it may be shown: `***` in place of the user and password of a URL.

    Secrets proper are SecretStr, which masks itself.
    """
    return (
        _IN_URL.sub(lambda found: "***@" if found[0].endswith("@") else "***", value)
        if isinstance(value, str)
        else value
    )


def _key(name: str, ours: str = "") -> AliasChoices:
    """An API key is read from our own variable or from the one that the vendor's SDK documents."""
    return AliasChoices(f"{PREFIX}{ours or name}", name)


class Settings(BaseSettings):
    """Everything that an operator can change, with its default.

    An empty `kafka_bootstrap` or `redis_url` means the broker or Redis that Dallosh starts itself. An empty variable
    counts as not set.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, frozen=True,
        extra="ignore", validate_default=True, populate_by_name=True,
    )  # fmt: skip

    # Where things are
    data_dir: Path = Field(Path(".dallosh"), description="State of the embedded broker and Redis, cursors, reports.")
    namespace: str = Field("", pattern=NAME, description="Prefix of topics, groups and Redis keys.")

    # Kafka
    kafka_bootstrap: str = Field(
        "", pattern=BROKERS, description="host:port,... of the brokers; empty: the embedded broker."
    )
    kafka_security: SecurityProtocol = Field("PLAINTEXT", description="Kafka security protocol.")
    kafka_sasl_mechanism: SaslMechanism = Field("SCRAM-SHA-512", description="SASL mechanism, with a SASL protocol.")
    kafka_username: str = Field("", description="SASL user.")
    kafka_password: SecretStr = Field(SecretStr(""), description="SASL password.")
    kafka_ca_file: Path | None = Field(None, description="PEM file of the authority that signed the brokers.")
    kafka_cert_file: Path | None = Field(None, description="PEM file of this client's certificate (mutual TLS).")
    kafka_key_file: Path | None = Field(None, description="PEM file of this client's key (mutual TLS).")
    partitions: int = Field(DEFAULT_PARTITIONS, ge=1, le=512, description="Partitions of the topics of tweets.")
    replication: int = Field(0, ge=0, le=9, description="Replicas of each topic; 0: the broker's default.")

    # Redis
    redis_url: str = Field("", pattern=REDIS_URL, description="redis:// or rediss:// URL; empty: the embedded Redis.")
    redis_password: SecretStr = Field(SecretStr(""), description="Redis password, where the URL carries none.")
    redis_ca_file: Path | None = Field(None, description="PEM file of the authority that signed Redis (rediss://).")
    redis_timeout_s: float = Field(1.0, gt=0, description="Wait for Redis; past it a worker goes on without.")

    # Delivery
    worker_id: str = Field(
        "",
        pattern=NAME,
        description="Names this worker for ever (static membership), unique per stage; empty: dynamic membership.",
    )
    poll_records: int = Field(500, ge=1, le=5000, description="Records per block: what a stage decides at once.")
    session_timeout_s: float = Field(
        20.0, ge=6, le=300, description="A worker silent for so long loses its partitions."
    )
    drain_timeout_s: float = Field(10.0, gt=0, description="Wait for what is in flight on SIGTERM and on a rebalance.")
    exit_timeout_s: float = Field(30.0, gt=0, description="After SIGTERM the process ends by then, whatever hangs.")
    delivery_timeout_s: float = Field(60.0, gt=0, description="Wait for the broker to acknowledge a block's outputs.")
    watchdog_timeout_s: float = Field(
        300.0, gt=0, description="Exit when there is lag and nothing finished for so long."
    )
    breaker_share: float | None = Field(
        None, gt=0, le=1, description="This share of dead letters stops a stage; empty: as its topic's registry says."
    )
    breaker_run_length: int | None = Field(
        None,
        ge=1,
        description="So many dead letters in a row stop a stage, once it has seen the records below; empty: as "
        "its topic's registry says.",
    )
    breaker_min_records: int | None = Field(
        None, ge=1, description="Fewer records than this never stop a stage; empty: as its topic's registry says."
    )

    # Scrubber
    official_handles: Annotated[frozenset[str], NoDecode] = Field(
        OFFICIAL_HANDLES, description="The operator's accounts, comma-separated, without @."
    )
    vip_file: Path | None = Field(None, description="File of VIP handles or author ids, one a line.")
    dedup_ttl_s: int = Field(7 * 86_400, ge=60, description="How long a tweet id is remembered.")
    context_ttl_s: int = Field(
        7 * 86_400, ge=60, description="How long a tweet can serve as context of a reply, 7 days at most."
    )

    # Batches
    max_batch_tokens: int = Field(4_400, ge=100, description="Tweet tokens of one call to a model.")
    max_batch_tweets: int = Field(1_000, ge=1, le=1_000, description="Hard cap of tweets per call.")
    linger_s: float = Field(1.0, gt=0, description="Age of the oldest tweet at which a batch leaves unfilled.")
    batches_in_flight: int = Field(4, ge=1, le=64, description="Batches that one worker has at the models at once.")
    vip_max_batch_tokens: int = Field(600, ge=50, description="Tweet tokens of one call for VIPs.")
    vip_linger_s: float = Field(0.2, gt=0, description="Age of a VIP's tweet at which its batch leaves unfilled.")
    vip_batches_in_flight: int = Field(2, ge=1, le=64, description="Batches of VIPs at once, beside the others.")
    batch_deadline_s: float = Field(30.0, gt=0, description="Time for one batch, retries and fallbacks included.")
    answer_ttl_s: int = Field(
        ANSWER_TTL_S, ge=0, le=CONTEXT_TTL_MAX_S, description="How long a paid answer is kept for a repeat; 0: none is."
    )

    # Limits
    model_breaker_failures: int = Field(
        3, ge=1, le=100, description="Failures in a row after which a model gets no calls for a while."
    )
    probe_interval_s: float = Field(15.0, gt=0, description="Wait before one call probes a model that failed.")
    model_disabled_s: float = Field(
        600.0, gt=0, description="Wait before a model that refused the key, or is unknown, is asked again."
    )
    budget_usd_per_day: Decimal = Field(
        Decimal(0), ge=0, allow_inf_nan=False, description="Level 1, by UTC day; past it level 2 works. 0: unbounded."
    )
    budget_soft_share: float = Field(0.8, gt=0, le=1, description="Share of a day's budget at which an alert is given.")
    escalation_share: float = Field(
        0.05, ge=0, le=1, description="Share of an hour's tweets that may be escalated; 0: none."
    )
    escalation_usd_per_hour: Decimal = Field(
        Decimal("1.0"), ge=0, allow_inf_nan=False, description="What escalation may cost in an hour; 0: none."
    )

    # Level 1
    gemini_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=_key("GEMINI_API_KEY"), description="Google Gemini."
    )
    gemini_model: str = Field("gemini-2.5-flash-lite", min_length=1, description="Mass sorting.")
    gemini_base_url: str = Field("", pattern=HTTP_URL, description="Another endpoint that speaks Gemini's protocol.")
    gemini_sdk: Literal["google-genai", "google-generativeai"] = Field("google-genai", description="The SDK in use.")
    gemini_policy: Policy = Field("public", description="zdr where a zero-retention contract exists.")
    mistral_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=_key("MISTRAL_API_KEY"), description="Mistral AI."
    )
    mistral_model: str = Field("mistral-small-2603", min_length=1, description="Sovereign Europe.")
    mistral_base_url: str = Field("", pattern=HTTP_URL, description="Another endpoint that speaks Mistral's protocol.")
    mistral_policy: Policy = Field("public", description="zdr where a zero-retention contract exists.")
    openai_api_key: SecretStr = Field(SecretStr(""), validation_alias=_key("OPENAI_API_KEY"), description="OpenAI.")
    openai_models: Annotated[tuple[str, ...], NoDecode] = Field(
        ("gpt-4o-mini", "gpt-4o"), description="Reasoning, then ambiguous or VIP; comma-separated."
    )
    openai_base_url: str = Field("", pattern=HTTP_URL, description="Another endpoint that speaks OpenAI's protocol.")
    openai_policy: Policy = Field("public", description="zdr where a zero-retention contract exists.")
    azure_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=_key("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"), description="Azure OpenAI."
    )
    azure_endpoint: str = Field("", pattern=HTTP_URL, description="Its resource, https://NAME.openai.azure.com.")
    azure_api_version: str = Field("2024-10-21", pattern=AZURE_VERSION, description="Version of its API.")
    azure_deployments: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Its deployments as NAME=MODEL, comma-separated; NAME alone is also the model's."
    )
    azure_policy: Policy = Field("zdr", description="public where no zero-retention contract exists.")
    api_policies: Annotated[frozenset[DataPolicy], NoDecode] = Field(
        frozenset(DataPolicy), description="Data policies that a model of level 1 may have, comma-separated."
    )
    models_file: Path | None = Field(
        None, description="TOML file of further models and deployments, and of changes to those that are known."
    )

    # Level 2
    vllm_base_url: str = Field(
        "", pattern=HTTP_URL, description="OpenAI-compatible server (vLLM, Ollama), e.g. http://gpu:8000/v1."
    )
    vllm_api_key: SecretStr = Field(SecretStr("none"), min_length=1, description="Its key, where it asks for one.")
    vllm_model: str = Field("", description="Its model; empty: the first that it lists.")
    vllm_context_tokens: int = Field(
        0, ge=0, description="Its context where it does not tell, as Ollama does not; 0: 4096 then."
    )
    gpu_start_command: str = Field(
        "", description="Starts the server when it is down and tweets wait; split as a shell does, run without one."
    )
    gpu_start_timeout_s: float = Field(
        180.0, gt=0, description="Wait for a started server; past it the tweets go on to level 3."
    )
    gpu_start_interval_s: float = Field(300.0, gt=0, description="From a failed start to the next attempt.")

    # Level 3
    bert_dir: Path = Field(Path("models/bert-v1"), description="Folder of the ONNX model.")
    bert_threads: int = Field(1, ge=1, le=64, description="Threads of one inference.")
    bert_sessions: int = Field(2, ge=1, le=16, description="Inferences at work at once; they share the weights.")
    bert_min_confidence: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A tweet whose least sure label is below gets the mark unsure, for repair; 0: none.",
    )

    # Prices
    prices_file: Path | None = Field(
        None, description="TOML file of the prices that are yours; empty: prices.toml in the data directory."
    )
    prices_refresh: bool = Field(False, description="Fetch the price list while running; needs the Internet.")
    prices_refresh_s: float = Field(3_600.0, ge=60, description="Age at which the fetched list is fetched again.")
    prices_url: str = Field("", pattern=HTTP_URL, description="Where the list is; empty: where genai-prices keeps it.")

    # Reply audit
    sla_high_s: float = Field(3_600.0, gt=0, description="A tweet of priority 2 is to be answered within so long.")
    sla_medium_s: float = Field(14_400.0, gt=0, description="The same for priority 1.")
    sla_low_s: float = Field(86_400.0, gt=0, description="The same for priority 0.")
    audit_ttl_s: int = Field(2_592_000, ge=3_600, description="A reply is joined with a tweet read so long before.")

    # Crisis
    procedures_file: Path | None = Field(
        None, description="TOML file of the procedures of alerts and the channels that they tell; empty: tells nobody."
    )

    # Operating
    health_port: int = Field(0, ge=0, le=65535, description="Health, readiness and metrics; 0: a free port.")
    health_host: str = Field("127.0.0.1", min_length=1, description="Address of that port; 0.0.0.0 in a container.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe event logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON."
    )
    replay_max: int = Field(3, ge=1, description="A dead letter replayed so often goes to the parking lot.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Puts the file of `env_file()` in the place of `.env`."""
        if isinstance(dotenv_settings, DotEnvSettingsSource) and dotenv_settings.env_file == ENV_FILE:
            dotenv_settings = DotEnvSettingsSource(settings_cls, env_file=env_file())
        return init_settings, env_settings, dotenv_settings, file_secret_settings

    @property
    def sla(self) -> dict[Priority, float]:
        """Within how many seconds a tweet of each priority is to be answered."""
        return {2: self.sla_high_s, 1: self.sla_medium_s, 0: self.sla_low_s}

    @property
    def kept_handles(self) -> frozenset[str]:
        """The handles that the scrubber leaves in a text, lower case: what everybody knows, and the operator's own."""
        return KEPT_HANDLES | self.official_handles

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        return ((name, masked(value)) for name, value in super().__repr_args__())

    @field_validator("official_handles", "openai_models", "azure_deployments", "api_policies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Splits at commas, parts of a sequence, too: what one variable cannot say, no setting holds."""
        parts = (value,) if isinstance(value, str) else value
        if not isinstance(parts, (tuple, list, set, frozenset)) or not all(isinstance(part, str) for part in parts):
            return value
        return [one.strip() for part in parts for one in part.split(",") if one.strip()]

    @field_validator(
        "gemini_api_key", "mistral_api_key", "openai_api_key", "azure_api_key", "vllm_api_key", mode="after"
    )
    @classmethod
    def _printable(cls, value: SecretStr) -> SecretStr:
        require_key(value.get_secret_value())
        return value

    @field_validator("azure_deployments", mode="after")
    @classmethod
    def _deployments(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        require_deployments(value)
        return value

    @field_validator("gpu_start_command", mode="after")
    @classmethod
    def _splittable(cls, value: str) -> str:
        require_command(value)
        return value

    @field_validator("context_ttl_s", mode="after")
    @classmethod
    def _findable(cls, value: int) -> int:
        if value > CONTEXT_TTL_MAX_S:
            raise ValueError(
                f"at most {CONTEXT_TTL_MAX_S}: {CLASSIFIED} tells for no longer whose a text is, and it could not be "
                "forgotten"
            )
        return value

    @field_validator("bert_dir", mode="after")
    @classmethod
    def _shipped(cls, value: Path) -> Path:
        """A relative directory that the working directory lacks is looked for beside the code."""
        return value if value.exists() or value.is_absolute() else PROJECT_DIR / value

    @field_validator("official_handles", mode="after")
    @classmethod
    def _handles(cls, value: frozenset[str]) -> frozenset[str]:
        bare = (_AROUND_HANDLE.sub("", handle).lower() for handle in value)
        return frozenset(handle for handle in bare if handle)

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if self.kafka_security.startswith("SASL") and not (
            self.kafka_username and self.kafka_password.get_secret_value()
        ):
            raise ValueError(
                f"DALLOSH_KAFKA_SECURITY={self.kafka_security} needs DALLOSH_KAFKA_USERNAME and DALLOSH_KAFKA_PASSWORD"
            )
        if (self.kafka_cert_file is None) != (self.kafka_key_file is None):
            raise ValueError("DALLOSH_KAFKA_CERT_FILE and DALLOSH_KAFKA_KEY_FILE go together")
        if self.exit_timeout_s <= self.drain_timeout_s:
            raise ValueError("DALLOSH_EXIT_TIMEOUT_S must be longer than DALLOSH_DRAIN_TIMEOUT_S")
        longest_s = 2 * self.batch_deadline_s + self.gpu_start_timeout_s + GPU_CHECKS_S
        if self.gpu_start_command and longest_s > self.watchdog_timeout_s:
            raise ValueError(
                "DALLOSH_WATCHDOG_TIMEOUT_S must cover DALLOSH_GPU_START_TIMEOUT_S, twice DALLOSH_BATCH_DEADLINE_S and "
                f"{GPU_CHECKS_S:.0f} s: a batch may wait for so long while the server starts"
            )
        return self


def load_settings(**changes: object) -> Settings:
    """Reads the settings; keyword arguments win over the environment and `.env`.

    Raises:
        SettingsError: a value is wrong; the message names each variable, never a secret's value. Or the file that
            DALLOSH_ENV_FILE names cannot be read.
    """
    try:
        require_env_file()
        return Settings(**changes)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"{_variable(part['loc'])}: {complaint(part)}" for part in error.errors(include_input=False)]
        raise SettingsError("; ".join(lines), remedy="Mend the environment or .env (see .env.example)") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file()} cannot be read: {type(error).__name__}", remedy=OTHER_FILE) from None


def _variable(loc: tuple[int | str, ...]) -> str:
    """Names the variable of a complaint; one that concerns several names them in its message."""
    name = ".".join(map(str, loc)).upper()
    return name if name.startswith(PREFIX) else f"{PREFIX}{name}" if name else "settings"
