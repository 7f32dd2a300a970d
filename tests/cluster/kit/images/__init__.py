"""Building images from Dockerfiles, with whatever this machine has, into archives that a cluster can load."""
