import pytest

from training.tracking import delivery
from training.tracking.delivery import MAX_FAILURES, MAX_REASON, REST_S, Delivery, reason
from training.tracking.notes import Ending, Note, Point
from training.tracking.tracker import Untracked

END = Ending(reason="Over.", interrupted=False)


class Moody(Untracked):
    """A tracker that takes epochs while it is there."""

    def __init__(self) -> None:
        self.away: Exception | None = None
        self.taken: list[int] = []
        self.calls = 0
        self.ended = False
        self.closed = False

    def epoch(self, point: Point) -> None:
        self.calls += 1
        if self.away:
            raise self.away
        self.taken.append(point.number)

    def fail(self, ending: Ending) -> None:
        if self.away:
            raise self.away
        self.ended = True

    def close(self) -> None:
        self.closed = True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def moody() -> Moody:
    return Moody()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told(moody: Moody, clock: Clock) -> Delivery:
    return Delivery("Moody", lambda: moody, clock)


def point(number: int) -> Point:
    return Point(number=number, metrics={"loss": 1.0})


def test_what_a_tracker_missed_while_it_was_away_it_is_told_in_order_when_it_is_back(
    told: Delivery, moody: Moody, clock: Clock
) -> None:
    moody.away = ConnectionError("refused")
    assert told.take(point(1)) == "Moody is away: refused; the work goes on without it."
    moody.away = None
    assert told.take(point(2)) is None
    assert moody.taken == []
    clock.now = REST_S
    assert told.take(point(3)) is None
    assert moody.taken == [1, 2, 3]


def test_a_tracker_that_is_away_is_not_asked_at_each_epoch_and_told_of_once(
    told: Delivery, moody: Moody, clock: Clock
) -> None:
    moody.away = ConnectionError("refused")
    sentences = [told.take(point(number)) for number in range(1, 100)]
    assert [sentence for sentence in sentences if sentence] == sentences[:1]
    assert moody.calls == 1


def test_the_end_of_a_run_is_told_even_while_a_tracker_rests(told: Delivery, moody: Moody) -> None:
    moody.away = ConnectionError("refused")
    told.take(point(1))
    moody.away = None
    told.take(END)
    assert moody.taken == [1]
    assert moody.ended


def test_after_some_failures_in_a_row_a_tracker_is_left_alone(told: Delivery, moody: Moody, clock: Clock) -> None:
    moody.away = ConnectionError("refused")
    for number in range(1, MAX_FAILURES + 10):
        clock.now += 10_000
        told.take(point(number))
    assert moody.calls == MAX_FAILURES
    moody.away = None
    assert told.take(END) is None
    assert told.close() is None
    assert not moody.ended
    assert not moody.closed


def test_failures_that_are_not_in_a_row_turn_no_tracker_off(told: Delivery, moody: Moody, clock: Clock) -> None:
    for number in range(1, 2 * MAX_FAILURES + 1):
        clock.now += 10_000
        moody.away = ConnectionError("refused") if number % 2 else None
        told.take(point(number))
    assert moody.taken == list(range(1, 2 * MAX_FAILURES + 1))


def test_notes_that_wait_are_limited(told: Delivery, moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MAX_WAITING", 3)
    moody.away = ConnectionError("refused")
    for number in range(1, 100):
        told.take(point(number))
    assert len(told._waiting) == 3


def test_a_tracker_that_can_t_be_made_is_away_and_made_later(moody: Moody) -> None:
    attempts = iter([None, None, moody])
    delivered = Delivery("Moody", lambda: next(attempts) or _missing())
    delivered.open()
    notes: list[Note] = [END, END]
    said = [delivered.take(note) for note in notes]
    assert said == ["Moody is away: No module named 'moody'; the work goes on without it.", None]
    assert moody.ended


def _missing() -> Moody:
    raise ModuleNotFoundError("No module named 'moody'")


def test_a_tracker_is_closed_once_it_has_all(told: Delivery, moody: Moody) -> None:
    moody.away = ConnectionError("refused")
    told.take(point(1))
    moody.away = None
    assert told.close() is None
    assert moody.taken == [1]
    assert moody.closed


def test_a_tracker_that_was_told_nothing_is_not_made_to_be_closed() -> None:
    assert Delivery("Moody", _missing).close() is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("two\nlines  of text."), "two lines of text"),
        (TimeoutError(), "TimeoutError"),
        (OSError("no answer from https://me:secret@host/api"), "no answer from https://host/api"),
    ],
)
def test_a_reason_is_one_line_without_passwords(error: Exception, expected: str) -> None:
    assert reason(error) == expected


def test_a_reason_is_short() -> None:
    assert len(reason(ValueError("x" * 1_000))) == MAX_REASON
