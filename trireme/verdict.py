"""What a job came to: in sentences, and as an exit status."""

from trireme.job_client import Job

REJECTED = 3
"""The exit status of a retrain whose version broke the rule."""


def verdict(job: Job) -> str:
    """One or two sentences about a job."""
    state = job["state"]
    if state == "failed":
        return f"The job failed: {job['reason'] or 'nobody knows why.'}"
    if job.get("result") and job["result"]["kind"] == "retrain":
        return _retrained(job)
    if job.get("result") and job["result"]["kind"] == "drift-report":
        return _reported(job)
    return f"The job is {state}." if state != "cancelled" else "The job was cancelled."


def exit_status(job: Job) -> int:
    """0: it did what was asked; 3: the rule refused the new version; 1: anything else."""
    return {"succeeded": 0, "rejected": REJECTED}.get(job["state"], 1)


def _retrained(job: Job) -> str:
    published, rule = job["result"]["published"], job["result"]["rule"]
    if published is None:
        return f"Nothing was published. {rule}"
    return f"Version {published} of {job['model']} is published. {rule}"


def _reported(job: Job) -> str:
    result = job["result"]
    kind = "a sample of " if result["is_sample"] else ""
    return (
        f"{job['model']} version {result['version']}, {kind}{result['predictions']:,} predictions: "
        f"{len(result['drifted'])} of {len(result['compared'])} columns drifted, says {result['library']}."
    )
