from tests.unit.gateway.conftest import repository

__all__ = ["repository"]
