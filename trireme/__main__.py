"""`python -m trireme`."""

from trireme.main import main

if __name__ == "__main__":
    main()
