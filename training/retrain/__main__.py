"""`python -m training.retrain --job ID --attempt N`, or the same by TRAINING_JOB and TRAINING_ATTEMPT."""

import sys

from training.retrain.stops import stops

if __name__ == "__main__":
    with stops() as stop:
        # Not before: a stop must not meet the seconds that the imports take without somebody who notes it.
        from training.retrain.command import main

        sys.exit(main(stop))
