"""HTML that cannot be broken out of, and tones that say what they mean."""

from dashboard.components.markup import element, joined
from dashboard.shaping.tones import BAD_AGE_SECONDS, SIGNS, tone_of_age, tone_of_error_ratio, tone_of_level
from eventrail.analysis.sentences import STUCK_SECONDS


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
