"""Load on a running Trireme, from outside: clients that know nothing of its code."""
