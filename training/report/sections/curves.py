"""Training curves: loss, accuracies and learning rate by epoch."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from training.report import style
from training.report.material import History, Material
from training.report.section import Section
from training.report.words import percent, points

APART = 0.03
"""Training and validation accuracy drift apart when they differ by more than this at the end."""

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """The epochs' figures, float64 [epochs] each."""

    loss: Series
    accuracy: Series
    validation: Series
    rate: Series

    @classmethod
    def of(cls, history: History) -> "Course":
        """From a run's history; what an entry lacks is NaN."""
        keys = ("loss", "accuracy", "validation_accuracy", "learning_rate")
        return cls(*(np.array([_number(entry.get(key)) for entry in history]) for key in keys))

    @property
    def epochs(self) -> Series:
        """The epochs' numbers, from 1."""
        return np.arange(1.0, len(self.loss) + 1)

    @property
    def best(self) -> int:
        """The position of the first epoch with the best validation accuracy."""
        return int(np.argmax(np.nan_to_num(self.validation, nan=-1.0)))


def section(material: Material) -> Section | None:
    """The section, where the history is known."""
    if not material.history:
        return None
    course = Course.of(material.history)
    return Section("training-curves", "Training curves", sentence(course), lambda: _draw(course))


def sentence(course: Course) -> str:
    """Which epoch was best, and whether training and validation drift apart."""
    return f"{_best(course)}; {_gap(float(course.accuracy[-1] - course.validation[-1]))}."


def _best(course: Course) -> str:
    epochs, best, last = len(course.loss), course.best, float(course.validation[-1])
    top = percent(float(course.validation[best]))
    if epochs == 1:
        return f"The only epoch ended with {top} of the validation pictures right"
    if best == epochs - 1:
        return f"The last of {epochs} epochs was the best on the validation pictures, with {top} right"
    lost = points(float(course.validation[best]) - last)
    end = "no later one was better" if course.validation[best] == last else f"the last one has {lost} less"
    return f"Epoch {best + 1} of {epochs} was the best on the validation pictures, with {top} right, and {end}"


def _gap(gap: float) -> str:
    if gap > APART:
        return f"at the end it is {points(gap)} better on training than on validation pictures: they drift apart"
    if gap < -APART:
        return f"at the end it is {points(gap)} better on validation than on its augmented training pictures"
    return f"at the end training and validation are {points(gap)} apart"


def _draw(course: Course) -> Figure:
    figure = style.figure(2.9)
    loss, accuracy, rate = figure.subplots(1, 3)
    _line(loss, course, course.loss, style.BLUE, "loss")
    loss.set_title("Loss (training)")
    _line(accuracy, course, course.accuracy, style.BLUE, "training")
    _line(accuracy, course, course.validation, style.RED, "validation")
    accuracy.axvline(course.best + 1, color=style.GREY, linestyle=":", zorder=0)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    accuracy.set_title("Accuracy")
    accuracy.legend(loc="lower right")
    _line(rate, course, course.rate, style.GREEN, "rate")
    rate.set_title("Learning rate after the epoch")
    for axes in (loss, accuracy, rate):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    return figure


def _line(axes: Axes, course: Course, values: Series, colour: str, name: str) -> None:
    marker = "o" if len(values) <= 20 else ""
    axes.plot(course.epochs, values, color=colour, label=name, marker=marker, markersize=3.5)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
