"""Files of tables, by their endings."""

from pathlib import Path

from training.errors import DataUnknown
from training.tables.data.csv_file import CsvFile
from training.tables.data.parquet_file import ParquetFile
from training.tables.data.source import Source
from training.tables.errors import TableFileInvalid

ENDINGS = (".csv", ".tsv", ".parquet")


def open_file(path: Path, delimiter: str | None = None) -> Source:
    """A CSV or Parquet file; raises `DataUnknown` where there is none, `TableFileInvalid` for another ending."""
    if not path.is_file():
        raise DataUnknown(f"There is no file {path}.")
    match path.suffix.lower():
        case ".parquet":
            return ParquetFile(path)
        case ".tsv":
            return CsvFile(path, delimiter or "\t")
        case ".csv":
            return CsvFile(path, delimiter or ",")
        case _:
            raise TableFileInvalid(f"The file {path.name} must end with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
