"""`eventrail.toml` and the environment: what is right is used, what is wrong is named, no secret is told."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eventrail.configuration import Configuration, load_configuration
from eventrail.errors import ConfigurationError

SECRET = "correct-horse-battery"

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start without variables or a file of the machine the tests run on."""
    for name in [name for name in os.environ if name.startswith("EVENTRAIL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        path = tmp_path / "eventrail.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_without_file_and_variables_every_source_is_absent_and_the_rest_has_defaults() -> None:
    configuration = load_configuration()

    assert (configuration.elasticsearch, configuration.prometheus, configuration.rabbitmq) == (None, None, None)
    assert configuration.dashboard.window_minutes == 30
    assert configuration.ledger.gauge_uncertainty_seconds == 5


def test_the_file_in_the_working_directory_is_found_by_itself(write: Write) -> None:
    write('[prometheus]\nurl = "https://prometheus.example/"\n')

    prometheus = load_configuration().prometheus

    assert prometheus is not None
    assert prometheus.url == "https://prometheus.example"


def test_a_variable_names_another_file_and_an_argument_wins_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("variable", "argument"):
        (tmp_path / f"{name}.toml").write_text(f'[prometheus]\nurl = "http://{name}"\n')
    monkeypatch.setenv("EVENTRAIL_CONFIG", str(tmp_path / "variable.toml"))

    assert url_of_prometheus(load_configuration()) == "http://variable"
    assert url_of_prometheus(load_configuration(tmp_path / "argument.toml")) == "http://argument"


def test_the_environment_wins_over_the_file_key_by_key(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write('[elasticsearch]\nurl = "http://file:9200"\nindex = "bank-*"\n')
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__URL", "http://one:9200, http://two:9200")
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__VERIFY", "false")
    monkeypatch.setenv("EVENTRAIL_RABBITMQ__URL", "http://rabbit:15672")
    monkeypatch.setenv("EVENTRAIL_RABBITMQ__VHOSTS", "/,cards")
    monkeypatch.setenv("EVENTRAIL_DASHBOARD__WINDOW_MINUTES", "60")

    configuration = load_configuration(path)

    assert configuration.elasticsearch is not None
    assert configuration.elasticsearch.url == ("http://one:9200", "http://two:9200")
    assert configuration.elasticsearch.index == "bank-*"
    assert configuration.elasticsearch.verify is False
    assert configuration.rabbitmq is not None
    assert configuration.rabbitmq.vhosts == ("/", "cards")
    assert configuration.dashboard.window_minutes == 60


def test_labels_of_the_broker_are_a_table_or_a_text_and_their_names_are_checked(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write('[prometheus]\nurl = "https://p.example"\nbroker_labels = { cluster = "orders", job = "rabbitmq" }\n')
    told = load_configuration().prometheus
    monkeypatch.setenv("EVENTRAIL_PROMETHEUS__BROKER_LABELS", "cluster=payments, job=rabbitmq")
    instead = load_configuration().prometheus

    assert told is not None
    assert told.broker_labels == {"cluster": "orders", "job": "rabbitmq"}
    assert instead is not None
    assert instead.broker_labels == {"cluster": "payments", "job": "rabbitmq"}
    monkeypatch.setenv("EVENTRAIL_PROMETHEUS__BROKER_LABELS", 'cluster!~"x",job=rabbitmq')
    with pytest.raises(ConfigurationError, match="broker_labels"):
        load_configuration()


def test_a_secret_may_come_from_a_file_beside_the_configuration(write: Write, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET + "\n")

    prometheus = load_configuration(write('[prometheus]\nurl = "http://p"\nbearer_token_file = "token"\n')).prometheus

    assert prometheus is not None
    assert prometheus.bearer_token is not None
    assert prometheus.bearer_token.get_secret_value() == SECRET


def test_the_configuration_shown_as_text_holds_no_secret(write: Write, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET)
    configuration = load_configuration(
        write(
            '[elasticsearch]\nurl = "http://e"\napi_key_file = "key"\n'
            f'[prometheus]\nurl = "http://p"\nusername = "reader"\npassword = "{SECRET}"\n'
        )
    )

    for shown in (repr(configuration), str(configuration), configuration.model_dump_json()):
        assert SECRET not in shown
        assert "reader" in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[elasticsearch]", "elasticsearch.url (EVENTRAIL_ELASTICSEARCH__URL): is missing"),
        ('[elasticsearch]\nurl = "host:9200"', "elasticsearch.url (EVENTRAIL_ELASTICSEARCH__URL): must be an address"),
        ('[elasticsearch]\nurl = ["http://a", "b"]', "elasticsearch.url[1] (EVENTRAIL_ELASTICSEARCH__URL): must be an"),
        ("[elasticsearch]\nurl = 9200", "elasticsearch.url (EVENTRAIL_ELASTICSEARCH__URL): must be a text or a list"),
        ("[elasticsearch]\nurl = []", "elasticsearch.url (EVENTRAIL_ELASTICSEARCH__URL): "),
        ('[prometheus]\nurl = "http://p:99999"', "prometheus.url (EVENTRAIL_PROMETHEUS__URL): Port out of range"),
        ('[prometheus]\nurl = "http://p"\ntimeout_seconds = 0', "prometheus.timeout_seconds (EVENTRAIL_PROMETHEUS__"),
        ('[prometheus]\nurl = "http://p"\nusername = "u"', "prometheus: username and password belong together"),
        ('[prometheus]\nurl = "http://p"\npassword = "x"', "prometheus: username and password belong together"),
        ('[prometheus]\nurl = "http://p"\nca_file = "no.pem"', "prometheus.ca_file (EVENTRAIL_PROMETHEUS__CA_FILE): "),
        ('[prometheus]\nurl = "http://p"\nbearer_token_file = "no"', "prometheus.bearer_token_file (EVENTRAIL_"),
        (
            '[prometheus]\nurl = "http://p"\ntimeout = 3',
            "prometheus.timeout: unknown key; did you mean timeout_seconds?",
        ),
        ("[prometeus]", "prometeus: unknown section; did you mean prometheus?"),
        ('prometheus = "http://p"', "prometheus: must be a section with keys of its own"),
        (
            "[dashboard]\nrefresh_seconds = 0.1",
            "dashboard.refresh_seconds (EVENTRAIL_DASHBOARD__REFRESH_SECONDS)",
        ),
        ("[dashboard]\nwindow_minutes = 17", "dashboard.window_minutes (EVENTRAIL_DASHBOARD__WINDOW_MINUTES): must be"),
        ('[ledger]\ngauge_uncertainty_seconds = "long"', "ledger.gauge_uncertainty_seconds ("),
        ("[prometheus", "is not TOML: "),
        ("url = \x00", "is not TOML: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line_by_the_keys_name(write: Write, text: str, told: str) -> None:
    path = write(text)

    with pytest.raises(ConfigurationError) as refusal:
        load_configuration(path)

    assert str(refusal.value).startswith(f"{path}: {told}")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        f'[elasticsearch]\nurl = "http://user:{SECRET}@host:9200"',
        f'[elasticsearch]\nurl = "http://{SECRET}@host:9200"',
        f'[elasticsearch]\nurl = "http://e"\nusername = "u"\npassword = "{SECRET}"\napi_key = "{SECRET}"',
        f'[elasticsearch]\nurl = "http://e"\nusername = "u"\npassword = ["{SECRET}"]',
        f'[prometheus]\nurl = "http://p"\nbearer_token = "{SECRET}"\nbearer_token_file = "eventrail.toml"',
        f'[prometheus]\nurl = "http://p"\nbearer_token = "{SECRET}',
    ],
)
def test_no_refusal_quotes_a_secret(write: Write, text: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load_configuration(write(text))

    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTRAIL_ELASTICSERCH__URL", "http://e")

    with pytest.raises(ConfigurationError, match="unknown section elasticserch; did you mean elasticsearch"):
        load_configuration()


def test_a_misspelt_key_in_a_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__URRL", "http://e")

    with pytest.raises(ConfigurationError, match=r"elasticsearch\.urrl: unknown key; did you mean url"):
        load_configuration()


def test_a_file_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no\.toml: cannot be read .*--config or EVENTRAIL_CONFIG"):
        load_configuration(tmp_path / "no.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eventrail.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationError, match="is not text in UTF-8"):
        load_configuration(path)


def url_of_prometheus(configuration: Configuration) -> str:
    assert configuration.prometheus is not None
    return configuration.prometheus.url
