"""Errors of table models: recipes, learning, data, databases.

TrainingError
├── RecipeUnknown               404  recipe-unknown
├── RecipeInvalid               422  recipe-invalid
├── RecipeUnfit                 422  recipe-unfit
│   ├── ParametersRefused       422  parameters-refused
│   └── GraphTooLarge           422  graph-too-large
├── EncodingChanged             500  encoding-changed
└── DataError
    ├── TableFileInvalid        422  table-file-invalid
    ├── ColumnsUnfit            422  table-columns-unfit
    ├── RowsInvalid             422  table-rows-invalid
    ├── DatabaseUnnamed         422  database-unnamed
    ├── DatabaseFailed          502  database-failed
    └── DatabaseTableExists     409  database-table-exists
"""

from training.errors import DataError, TrainingError


class RecipeUnknown(TrainingError):
    """There is no recipe of that name, and no such file."""

    status = 404
    code = "recipe-unknown"
    title = "No such recipe"


class RecipeInvalid(TrainingError):
    """A recipe's file is not YAML, or breaks the schema of recipes."""

    status = 422
    code = "recipe-invalid"
    title = "The recipe is invalid"


class RecipeUnfit(TrainingError):
    """A recipe's parts don't fit together, or not the data."""

    status = 422
    code = "recipe-unfit"
    title = "The recipe doesn't fit"


class ParametersRefused(RecipeUnfit):
    """The estimator doesn't know one of the recipe's parameters, or not that value."""

    code = "parameters-refused"
    title = "The estimator refuses its parameters"


class GraphTooLarge(RecipeUnfit):
    """The model has more nodes than a served graph may have."""

    code = "graph-too-large"
    title = "The model is too large to serve"


class TableFileInvalid(DataError):
    """A file is not the CSV or Parquet file that it should be."""

    status = 422
    code = "table-file-invalid"
    title = "The table's file can't be read"


class ColumnsUnfit(DataError):
    """A table lacks columns that were asked for, or has some that can't be used."""

    status = 422
    code = "table-columns-unfit"
    title = "The table's columns don't fit"


class RowsInvalid(DataError):
    """Rows of a table break the rules of their columns."""

    status = 422
    code = "table-rows-invalid"
    title = "The table has invalid rows"


class DatabaseUnnamed(DataError):
    """The database's URL is missing, or is none of PostgreSQL or SQLite."""

    status = 422
    code = "database-unnamed"
    title = "No usable database is named"


class DatabaseFailed(DataError):
    """The database can't be reached, or refuses."""

    status = 502
    code = "database-failed"
    title = "The database refuses"


class DatabaseTableExists(DataError):
    """The table to load into exists already."""

    status = 409
    code = "database-table-exists"
    title = "The database's table exists already"


class EncodingChanged(TrainingError):
    """Rows that were read back from their features don't become the same features again."""

    code = "encoding-changed"
    title = "A row doesn't become the same features again"
