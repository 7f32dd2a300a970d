"""The Bayes limit: the ROC-AUC of the generator's own probabilities, which no model can surpass but by luck."""

import numpy as np
import pyarrow as pa

from training.tables.credit.draws import Numbers
from training.tables.credit.plan import SPLITS


def bayes_roc_auc(probabilities: Numbers) -> float:
    """Of all pairs of one who defaults and one who doesn't, the share in which the first has the higher probability.

    `probabilities`, float64 [n], are those by which the labels were drawn. The share is that of the expected counts over
    all draws of labels: the sum of p_i (1 - p_j) over pairs with i above j, ties half, by the sum over all pairs.
    """
    values, ranks = np.unique(probabilities, return_inverse=True)
    positive, negative = values * 0.0, values * 0.0
    np.add.at(positive, ranks, probabilities)
    np.add.at(negative, ranks, 1.0 - probabilities)
    own = float(np.sum(probabilities * (1.0 - probabilities)))  # nobody is a pair with himself
    below = np.cumsum(negative) - negative
    ranked = float(np.sum(positive * below)) + (float(np.sum(positive * negative)) - own) / 2
    return ranked / (float(positive.sum() * negative.sum()) - own)


def bayes_limits(outcomes: pa.Table) -> dict[str, float]:
    """The Bayes ROC-AUC of each split of a generated table `outcomes`."""
    splits = np.asarray(outcomes["split"].cast(pa.string()).to_pylist())
    probabilities = outcomes["probability"].to_numpy()
    return {split: bayes_roc_auc(probabilities[splits == split]) for split in SPLITS}
