"""Makes the backends importable outside of Triton."""

import sys

from tests.unit.modelserver import stub_utils

sys.modules.setdefault("triton_python_backend_utils", stub_utils.module())
