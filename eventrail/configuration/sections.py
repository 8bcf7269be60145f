"""The keys of `eventrail.toml`, with their types, bounds and defaults; docs/configuration.md tells each of them."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ENVIRONMENT_PREFIX: Final = "EVENTRAIL_"
ENVIRONMENT_DELIMITER: Final = "__"
SECRET_BYTES_MAX: Final = 64 * 1024


def _server_address(text: str) -> str:
    """Refuse what is no server address, and credentials in it: addresses are shown on pages."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://server.example:9200")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or password; give them in username and password")
    if parts.query or parts.fragment:
        raise ValueError("must end with the path, without ? or #")
    if parts.port == 0:
        raise ValueError("port 0 is no server's port")
    return text.rstrip("/")


def _broker_address(text: str) -> str:
    """Refuse what is no broker's address, and what does not belong into it."""
    parts = urlsplit(text)
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise ValueError("must be an address such as amqps://rabbitmq.example:5671")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or password; give them in username and password")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.port == 0:
        raise ValueError("must end with the port; the virtual host is named with each act")
    return text.rstrip("/")


def _split_list(value: Any) -> Any:
    """Take one value for a list of one, and a text with commas for a list, as an environment variable needs."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_labels(value: Any) -> Any:
    """Take a text such as "cluster=orders,job=rabbitmq" for a table, as an environment variable needs."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    return {name.strip(): text.strip() for name, _, text in pairs}


def _whole_number(value: Any) -> Any:
    """Take digits for a number, as an environment variable gives them."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def _read_secret(path: Path) -> str:
    """Give the secret in a file, without the line end that editors put there."""
    try:
        if path.stat().st_size > SECRET_BYTES_MAX:
            raise ValueError(f"{path} is too large to hold a secret")
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}") from None
    if not text:
        raise ValueError(f"{path} is empty")
    return text


def _holding_secret(path: Path) -> Path:
    _read_secret(path)
    return path


def listen_address(text: str) -> str:
    """Give the text back; raises ValueError when it is no ADDRESS:PORT. An address of IPv6 stands in brackets."""
    try:
        parts = urlsplit(f"//{text}")
        whole = parts.netloc == text and "@" not in text and bool(parts.hostname) and parts.port is not None
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("must be ADDRESS:PORT, such as 127.0.0.1:9718 or [::1]:9718")
    return text


Address = Annotated[str, AfterValidator(_server_address)]
ListenAddress = Annotated[str, AfterValidator(listen_address)]
BrokerAddress = Annotated[str, AfterValidator(_broker_address)]
NameList = Annotated[tuple[str, ...], BeforeValidator(_split_list)]
LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
LabelValue = Annotated[str, Field(min_length=1)]
LabelValues = Annotated[dict[LabelName, LabelValue], BeforeValidator(_split_labels)]
ExistingFile = Annotated[Path, AfterValidator(_existing_file)]
SecretFile = Annotated[Path, AfterValidator(_holding_secret)]
TimeoutSeconds = Annotated[float, Field(gt=0, le=600)]


class _Section(BaseModel):
    """A part of the file. Unknown keys are refused: a misspelt one would be silently without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="after")
    def _read_secret_files(self) -> "_Section":
        """Fill each secret `x` from the file that `x_file` names (Kubernetes mounts secrets as files)."""
        for name in type(self).secret_names():
            path = getattr(self, f"{name}_file")
            if path is None:
                continue
            if getattr(self, name) is not None:
                raise ValueError(f"{name} and {name}_file are both given; keep one")
            # the model is frozen for everybody else
            object.__setattr__(self, name, SecretStr(_read_secret(path)))
        return self

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        """Names of the keys that may also come from a file."""
        return tuple(name for name in cls.model_fields if f"{name}_file" in cls.model_fields)


class _Server(_Section):
    """What every server needs."""

    username: str | None = Field(default=None, min_length=1, description="user of basic credentials")
    password: SecretStr | None = Field(default=None, description="password of basic credentials")
    password_file: SecretFile | None = Field(default=None, description="file that holds the password")
    ca_file: ExistingFile | None = Field(
        default=None,
        description="certificate authorities (PEM) to check the server with; the system's own when absent",
    )
    verify: bool = Field(default=True, description="check the server's certificate; false only while trying things out")

    @model_validator(mode="after")
    def _whole_credentials(self) -> "_Server":
        if (self.username is None) != (self.password is None and self.password_file is None):
            raise ValueError("username and password belong together; one of them is missing")
        return self


class ElasticsearchSection(_Server):
    """[elasticsearch]: the logs."""

    url: Annotated[tuple[Address, ...], BeforeValidator(_split_list), Field(min_length=1)] = Field(
        description="address, or list of addresses of nodes of one cluster"
    )
    index: str = Field(default="application-*", min_length=1, description="index pattern of the application logs")
    api_key: SecretStr | None = Field(default=None, description="API key, as Elasticsearch gives it (encoded)")
    api_key_file: SecretFile | None = Field(default=None, description="file that holds the API key")
    timeout_seconds: TimeoutSeconds = Field(default=20.0, description="how long one request may take")
    vocabulary: ExistingFile | None = Field(
        default=None,
        description="house map, saying which field holds what; goes before the vocabularies that are always known",
    )

    @model_validator(mode="after")
    def _one_kind_of_credentials(self) -> "ElasticsearchSection":
        if self.username is not None and (self.api_key is not None or self.api_key_file is not None):
            raise ValueError("username and api_key are both given; keep one")
        return self


class PrometheusSection(_Server):
    """[prometheus]: the metrics."""

    url: Address = Field(description="address of anything that speaks Prometheus' API")
    bearer_token: SecretStr | None = Field(default=None, description="token sent as Authorization: Bearer")
    bearer_token_file: SecretFile | None = Field(default=None, description="file that holds the token")
    timeout_seconds: TimeoutSeconds = Field(default=20.0, description="how long one request may take")

    rate_window_seconds: float = Field(
        default=60.0, ge=5, le=3600, description="how far back a rate looks; at least four scrape intervals"
    )

    broker_labels: LabelValues = Field(
        default={}, description="labels of the broker to look at, where Prometheus scrapes several"
    )

    @model_validator(mode="after")
    def _one_kind_of_credentials(self) -> "PrometheusSection":
        if self.username is not None and (self.bearer_token is not None or self.bearer_token_file is not None):
            raise ValueError("username and bearer_token are both given; keep one")
        return self


class RabbitmqSection(_Server):
    """[rabbitmq]: the management API, for what only the living broker knows. Optional."""

    url: Address = Field(description="address of the management API, e.g. http://rabbitmq:15672")
    timeout_seconds: TimeoutSeconds = Field(default=10.0, description="how long one request may take")
    vhosts: NameList = Field(default=(), description="virtual hosts looked at; all when empty")


class DashboardSection(_Section):
    """[dashboard]: how the pages behave."""

    refresh_seconds: float = Field(default=5.0, ge=2, le=3600, description="how often live pages ask again")
    window_minutes: Annotated[Literal[5, 15, 30, 60, 180, 720], BeforeValidator(_whole_number)] = Field(
        default=30, description="length of the curves where a link says none"
    )


class LinksSection(_Section):
    """[links]: where the pages lead to for more; none by default."""

    kibana_url: Address | None = Field(default=None, description="address of Kibana or OpenSearch Dashboards")
    kibana_data_view: str | None = Field(
        default=None, min_length=1, description="ID of the data view of the application logs; its default when absent"
    )
    grafana_url: Address | None = Field(default=None, description="address of Grafana, 10.2 or newer")
    grafana_datasource: str | None = Field(
        default=None, min_length=1, description="UID of Grafana's data source for the same Prometheus"
    )

    @model_validator(mode="after")
    def _whole(self) -> "LinksSection":
        if self.grafana_url is not None and self.grafana_datasource is None:
            raise ValueError("grafana_url needs grafana_datasource: the UID is in the address of its settings page")
        return self


class LedgerSection(_Section):
    """[ledger]: how the gauge is compared with the logs."""

    gauge_uncertainty_seconds: float = Field(
        default=5.0,
        ge=0,
        le=300,
        description="how old the broker's count may be when scraped (collect_statistics_interval)",
    )
    clock_difference_seconds: float = Field(
        default=1.0,
        ge=0,
        le=300,
        description="by how much the clock of a machine that logs may be behind Prometheus' clock",
    )
    consumer_timeout_seconds: float | None = Field(
        default=None,
        ge=0,
        description="the broker's consumer_timeout, which its API does not tell; 0: none; absent: by version default",
    )


class WatchSection(_Section):
    """[watch]: what `eventrail watch` evaluates and exposes."""

    listen: ListenAddress = Field(default="127.0.0.1:9718", description="address and port that metrics are served at")
    interval_seconds: float = Field(default=15.0, ge=1, le=3600, description="how often the ledger is evaluated")
    queues: NameList = Field(default=(), description="names of the queues watched; all when empty")
    vhosts: NameList = Field(default=(), description="virtual hosts watched; all when empty")
    queues_max: int = Field(default=500, ge=1, le=20_000, description="at most so many queues have series of their own")
    holders_max: int = Field(default=200, ge=1, le=20_000, description="at most so many holders have")
    late_seconds: float = Field(default=120.0, gt=0, description="logs further behind make `--once --strict` fail")
    dashboard_url: Address | None = Field(default=None, description="where the dashboard is, for links in alerts")


class IndexSection(_Section):
    """[index]: the delivery index, which `eventrail index` keeps and the ledger is asked from. Optional."""

    name: str = Field(
        default="eventrail-deliveries",
        min_length=1,
        max_length=255,
        pattern=r"^[a-z0-9][a-z0-9._-]*$",
        description="name of the index; made when it is not there",
    )
    keep_days: float = Field(
        default=7.0, gt=0, le=400, description="lines older than this are not taken in, and documents are removed"
    )
    poll_seconds: float = Field(default=1.0, ge=0.05, le=60, description="how often new log lines are looked for")


class ActingSection(_Server):
    """[acting]: changing the broker from here; off by default."""

    allowed: bool = Field(default=False, description="whether anything may be changed at all")
    url: BrokerAddress | None = Field(default=None, description="the broker's AMQP address")
    journal: Path | None = Field(default=None, description="file that every act is written to")
    timeout_seconds: TimeoutSeconds = Field(default=20.0, description="how long the broker may take to answer")

    @model_validator(mode="after")
    def _complete(self) -> "ActingSection":
        missing = [name for name in ("url", "username", "journal") if getattr(self, name) is None]
        if self.allowed and missing:
            raise ValueError(f"allowed = true needs {', '.join(missing)}")
        return self


class Configuration(BaseSettings):
    """All sections; one that is absent is a source the team does not have. Made by `load_configuration`."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=ENVIRONMENT_DELIMITER,
        # values of environment variables are plain text, never JSON
        enable_decoding=False,
        # compose.yaml passes on variables that nobody set
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    elasticsearch: ElasticsearchSection | None = None
    prometheus: PrometheusSection | None = None
    rabbitmq: RabbitmqSection | None = None
    dashboard: DashboardSection = DashboardSection()
    links: LinksSection = LinksSection()
    ledger: LedgerSection = LedgerSection()
    watch: WatchSection = WatchSection()
    index: IndexSection | None = None
    acting: ActingSection = ActingSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        return env_settings, init_settings
