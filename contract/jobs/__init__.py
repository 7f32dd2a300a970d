"""The job contract: what the gateway writes down for a job, and what the job writes down for the gateway."""
