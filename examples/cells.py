"""Write a table to play with: measurements of cells, each with a diagnosis (`python examples/cells.py cells.csv`).

The data are the breast cancer set of Wisconsin as scikit-learn carries it; some values are removed.
"""

import csv
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

MISSING_EVERY = 50


def main(target: Path) -> None:
    """569 rows: a key, 30 numbers, and the diagnosis."""
    found = load_breast_cancer()
    names = [name.replace(" ", "_") for name in found.feature_names]
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["cell", *names, "diagnosis"])
        for index, (values, label) in enumerate(zip(found.data.tolist(), found.target, strict=True)):
            if index % MISSING_EVERY == 0:
                values[0] = ""
            writer.writerow([f"cell-{index}", *values, found.target_names[label]])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
