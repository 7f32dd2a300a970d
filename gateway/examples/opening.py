"""The parts that keep uploaded examples."""

from gateway.examples.library import ExampleLibrary
from gateway.examples.storage import ExampleStorage
from gateway.examples.uploads import Places, Uploads
from gateway.settings import GatewaySettings


def make_uploads(settings: GatewaySettings, places: Places) -> Uploads:
    """What takes uploads, with the library that it takes them into; the store is opened when it is first used."""
    storage = ExampleStorage(
        settings.examples, endpoint=settings.examples_endpoint, timeout_s=settings.examples_timeout_s
    )
    library = ExampleLibrary(storage)
    problems, rows = settings.max_problems, settings.max_table_rows
    return Uploads(library, places, settings, max_problems=problems, max_rows=rows)
