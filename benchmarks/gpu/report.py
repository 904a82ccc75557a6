"""The report's JSON from the sections' records, and the table that is printed."""


def report_of(head, sections, records):
    """`records`: of each section. Under "memcheck" and "racecheck" stands what compute-sanitizer said."""
    flat = [record for name, part in records.items() if name not in ("memcheck", "racecheck") for record in part]
    of = lambda kind: [{k: v for k, v in record.items() if k != "kind"} for record in flat if record["kind"] == kind]
    checks, layers, steps = of("checks"), of("layers"), of("steps")
    report = {
        "schema": 1,
        **head,
        "env": (of("env") or [{}])[0],
        "ceilings": of("ceilings"),
        "clocks": [],
        "checks": summary(checks),
        "layers": layers,
        "steps": steps,
        "sections": sections,
        "notes": [note["text"] for note in of("notes")],
    }
    faults = [row for row in [*checks, *layers, *steps] if row.get("ok") is False]
    ended = [section for section in sections if section["rc"] not in (0, None) or section["timed_out"]]
    # A section that ran out of time has failed where it had to be complete.
    failed = [section for section in ended if section["rc"] not in (0, None) or section["name"] in ("build", "checks")]
    return {**report, "ok": not faults and not failed}


def summary(checks):
    """Of every op and dtype, how many cases and the greatest share of what is allowed; the failed ones in full."""
    worst = {}
    for check in checks:
        key = f"{check['op']} {check['dtype']}"
        entry = worst.setdefault(key, {"cases": 0, "share_of_allowed": 0.0, "error": 0.0})
        entry["cases"] += 1
        for result in check["results"]:
            entry["error"] = max(entry["error"], result["error"])
            entry["share_of_allowed"] = max(entry["share_of_allowed"], result["error"] / result["allowed"])
    failed = [check for check in checks if not check["ok"]]
    return {"cases": len(checks), "failed": failed, "by_op": worst}


MOST_LAYERS = 40


def table_of(report):
    env, checks = report["env"], report["checks"]
    lines = [f"{env.get('gpu', report['device'])}, commit {report['commit'][:12]}, {report['utc']}"]
    for ceiling in report["ceilings"]:
        lines.append(f"ceilings: {ceiling['gemm_tflops']:.0f} TFLOP/s bf16, {ceiling['copy_tbs']:.2f} TB/s copied")
    if checks["cases"]:
        lines.append(f"checks: {checks['cases']} cases against f64, {len(checks['failed'])} failed")
        for check in checks["failed"][:20]:
            lines.append(f"  FAILED {check['id'][:90]} {check['dtype']}: {'; '.join(check['faults'])}")
    lines += step_lines(report["steps"])
    lines += layer_lines(report["layers"])
    for section in report["sections"]:
        state = section.get("skipped") or ("out of time" if section["timed_out"] else f"rc {section['rc']}")
        lines.append(f"{section['name']:<12} {section['wall_s']:6.1f} s  {state}, {section['records']} records")
        if section["rc"] not in (0, None) and "output" in section:
            lines.append(section["output"][-600:])
        elif "ERROR SUMMARY" in section.get("output", ""):
            lines.append("  " + next(line for line in section["output"].splitlines()[::-1] if "ERROR SUMMARY" in line))
    return "\n".join(lines + [f"note: {note}" for note in report["notes"][:10]])


def step_lines(steps):
    rows = []
    for step in steps:
        title = f"{step['model']} {step['dtype']}"
        if step["variant"] == "errors":
            text = step.get("why") or f"{step['err_vs_f64']:.2e}, torch {step['torch_err_vs_f64']:.2e}"
            rows.append(f"{title:<30} error against f64 {text}{'' if step['ok'] else '  WRONG'}")
        else:
            rows.append(f"{title:<30} {step['variant']:<34} {step['ms']['p50']:9.3f} ms")
    return rows


def layer_lines(layers):
    if not layers:
        return []
    lines = [f"{'layer':<72} {'n':>3} {'cold us':>9} {'hot us':>9} {'% roof':>6} {'peer/ours':>9} {'error':>8}"]
    for layer in layers[:MOST_LAYERS]:
        ours, ratio, error = layer["ours"], layer["ratio_best_peer"], layer.get("err")
        times = f"{ours['cold_us']['p50']:>9.1f} {ours['hot_us']['p50']:>9.1f} {ours['pct_roof']:>6.0f}"
        compared = f"{f'{ratio:.2f}' if ratio else '':>9} {format(error['ours_rel'], '.1e') if error else '':>8}"
        wrong = "" if layer.get("ok", True) else "  WRONG"
        lines.append(f"{layer['id'][:72]:<72} {layer['count_in_step']:>3} {times} {compared}{wrong}")
    return lines
