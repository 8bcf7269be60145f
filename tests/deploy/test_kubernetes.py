"""The manifests: accepted by the schemas of Kubernetes, and fitting the programs that they start."""

from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest

from eventrail.cli.main import commands
from eventrail.configuration import load_configuration
from tests.deploy.manifests import of_kind, resources

# The oldest release that is still maintained somewhere, and the newest that the schemas know.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
NAMES = ("eventrail-dashboard", "eventrail-watch")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resource", resources(), ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_kubernetes_accepts_it(resource: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(resource, version, strict=True)


def container_of(name: str) -> dict[str, Any]:
    (container,) = of_kind("Deployment")[name]["spec"]["template"]["spec"]["containers"]
    return dict(container)


@pytest.mark.parametrize("name", NAMES)
def test_a_container_runs_without_rights_and_within_bounds(name: str) -> None:
    pod = of_kind("Deployment")[name]["spec"]["template"]["spec"]
    container = container_of(name)

    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert container["resources"]["limits"]["memory"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_started_is_a_command_line_that_eventrail_takes(name: str) -> None:
    command, *options = container_of(name)["args"]

    with click.Context(commands) as context:
        commands.commands[command].make_context(command, options, parent=context).close()


@pytest.mark.parametrize("name", NAMES)
def test_a_service_leads_to_the_port_of_its_pods(name: str) -> None:
    deployment, service = of_kind("Deployment")[name]["spec"], of_kind("Service")[name]

    assert service["spec"]["selector"] == deployment["selector"]["matchLabels"]
    assert deployment["template"]["metadata"]["labels"] == deployment["selector"]["matchLabels"]
    (port,) = service["spec"]["ports"]
    (offered,) = container_of(name)["ports"]
    assert (port["targetPort"], port["port"]) == (offered["name"], offered["containerPort"])


def test_prometheus_finds_the_metrics_by_the_annotations() -> None:
    annotations = of_kind("Service")["eventrail-watch"]["metadata"]["annotations"]

    assert annotations == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(container_of("eventrail-watch")["ports"][0]["containerPort"]),
        "prometheus.io/path": "/metrics",
    }


def test_the_example_configuration_is_one_and_listens_where_the_service_leads(tmp_path: Path) -> None:
    text = of_kind("ConfigMap")["eventrail"]["data"]["eventrail.toml"]
    for secret in ("elasticsearch-password", "rabbitmq-password"):
        (tmp_path / secret).write_text("secret")
    (tmp_path / "eventrail.toml").write_text(text.replace("/var/run/secrets/eventrail", str(tmp_path)))

    configuration = load_configuration(tmp_path / "eventrail.toml")

    assert configuration.watch.listen == f"0.0.0.0:{container_of('eventrail-watch')['ports'][0]['containerPort']}"
    mounted = {each["mountPath"] for each in container_of("eventrail-watch")["volumeMounts"]}
    assert {"/etc/eventrail", "/var/run/secrets/eventrail", "/tmp"} == mounted
