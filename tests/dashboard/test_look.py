"""Colours that stay, and HTML that cannot be broken out of."""

import colorsys

from dashboard.components.colours import SERVICE_COLOURS, service_colour
from dashboard.components.markup import element, joined
from dashboard.shaping.tones import BAD_AGE_SECONDS, SIGNS, tone_of_age, tone_of_error_ratio, tone_of_level
from eventrail.analysis.sentences import STUCK_SECONDS

LIGHT, DARK = "#FFFFFF", "#12171D"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_service_has_the_same_colour_in_every_process() -> None:
    assert service_colour("payments") == service_colour("payments")
    assert {service_colour(name) for name in ("payments", "fraud", "cards", "limits")} <= set(SERVICE_COLOURS)


def test_service_colours_stand_out_on_light_and_dark() -> None:
    weak = {colour: (contrast(colour, LIGHT), contrast(colour, DARK)) for colour in SERVICE_COLOURS}

    assert {colour: ratios for colour, ratios in weak.items() if min(ratios) < 3} == {}


def test_no_service_has_the_red_or_amber_of_states() -> None:
    hues = {
        colour: colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0] * 360
        for colour in SERVICE_COLOURS
    }

    assert {colour: round(hue) for colour, hue in hues.items() if hue < 60 or hue > 345} == {}


def test_text_in_markup_is_text() -> None:
    made = element("div", "<b>&", element("i", "\x1b[0m"), title='"quoted"')

    assert made == '<div title="&quot;quoted&quot;">&lt;b&gt;&amp;<i>␛[0m</i></div>'
    assert joined([element("i", "a"), element("i", "b")], " < ") == "<i>a</i> &lt; <i>b</i>"


def test_every_tone_has_a_sign_beside_its_colour() -> None:
    assert all(SIGNS[tone] for tone in ("bad", "warn", "ok", "unknown"))
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_an_age_is_bad_from_where_the_first_sentence_says_stuck() -> None:
    assert BAD_AGE_SECONDS == STUCK_SECONDS


def test_tones_rise_with_age_and_errors() -> None:
    assert [tone_of_age(seconds) for seconds in (None, 0.3, 6.0, 842.0)] == ["plain", "plain", "warn", "bad"]
    assert [tone_of_error_ratio(ratio) for ratio in (None, 0.0, 0.01, 0.5)] == ["plain", "plain", "warn", "bad"]
    assert tone_of_level("unheard of") == "unknown"
