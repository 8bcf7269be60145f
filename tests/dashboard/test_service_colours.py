"""Colours of services: told apart, readable, and the same everywhere."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from bank.services import SERVICES
from dashboard.shaping.service_colours import NO_SERVICE, SERVICE_COLOURS, ServiceColours, assigned
from tests.dashboard.conftest import OpenPage
from tests.dashboard.eyes import EYES, contrasts, distances
from tests.dashboard.story import story

THEME = Path(__file__).parents[2] / "dashboard" / ".streamlit" / "config.toml"
THEMES = tomllib.loads(THEME.read_text(encoding="utf-8"))["theme"]
BACKGROUNDS = [THEMES[mode]["backgroundColor"] for mode in ("light", "dark")]
STATES = ["#B8301A", "#FF8D75", "#8F5B00", "#F0B44A"]
BANK = frozenset(plan.name for plan in SERVICES)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_service_colours_stand_out_on_light_and_dark(background: str) -> None:
    assert contrasts([*SERVICE_COLOURS, NO_SERVICE], background).min() >= 3


@pytest.mark.parametrize(("eye", "distance"), [(eye, 0.08 if eye == "usual" else 0.04) for eye in EYES])
def test_any_two_are_told_apart_whatever_the_eye(eye: str, distance: float) -> None:
    colours = list(SERVICE_COLOURS)
    between = distances(colours, colours, eye) + np.eye(len(colours))

    assert between.min() >= distance


def test_no_service_has_the_red_or_amber_of_states() -> None:
    assert distances(list(SERVICE_COLOURS), STATES).min() >= 0.1


def test_each_of_the_banks_services_has_a_colour_of_its_own() -> None:
    colours = assigned(BANK)

    assert len(BANK) == 19
    assert len({colours.of(service) for service in BANK}) == 19
    assert {colours.of(service) for service in BANK} < set(SERVICE_COLOURS)


def test_a_service_more_or_less_changes_few_others() -> None:
    everyone = assigned(BANK)
    changed = {
        left_out: sum(assigned(BANK - {left_out}).of(other) != everyone.of(other) for other in BANK - {left_out})
        for left_out in BANK
    }

    assert max(changed.values()) <= 3, changed


def test_one_that_writes_no_logs_gets_a_colour_that_is_left() -> None:
    colours = assigned(BANK)

    assert colours.of("partner-bank") not in {colours.of(service) for service in BANK}
    assert colours.of("") == NO_SERVICE


def test_more_services_than_colours_share_them_evenly() -> None:
    many = frozenset(f"service-{number}" for number in range(2 * len(SERVICE_COLOURS)))
    given = list(assigned(many).known.values())

    assert {given.count(colour) for colour in SERVICE_COLOURS} == {2}


def test_before_any_service_is_known_a_name_alone_decides() -> None:
    nothing = ServiceColours({})

    assert nothing.of("payments") == nothing.of("payments") == assigned(frozenset({"payments"})).of("payments")


def test_a_service_has_the_same_colour_on_each_page_whoever_else_is_on_it(open_page: OpenPage) -> None:
    lanes = json.loads(open_page("trace", trace_id=story().stuck[0]).get("bidi_component")[0].proto.json)["lanes"]
    services = next(shown for shown in open_page("now").dataframe if shown.proto.alt.startswith("Services"))
    everyone = assigned(frozenset(services.value["service"]))

    assert dict(zip(lanes["service"], lanes["colour"], strict=True)) == {
        service: everyone.of(service) for service in lanes["service"]
    }
    for service in services.value["service"]:
        assert everyone.of(service) in services.proto.arrow_data.styler.styles
