"""The wire of benchmarks/protocol.ts as a peer holds it.

Questions and answers have the real stdout to themselves; whatever libraries print goes to stderr, so this is imported
before them.
"""

import json
import os
import resource
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def serve(answer):
    """Answers each question with `answer(question, state)`, until stdin ends; the state is what answers keep."""
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), state)
        except Exception as error:  # the asker decides what a failure means
            reply = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(reply), file=answers, flush=True)


def peak_bytes():
    """The largest that this process has been."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
