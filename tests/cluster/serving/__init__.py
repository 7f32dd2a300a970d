"""What the tests of serving need in a cluster: images, stores, the chart, and a way in."""
