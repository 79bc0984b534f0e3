"""The local days that a recurrence rule meets: found for whole arrays of days, so that no rule expands for ever."""

import numpy as np

from artel.schedules.hours import Recurrence
from artel.schedules.zones import DAY, Mask, Minutes

MONDAY = 3  # 1970-01-01 was a Thursday: day + MONDAY counts from a Monday


def days_met(recurrence: Recurrence, days: Minutes) -> Minutes:
    """The hours that the rule begins on these days, in three rows: day, opens, closes."""
    met = days[meets(recurrence, days)]
    spans = [(met, np.full_like(met, opens), np.full_like(met, closes)) for opens, closes in recurrence.hours]
    columns = np.concatenate([np.stack(span) for span in spans], axis=1)
    begins = columns[0] * DAY + columns[1]
    keep = np.ones(begins.size, dtype=np.bool_)
    if recurrence.first_minute is not None:
        keep &= begins >= recurrence.first_minute
    if recurrence.last_minute is not None:
        keep &= begins <= recurrence.last_minute
    return columns[:, keep]


def meets(recurrence: Recurrence, days: Minutes) -> Mask:
    met: Mask
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    every = recurrence.interval
    first = np.array([recurrence.first_day])
    first_month = first.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if recurrence.frequency == "DAILY":
        met = (days - first) % every == 0
    elif recurrence.frequency == "WEEKLY":
        met = (week_number(days, recurrence.week_start) - week_number(first, recurrence.week_start)) % every == 0
    elif recurrence.frequency == "MONTHLY":
        met = (months - first_month) % every == 0
    else:
        met = (months // 12 - first_month // 12) % every == 0
    met &= days >= first
    if recurrence.months:
        met &= np.isin(months % 12 + 1, recurrence.months)
    if recurrence.month_days:
        number, length = place_in_period(days, months, 1)
        met &= np.isin(number, recurrence.month_days) | np.isin(number - length - 1, recurrence.month_days)
    if recurrence.weekdays:
        is_of_year = recurrence.frequency == "YEARLY" and not recurrence.months
        number, length = place_in_period(days, months, 12 if is_of_year else 1)
        met &= weekday_named(recurrence.weekdays, days, number, length)
    return met


def week_number(days: Minutes, week_start: int) -> Minutes:
    return (days + MONDAY - (week_start - 1)) // 7


def place_in_period(days: Minutes, months: Minutes, months_long: int) -> tuple[Minutes, Minutes]:
    """Each day's number in its month or year, from 1, and how many days that has."""
    begin = months - months % months_long
    start, end = first_day_of(begin), first_day_of(begin + months_long)
    return days - start + 1, end - start


def first_day_of(months: Minutes) -> Minutes:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def weekday_named(weekdays: tuple[tuple[int, int], ...], days: Minutes, number: Minutes, length: Minutes) -> Mask:
    weekday = (days + MONDAY) % 7 + 1
    nth, nth_to_last = (number - 1) // 7 + 1, -((length - number) // 7 + 1)
    named = np.zeros(days.size, dtype=np.bool_)
    for which, day in weekdays:
        fits = weekday == day
        named |= fits & ((nth == which) | (nth_to_last == which)) if which else fits
    return named
