"""Every op case against what the reference loops give in f64, on poisoned memory, three runs with the same bits.

The first run of a program goes instruction by instruction, the second is recorded, the third replayed.
"""

import numpy as np

from abi import Failure
from cases import GAP, Loaded, digest, numbers_of

# Differences of the sums alone: they are added in another order than where they were written.
SAME = 1e-12


def relative_error(numbers, expected):
    """Of a result against its digest: an estimate of ||out - ref|| / ||ref||; NaN where `numbers` has one."""
    difference = np.sqrt(np.mean((digest(numbers) - np.array(expected["sums"])) ** 2))
    return difference / expected["norm"] if expected["norm"] > 0 else difference


def check_case(device, case, runs):
    """The errors of the case's results, and what is wrong with them."""
    loaded = Loaded(device, case)
    try:
        states = []
        for _ in range(runs):
            loaded.poison_state()
            loaded.fill_state()
            loaded.run("run")
            states.append(loaded.state.read(0, case.record["stateBytes"]))
    finally:
        loaded.free()
    faults, results, gaps = [], [], states[0].copy()
    if any((state != states[0]).any() for state in states):
        faults.append("recorded or replayed runs give other bits than the first")
    places = {place.name: place for place in case.state}
    for place in case.state:
        gaps[place.offset : place.offset + place.size] = GAP
    if (gaps != GAP).any():
        faults.append(f"byte {int(np.argmax(gaps != GAP))} of the state is outside every result and was written")
    for expected in case.record["expected"]:
        place = places[expected["name"]]
        data = states[0][place.offset : place.offset + place.size]
        error = float(relative_error(numbers_of(data, place.dtype), expected))
        allowed = max(expected["allowed"], SAME)
        results.append({"result": place.name, "error": error, "allowed": allowed})
        if not error <= allowed:
            faults.append(f"{place.name} is off by {error:.3g}, allowed {allowed:.3g}")
    return results, faults


def checks(session, cases, runs=3):
    """Emits one record a case. One run is enough where somebody else watches the kernels."""
    for case in cases:
        record = {"id": case.name, "op": case.name.split(" ")[0], "dtype": case.dtype}
        try:
            record["results"], record["faults"] = check_case(session.device, case, runs)
        except Failure as failure:
            record["results"], record["faults"] = [], [str(failure)]
        session.emit("checks", {**record, "ok": not record["faults"]})
