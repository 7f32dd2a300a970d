"""A run's figures as one flat document, which tools such as DVC show and compare."""

from typing import Any

from contract.metrics import Evaluation

Figures = dict[str, Any]


def figures(evaluation: Evaluation) -> Figures:
    """The figures by their names, those of a label below `classes`; what isn't defined is left out."""
    content = evaluation.model_dump(mode="json", exclude={"split", "confusion", "classes"}, exclude_none=True)
    classes = (one.model_dump(mode="json", exclude_none=True) for one in evaluation.classes)
    return {**content, "classes": {one.pop("label"): one for one in classes}}
