"""The job that a gateway starts to retrain or to evaluate a model: `python -m training.retrain`."""
