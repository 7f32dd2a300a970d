"""The full report of a version's drift, made by Evidently in a job."""
