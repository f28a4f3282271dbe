"""When a job's file must have come, and which one has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from importer.documents import near, read_document
from importer.errors import Mistake, UnusableInputError
from importer.language import tr
from importer.timetables import exception_of, time_of, weekdays, zone_of

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from importer.job_settings import ExpectSection
    from importer.settings import Settings
    from importer.state import JobState

_LATE = timedelta(hours=6)
"""So long after a deadline, on the same date, a file is that day's and not the next one's."""
_MOST_NAMED = 20
_FARTHEST = 800
"""So many days are looked at for one with a file; fewer are never left out for a reason."""
_DAY = timedelta(days=1)
_REMEMBERED = 50
"""So many of the newest files say when one came last."""


class Expectation:
    """When a job's file must have come.

    A file belongs to the first expected day whose deadline follows it; one that comes late, less
    than six hours after a deadline and on the same date, is that day's. So one that comes in the
    evening before, at night or over a weekend counts, and one that came late hides no other.

    Of a deadline that a change of the clocks makes twice, the later one counts; one that it leaves
    out is as much later as the clocks went forward.

    Raises UnusableInputError for holidays that are not known, or without their package.
    """

    def __init__(self, section: ExpectSection) -> None:
        exceptions = [exception_of(text) for text in section.exceptions]
        self._days = weekdays(section.days)
        self._by = time_of(section.by)
        self._zone = zone_of(section.time_zone) if section.time_zone else None
        self._dates = frozenset(one for one in exceptions if isinstance(one, date))
        self._calendars: list[Container[date]] = [
            _calendar(*one) for one in exceptions if isinstance(one, tuple)
        ]

    def missing(self, now: datetime, first: datetime, came: Sequence[datetime]) -> date | None:
        """Give the newest expected day whose file has not come although its deadline is past.

        ``first``: the job's first start; nothing was expected before it. ``came``: when files were
        picked up. Moments need a time zone.
        """
        due = self._expected_before(self._date(now) + 2 * _DAY)
        day = next((day for day in due if self._deadline(day) <= now), None)
        if day is None or self._deadline(day) <= first:
            return None
        before = next(self._expected_before(day), None)
        if before is None:
            return None if came else day
        since = min(self._late_until(before), self._deadline(day))
        return None if any(since <= moment for moment in came) else day

    def next_deadline(self, now: datetime) -> datetime | None:
        """Give the next moment by which a file must have come, in UTC; None: none ever must."""
        start = self._date(now) - _DAY
        days = (start + step * _DAY for step in range(_FARTHEST))
        deadlines = (self._deadline(day) for day in days if self._is_expected(day))
        return next((deadline for deadline in deadlines if deadline > now), None)

    def _is_expected(self, day: date) -> bool:
        return (
            day.weekday() in self._days
            and day not in self._dates
            and not any(day in calendar for calendar in self._calendars)
        )

    def _expected_before(self, day: date) -> Iterator[date]:
        days = (day - step * _DAY for step in range(1, _FARTHEST))
        return (day for day in days if self._is_expected(day))

    def _deadline(self, day: date) -> datetime:
        return self._moment(day, self._by)

    def _late_until(self, day: date) -> datetime:
        return min(self._deadline(day) + _LATE, self._moment(day + _DAY, time()))

    def _moment(self, day: date, at: time) -> datetime:
        """Give what the clocks of the zone show as a moment; the later one where they differ."""
        shown = datetime.combine(day, at, self._zone)
        return max(shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()


def missing_day(expect: ExpectSection | None, state: JobState, now: datetime) -> date | None:
    """Give the day whose file has not come to a job, as ``missing`` tells; None: none is missed."""
    if expect is None:
        return None
    came = [one.taken for one in state.pick_ups(_REMEMBERED)]
    return Expectation(expect).missing(now, state.standing().first or now, came)


def check_calendars(settings: Settings) -> None:
    """Refuse holidays that there are not, in all jobs at once, where their package is installed.

    Raises:
        UnusableInputError: with the place of each in ``importer.yaml``.
    """
    written = [
        (name, index, exception_of(text))
        for name, job in settings.jobs.items()
        if job.expect is not None
        for index, text in enumerate(job.expect.exceptions)
    ]
    wrong: list[tuple[str, int, str]] = []
    for name, index, exception in written:
        if isinstance(exception, tuple):
            wrong += [(name, index, one) for one in _unknown(*exception)]
    if wrong:
        raise UnusableInputError(*_placed(settings.file, wrong))


def _placed(file: str, wrong: Iterable[tuple[str, int, str]]) -> Iterator[Mistake]:
    document = read_document(Path(file))
    for name, index, sentence in wrong:
        place = f"jobs.{name}.expect.except"
        said = tr("{place}: {sentence}", place=place, sentence=sentence)
        yield document.mistake(said, "jobs", name, "expect", "except", index)


def _unknown(country: str, part: str) -> Iterator[str]:
    """Say what is wrong with a calendar; nothing where that cannot be known."""
    try:
        import holidays
    except ImportError:
        return
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        yield tr(
            'there are no holidays of "{country}": write the two letters of a country, such as '
            "holidays:CA or holidays:FR",
            country=country,
        )
    elif part and part not in known[country]:
        parts = known[country]
        if not parts:
            yield tr(
                "the holidays of {country} are the same everywhere: write holidays:{country}",
                country=country,
            )
            return
        yield tr(
            '"{part}" is no part of {country} with holidays of its own (there are: {known}).{hint}',
            part=part,
            country=country,
            known=", ".join((*parts[:_MOST_NAMED], "…")[: len(parts)]),
            hint=near(part, parts),
        )


def _calendar(country: str, part: str) -> Container[date]:
    """Give the public holidays of a country, or of a part of it, with the days they are kept on."""
    try:
        import holidays
    except ImportError as error:
        raise UnusableInputError(
            tr(
                "The holidays of {country} are needed (`expect` in importer.yaml). "
                "Run: pip install 'importer[nights]'",
                country=country,
            )
        ) from error
    wrong = [*_unknown(country, part)]
    if wrong:
        raise UnusableInputError(*wrong)
    # Also the days on which a holiday is kept that falls on a weekend.
    return holidays.country_holidays(country, subdiv=part or None, observed=True)
