"""The Bayes limit: the ROC-AUC of the generator's own probabilities, which no model can surpass but by luck."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.tables.credit.draws import Numbers
from training.tables.credit.plan import SPLITS


def bayes_roc_auc(probabilities: Numbers) -> float:
    """Of all pairs of one who defaults and one who doesn't, the share in which the first has the higher probability.

    `probabilities`, float64 [n], are those by which the labels were drawn. The share is that of the expected counts
    over all draws of labels: the sum of p_i (1 - p_j) over pairs with i above j, ties half, by the sum over all pairs.
    """
    values, ranks = np.unique(probabilities, return_inverse=True)
    positive, negative = values * 0.0, values * 0.0
    np.add.at(positive, ranks, probabilities)
    np.add.at(negative, ranks, 1.0 - probabilities)
    own = float(np.sum(probabilities * (1.0 - probabilities)))  # nobody is a pair with himself
    below = np.cumsum(negative) - negative
    ranked = float(np.sum(positive * below)) + (float(np.sum(positive * negative)) - own) / 2
    return ranked / (float(positive.sum() * negative.sum()) - own)


def describe(outcomes: pa.Table) -> dict[str, dict[str, float]]:
    """Of each split of a generated table `outcomes`: `applications`, share `defaulted`, and `bayes_roc_auc`."""
    splits = outcomes["split"].cast(pa.string()).combine_chunks()
    parts = {split: outcomes.filter(pc.equal(splits, split)) for split in SPLITS}
    return {split: _figures(part) for split, part in parts.items()}


def _figures(part: pa.Table) -> dict[str, float]:
    return {
        "applications": len(part),
        "defaulted": float(part["defaulted"].to_numpy().mean()),
        "bayes_roc_auc": bayes_roc_auc(part["probability"].to_numpy()),
    }
