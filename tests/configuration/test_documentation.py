"""docs/configuration.md tells every section and key with its default, and no others."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from eventrail.configuration.loading import load_configuration, section_models

PAGE = (Path(__file__).parents[2] / "docs/configuration.md").read_text(encoding="utf-8")


def rows_of(section: str) -> dict[str, str]:
    """Give key → default as the page's table tells them."""
    told = re.search(rf"^## \[{section}\]$(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert told, f"docs/configuration.md has no heading ## [{section}]"
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) ?\|", told[1], flags=re.MULTILINE))


def default_of(model: type[BaseModel], key: str) -> str:
    default = model.model_fields[key].default
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return ""
    if default == ():
        return "all"
    return f"`{str(default).lower()}`"


def test_every_section_has_a_heading_and_no_other_has() -> None:
    assert re.findall(r"^## \[(\w+)\]$", PAGE, flags=re.MULTILINE) == list(section_models())


@pytest.mark.parametrize("section", section_models())
def test_every_key_has_a_row_with_its_default(section: str) -> None:
    model = section_models()[section]

    assert rows_of(section) == {key: default_of(model, key) for key in model.model_fields}


def test_the_example_is_a_valid_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert example
    for name in ("elasticsearch-password", "prometheus-token", "rabbitmq-password", "ca.pem"):
        (tmp_path / name).write_text("x")
    text = example[1].replace("/var/run/secrets/eventrail/", "")
    (tmp_path / "eventrail.toml").write_text(text)

    configuration = load_configuration(tmp_path / "eventrail.toml")

    assert configuration.elasticsearch is not None
    assert len(configuration.elasticsearch.url) == 2
    assert configuration.rabbitmq is not None
    assert configuration.prometheus is not None
