"""`python job_gateway.py`: a gateway as `python -m gateway`, whose jobs run the test's program."""

from gateway.server import run
from gateway.settings import GatewaySettings
from tests.integration.jobs.rig import app

if __name__ == "__main__":
    given = GatewaySettings(_env_file=None)
    run(app(given), given)
