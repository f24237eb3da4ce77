# SPDX-License-Identifier: Apache-2.0
"""What bench/run.sh wrote: a CSV of path,round,what,value behind comments
"# KEY TEXT" about the machine, and "# path NAME TITLE", "# note NAME TEXT",
"# absent NAME REASON"."""
import statistics

PEERS = ("swan-gcm", "swan-cbc", "wireguard", "openvpn")


class Results:
    def __init__(self, name):
        self.about = {}
        self.title, self.note, self.absent = {}, {}, {}
        self.values = {}  # (path, what) -> {round: value}
        with open(name, encoding="utf-8") as f:
            for line in f:
                self.take(line.rstrip("\n"))

    def take(self, line):
        named = {"path": self.title, "note": self.note, "absent": self.absent}
        if line.startswith("# "):
            key, _, text = line[2:].partition(" ")
            if key in named:
                path, _, text = text.partition(" ")
                named[key][path] = text
            else:
                self.about[key] = text
        elif line and line != "path,round,what,value":
            path, turn, what, value = line.split(",")
            self.values.setdefault((path, what), {})[int(turn)] = float(value)

    def all(self, path, what):
        """Values by round."""
        return self.values.get((path, what), {})

    def median(self, path, what):
        v = self.all(path, what).values()
        return statistics.median(v) if v else None

    def ratios(self, path, what, of_path, of_what=None):
        """Ratio of medians and the ratios of the single rounds, which are
        neighbours in time; None and [] when one was not measured."""
        of_what = of_what or what
        a, b = self.all(path, what), self.all(of_path, of_what)
        single = [a[r] / b[r] for r in sorted(a) if b.get(r)]
        over = self.median(of_path, of_what)
        if not a or not over:
            return None, []
        return self.median(path, what) / over, single
