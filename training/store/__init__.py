"""The object store of versions: pushing a version into it, and fetching what a job needs of it."""
