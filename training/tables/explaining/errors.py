"""Why a model has no explanations; never seen by users as an error, but as a reason."""


class Unexplained(Exception):
    """The model's form or size allows no exact explanation; the message is a clause without a full stop."""
