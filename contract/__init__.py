"""What all sides of Trireme agree on: version cards, input schemas, preprocessing, artefact layout and digests.

The contract imports nothing else of the project and no machine-learning framework.
"""

__version__ = "0.1.0"
