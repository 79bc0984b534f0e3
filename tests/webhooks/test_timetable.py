"""When a message is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artel.webhooks.timetable import LAST_TRY_S, TRIES_S, next_try

QUEUED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(elapsed_s: float, *, chance: float = 0.5, wish_s: float | None = None, took_s: float = 0) -> float | None:
    tried_at = QUEUED + timedelta(seconds=elapsed_s)
    due = next_try(QUEUED, tried_at, wish_s=wish_s, now=tried_at + timedelta(seconds=took_s), chance=lambda: chance)
    return None if due is None else (due - QUEUED).total_seconds()


def test_the_times() -> None:
    elapsed: float | None = 0.0
    seen = []
    while elapsed is not None:
        seen.append(elapsed)
        elapsed = after(elapsed)
    assert seen == [0, 5, 300, 1800, 7200, 18000, 36000, 86400]


def test_jitter_is_a_tenth_and_the_last_has_none() -> None:
    assert after(0, chance=0) == pytest.approx(4.5)
    assert after(0, chance=1) == pytest.approx(5.5)
    assert after(7200, chance=0) == pytest.approx(16200)
    assert after(36000, chance=0) == after(36000, chance=1) == LAST_TRY_S


def test_what_was_missed_is_not_made_up_for() -> None:
    assert after(4 * 3600) == 5 * 3600
    assert after(23 * 3600) == LAST_TRY_S
    assert after(LAST_TRY_S) is None
    assert after(30 * 3600) is None


def test_a_late_answer_means_at_once() -> None:
    assert after(0, took_s=10) == 10


def test_a_receivers_wish() -> None:
    assert after(0, wish_s=60) == 60
    assert after(0, wish_s=1) == 5  # sooner than the timetable is not sooner
    assert after(0, wish_s=10**9) == 7200
    assert after(36000, wish_s=7200) == LAST_TRY_S
    assert after(23.5 * 3600, wish_s=7200) == LAST_TRY_S  # the last is never put off


@given(
    st.lists(st.tuples(st.floats(0, 1), st.none() | st.floats(0, 10**6), st.floats(0, 11)), min_size=10, max_size=10)
)
def test_whatever_the_chance_there_are_eight_tries_at_most_and_the_last_is_a_days_end(
    tries: list[tuple[float, float | None, float]],
) -> None:
    elapsed, count, last = 0.0, 0, 0.0
    for chance, wish_s, took_s in tries:
        count += 1
        last = elapsed
        following = after(elapsed, chance=chance, wish_s=wish_s, took_s=took_s)
        if following is None:
            break
        assert following >= elapsed
        elapsed = following
    else:
        pytest.fail("it never ends")
    assert count <= len(TRIES_S) + 1
    assert last == pytest.approx(LAST_TRY_S, abs=12)
