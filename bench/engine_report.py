#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""engine_report.py CSV: beside each goal of the engine what was reached, from
the medians that bench/engine wrote, and how far its turns are apart."""
import csv
import sys

GCM = "AES-128-GCM"


class Engine:
    def __init__(self, name):
        with open(name, encoding="utf-8", newline="") as f:
            self.ns = {
                (r["table"], r["suite"], int(r["n"]), int(r["bytes"]),
                 r["what"]): tuple(float(r[k]) for k in ("ns", "min", "max"))
                for r in csv.DictReader(f)}

    def percent(self, base, of):
        """How fast @of is, of @base: median; and with the best and the worst
        turn of @of. None when one was not measured."""
        if base not in self.ns or of not in self.ns:
            return None
        return tuple(100 * self.ns[base][0] / self.ns[of][i] for i in range(3))


def goals(e):
    for what in "out", "in":
        for size, goal in (1424, 80), (64, 50):
            for lib in "ipsec-mb", "openssl":
                yield (f"one core, {what}, {size} B, of {lib} alone",
                       e.percent(("suite", GCM, 1, size, lib),
                                 ("suite", GCM, 1, size, what)),
                       goal if lib == "ipsec-mb" else None)
    for order in "one", "all":
        text = "the oldest" if order == "one" else "all at random"
        for what in "out", "in":
            for size in 1424, 64:
                yield (f"10,000 SAs, {text}, {what}, {size} B, of one SA",
                       e.percent(("scale", GCM, 1, size, f"one {what}"),
                                 ("scale", GCM, 10000, size,
                                  f"{order} {what}")), 90)
    for _, _, n, size, _ in sorted(k for k in e.ns if k[0] == "cores"):
        if n > 1:
            p = e.percent(("cores", GCM, 1, size, "both"),
                          ("cores", GCM, n, size, "both"))
            yield (f"{n} threads, {size} B, of {n} times one",
                   tuple(v / n for v in p), 85)


def main():
    print(f"\n{GCM + ', goal':52} {'median':>7} {'worst..best':>12}")
    for text, percent, goal in goals(Engine(sys.argv[1])):
        if percent is None:
            continue
        median, best, worst = percent
        line = f"{text:52} {median:6.0f}% {f'{worst:.0f}..{best:.0f}':>12}"
        if goal:
            met = "met" if median >= goal else "NOT MET"
            line += f"   >= {goal}%  {met}"
        print(line)


main()
