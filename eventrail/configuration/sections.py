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


def _split_list(value: Any) -> Any:
    """Take one value for a list of one, and a text with commas for a list, as an environment variable needs."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


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


Address = Annotated[str, AfterValidator(_server_address)]
NameList = Annotated[tuple[str, ...], BeforeValidator(_split_list)]
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


class Configuration(BaseSettings):
    """All sections; one that is absent is a source the team does not have. Made by `load_configuration`."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=ENVIRONMENT_DELIMITER,
        # values of environment variables are plain text, never JSON
        enable_decoding=False,
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
