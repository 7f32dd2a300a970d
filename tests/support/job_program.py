"""A program that speaks the job contract, and does what the note of its job says, instead of training.

`python job_program.py --job ID --attempt N`: `succeed` ends well; `reject` publishes nothing; `wait` beats until it is
asked to end, and then puts itself back; `silent` says nothing after its start; `deaf` beats and hears nothing; `die`
writes a line and fails;
`mute` ends without a word; `talk` writes many lines of all kinds. It speaks plain SQL, because it starts in a tenth of
the time that SQLAlchemy takes.
"""

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

BEAT_S = 0.1
RETRAINED = {
    "kind": "retrain",
    "run": "20260101-000000-tiny",
    "champion": 1,
    "published": 2,
    "rule": "The new version is not worse by more than 0.2 points.",
    "examples_added": 3,
    "accuracy": 0.5,
}
SCORES = {"precision": 0.5, "recall": 0.5, "f1": 0.5}
EVALUATED = {
    "kind": "evaluate",
    "version": 1,
    "data": "test",
    "digest": "0" * 64,
    "evaluation": {
        "split": "test",
        "examples": 2,
        "accuracy": 0.5,
        "macro": SCORES,
        "weighted": SCORES,
        "roc_auc": 0.5,
        "classes": [{**SCORES, "label": label, "support": 1, "roc_auc": 0.5} for label in "ab"],
        "confusion": [[1, 0], [1, 0]],
    },
    "curves": [{"label": "a", "roc": [[0, 0], [1, 1]], "precision_recall": [[0, 1], [1, 0.5]]}],
    "server": "Triton 2.60",
}


class Sqlite:
    """The tables in a file, as SQLAlchemy writes them there."""

    away: tuple[type[Exception], ...] = (sqlite3.OperationalError,)

    def __init__(self, url: str) -> None:
        self._path = url.removeprefix("sqlite:///")

    def run(self, *statements: tuple[str, Sequence[Any]]) -> list[Any]:
        """Run statements in one transaction; the rows of the last one, or how many rows it changed."""
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                done = connection.execute(statement, values)
                rows = done.fetchall() if done.description else [(done.rowcount,)]
                if rows == [(0,)]:
                    break
            connection.execute("COMMIT")
        finally:
            connection.close()
        return rows

    def id(self, text: str) -> str:
        return uuid.UUID(text).hex

    def now(self) -> str:
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class Postgresql:
    """The same in a server."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._psycopg = psycopg
        self._url = url
        self.away: tuple[type[Exception], ...] = (psycopg.OperationalError,)

    def run(self, *statements: tuple[str, Sequence[Any]]) -> list[Any]:
        """As above."""
        with self._psycopg.connect(self._url, connect_timeout=2) as connection:
            for statement, values in statements:
                done = connection.execute(statement.replace("?", "%s").encode(), values)
                rows = done.fetchall() if done.description else [(done.rowcount,)]
                if rows == [(0,)]:
                    break
        return rows

    def id(self, text: str) -> uuid.UUID:
        return uuid.UUID(text)

    def now(self) -> datetime:
        return datetime.now(UTC)


# The texts that make up statements are this file's own.
# ruff: noqa: S608
MINE = "WHERE id = ? AND attempt = ? AND state IN ('starting', 'running')"


class Row:
    """The job's own row, changed as this attempt only."""

    def __init__(self, url: str, job: str, attempt: int) -> None:
        self.database = Sqlite(url) if url.startswith("sqlite") else Postgresql(url)
        self._key = (self.database.id(job), attempt)

    def note(self) -> str:
        ((found,),) = self.database.run((f"SELECT parameters FROM jobs {MINE}", self._key)) or [({},)]
        parameters = json.loads(found) if isinstance(found, str) else found
        name: str = parameters.get("note") or parameters.get("kind", "gone")
        return name

    def is_cancelled(self) -> bool:
        ((found,),) = self.database.run((f"SELECT cancel_asked FROM jobs {MINE}", self._key)) or [(False,)]
        return bool(found)

    def set(self, state: str | None = None, **values: Any) -> None:
        given = {"heartbeat": self.database.now(), **values, **({} if state is None else {"state": state})}
        texts = [json.dumps(value) if isinstance(value, dict) else value for value in given.values()]
        changed = f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in given)} {MINE}", [*texts, *self._key]
        told = [] if state is None else [self._event("state", {"state": state})]
        told += [self._event("progress", values["progress"])] if "progress" in values else []
        if self.database.run(changed, *told) == [(0,)]:
            sys.exit("superseded")

    def end(self, state: str, **values: Any) -> None:
        over = {} if state == "queued" else {"ended": self.database.now()}
        self.set(state, lane=None, **over, **values)

    def _event(self, kind: str, data: dict[str, Any]) -> tuple[str, Sequence[Any]]:
        values = (self._key[0], self.database.now(), kind, json.dumps(data))
        return "INSERT INTO job_events (job_id, time, kind, data) VALUES (?, ?, ?, ?)", values


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", required=True)
    parser.add_argument("--attempt", type=int, required=True)
    asked = parser.parse_args()
    print(f"attempt {asked.attempt} begins", flush=True)
    row = Row(os.environ["TRAINING_DATABASE"], asked.job, asked.attempt)
    row.set("running", progress={"stage": "training", "epoch": 1, "epochs": 2})
    WORK[row.note()](row)


def succeed(row: Row) -> None:
    row.end("succeeded", result=RETRAINED)


def reject(row: Row) -> None:
    row.end("rejected", result={**RETRAINED, "published": None, "rule": "The new version is worse by 3.0 points."})


def evaluate(row: Row) -> None:
    row.end("succeeded", result=EVALUATED)


def wait(row: Row) -> None:
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())

    def watch() -> None:
        sys.stdin.read()
        asked.set()

    threading.Thread(target=watch, daemon=True).start()
    while not asked.wait(BEAT_S) and not patient(row, row.is_cancelled):
        patient(row, row.set)
    row.end("cancelled" if row.is_cancelled() else "queued")


def patient(row: Row, work: Callable[[], Any]) -> Any:
    """As a real job: a database that is away is waited for."""
    while True:
        try:
            return work()
        except row.database.away:
            time.sleep(BEAT_S)


def deaf(row: Row) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        row.set()
        time.sleep(BEAT_S)


def silent(_row: Row) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def die(_row: Row) -> None:
    print("there is nothing to train on", file=sys.stderr, flush=True)
    os._exit(7)


def talk(row: Row) -> None:
    sys.stdout.write(
        "epoch 1\repoch 1, done\n\n\x1b[31mred\x07\n" + "x" * 5000 + "\n" + "caf\N{LATIN SMALL LETTER E WITH ACUTE}\n"
    )
    sys.stdout.write("".join(f"line {number}\n" for number in range(3000)))
    sys.stdout.flush()
    succeed(row)


def environment(row: Row) -> None:
    print(json.dumps(sorted(name for name in os.environ if name.startswith(("GATEWAY_", "TRAINING_")))), flush=True)
    print(f"nice {os.getpriority(os.PRIO_PROCESS, 0)}", flush=True)
    succeed(row)


WORK: dict[str, Callable[[Row], None]] = {
    "succeed": succeed,
    "retrain": succeed,
    "reject": reject,
    "evaluate": evaluate,
    "wait": wait,
    "deaf": deaf,
    "silent": silent,
    "die": die,
    "mute": lambda _row: None,
    "talk": talk,
    "environment": environment,
}

if __name__ == "__main__":
    main()
