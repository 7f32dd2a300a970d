"""A hermetic Kubernetes with KServe, for tests: made as root on Linux from package registries alone.

`docs/cluster.md` explains it. The parts, from the bottom: `modules`, `build` and `images` make programs and images;
`keeper`, `init` and `daemons` run a cluster in namespaces of its own; `hermetic`, `kind` and `existing` are the three
places a cluster comes from, and `provider` chooses one.
"""
