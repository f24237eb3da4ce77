#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""report.py CSV: the table of a run, and beside each goal what was reached."""
import sys

from results import PEERS, Results


def number(v, digits=0):
    if v is None:
        return "-"
    if digits == 0 and v < 10 and v != int(v):
        digits = 1
    return f"{v:.{digits}f}"


def spread(values, digits=0):
    if len(values) < 2:
        return ""
    return f"{min(values):.{digits}f}..{max(values):.{digits}f}"


# ------------------------------------------------------------------ table ---

def rtt(r, path, what):
    p50, p99 = (r.median(path, f"{what}_p{q}_us") for q in (50, 99))
    return "-" if p50 is None else f"{p50:.0f}/{p99:.0f}"


def ratio(r, path, of):
    v, _ = r.ratios(path, "tcp", of)
    return "-" if v is None else f"{v:.2f}" if v < 10 else f"{v:.1f}"


COLUMNS = (  # width, two lines of heading, text of a path
    (30, "", "path", lambda r, p: r.title[p]),
    (7, "TCP", "Mbit/s", lambda r, p: number(r.median(p, "tcp"))),
    (13, "", "min..max", lambda r, p: spread(r.all(p, "tcp").values())),
    (6, "x bare", "veth", lambda r, p: ratio(r, p, "bare")),
    (6, "x null", "relay", lambda r, p: ratio(r, p, "relay")),
    (6, "x no", "offl.", lambda r, p: ratio(r, p, "plain")),
    (6, "x", "strSw.", lambda r, p: ratio(r, p, "swan-gcm")),
    (6, "x", "OpVPN", lambda r, p: ratio(r, p, "openvpn")),
    (5, "re-", "trans", lambda r, p: number(r.median(p, "tcp-retransmits"))),
    (6, "CPU", "s/GB", lambda r, p: number(
        r.median(p, "tcp-cpu_s_per_gb"), 2)),
    (7, "4 str.", "Mbit/s", lambda r, p: number(r.median(p, "tcp4"))),
    (7, "reverse", "Mbit/s", lambda r, p: number(r.median(p, "reverse"))),
    (9, "idle ping", "p50/p99", lambda r, p: rtt(r, p, "idle")),
    (11, "loaded, us", "p50/p99", lambda r, p: rtt(r, p, "load")),
    (7, "UDP 64", "kpps", lambda r, p: number(r.median(p, "udp64_kpps"), 1)),
    (7, "64 a", "write", lambda r, p: number(
        r.median(p, "udp64many_kpps"), 1)),
)


SHOWN = ("tcp", "tcp4", "reverse", "idle_p50_us", "load_p50_us", "udp64_kpps",
         "udp64many_kpps")


def row(cells):
    left = f"{cells[0]:{COLUMNS[0][0]}}"
    rest = (f"{c:>{k[0]}}" for c, k in zip(cells[1:], COLUMNS[1:]))
    return " ".join((left, *rest)).rstrip()


def table(r):
    yield row([c[1] for c in COLUMNS])
    yield row([c[2] for c in COLUMNS])
    for path, title in r.title.items():
        if any(r.all(path, what) for what in SHOWN):
            yield row([c[3](r, path) for c in COLUMNS])
        if path in r.absent:
            yield f"{title:{COLUMNS[0][0]}} {r.absent[path]}"


def more(r):
    """What has no column, a line each."""
    for path, title in r.title.items():
        share = r.all(path, "fair")
        if share:
            yield (f"{title}, two streams: smaller {r.median(path, 'fair'):.2f}"
                   f" of larger {spread(share.values(), 2)}, together"
                   f" {r.median(path, 'fair-sum'):.0f} Mbit/s")
    for path, title in r.title.items():
        if r.all(path, "rss_max_kb"):
            mb = [r.median(path, f"rss_{w}_kb") / 1024
                  for w in ("before", "max", "after")]
            yield (f"{title}, overload: {mb[0]:.1f} MB resident before,"
                   f" {mb[1]:.1f} at most, {mb[2]:.1f} after")
        if r.all(path, "flood_sent"):
            sent, got, known, lost = (r.median(path, f"flood_{w}") for w in (
                "sent", "received", "drops_counted", "unaccounted_percent"))
            yield (f"{title}, flood: {sent:.0f} sent, {got:.0f} received,"
                   f" {known:.0f} drops counted, unaccounted {lost:.2f}%")
    for path, text in r.note.items():
        yield f"{r.title[path]}: {text}"


# ------------------------------------------------------------------ goals ---

class Goal:
    """A measured number with its goal; @single are those of each round."""

    def __init__(self, text, value, goal, single=(), at_most=False):
        self.text, self.value, self.goal = text, value, goal
        self.single, self.at_most = list(single), at_most

    def line(self):
        if self.value is None:
            return f"{self.text:62} {'not measured':>16}"
        met = (self.value <= self.goal if self.at_most
               else self.value >= self.goal)
        sign = "<=" if self.at_most else ">="
        return (f"{self.text:62} {self.value:6.2f} {spread(self.single, 2):>13}"
                f"   {sign} {self.goal:<5g} {'met' if met else 'NOT MET'}")


def of(r, text, goal, path, what, other, other_what=None):
    value, single = r.ratios(path, what, other, other_what)
    return Goal(text, value, goal, single)


def best_peer(r, what):
    have = [(r.median(p, what), p) for p in PEERS if r.median(p, what)]
    return max(have)[1] if have else PEERS[0]


def at_most(r, text, goal, path, what, scale=1):
    v = [x / scale for x in r.all(path, what).values()]
    m = r.median(path, what)
    return Goal(text, None if m is None else m / scale, goal, v, True)


def goals(r):
    yield of(r, "UDP GCM tunnel, of bare veth", 0.6, "udp-gcm", "tcp", "bare")
    yield of(r, "  of OpenVPN", 14, "udp-gcm", "tcp", "openvpn")
    yield of(r, "  of strongSwan kernel-libipsec", 25, "udp-gcm", "tcp",
             "swan-gcm")
    for what, text in ("tcp4", "four streams"), ("reverse", "reverse"):
        yield of(r, f"  {text}, of bare veth's one stream", 0.5, "udp-gcm",
                 what, "bare", "tcp")
    ours, bare = (r.median(p, "tcp-retransmits") for p in ("udp-gcm", "bare"))
    yield Goal("  TCP retransmits, one stream, more than bare veth's",
               None if ours is None or bare is None else max(0, ours - bare),
               0, at_most=True)
    yield at_most(r, "  CPU seconds per GB, both daemons", 2.0, "udp-gcm",
                  "tcp-cpu_s_per_gb")
    yield of(r, "UDP AES-256-GCM, of bare veth", 0.5, "udp-gcm256", "tcp",
             "bare")
    yield of(r, "UDP ChaCha20-Poly1305, of bare veth", 0.35, "udp-chacha",
             "tcp", "bare")
    for path, text, peer in (
            ("raw-cbc", "startRaw CBC + SHA-1 transport", "swan-cbc"),
            ("raw-gcm", "startRaw GCM transport", "swan-gcm")):
        yield of(r, f"{text}, of bare veth without offload", 0.5, path, "tcp",
                 "plain")
        yield of(r, "  of strongSwan, same algorithms", 10, path, "tcp", peer)
    for path, text in (("start-gcm", "start, protocol 50"),
                       ("start-xdp", "  with --outer xdp")):
        yield of(r, f"{text}, of bare veth without offload", 0.65, path, "tcp",
                 "plain")
    for what, text in (("udp64_kpps", "UDP 64 B"),
                       ("udp64many_kpps", "UDP 64 B, 64 a write")):
        best = best_peer(r, what)
        for path in "udp-gcm", "start-gcm":
            yield of(r, f"{text}, {r.title.get(path, path)}, of"
                     f" {r.title.get(best, best)}", 8, path, what, best)
    for path in "udp-gcm", "start-gcm":
        text = f"ping, idle, {r.title.get(path, path)}"
        value, single = r.ratios(path, "idle_p50_us", "bare")
        yield Goal(f"{text}: p50 of bare veth's", value, 4, single, True)
        value, single = r.ratios(path, "idle_p99_us", path, "idle_p50_us")
        yield Goal("  p99 of our p50", value, 3, single, True)
    for path in "udp-gcm", "start-gcm":
        text = f"overload, {r.title.get(path, path)}"
        yield at_most(r, f"{text}: resident MB", 64, path, "rss_max_kb", 1024)
        lost = r.median(path, "flood_unaccounted_percent")
        yield Goal("  % of datagrams lost and not counted",
                   None if lost is None else abs(lost), 0.1, at_most=True)


def main():
    r = Results(sys.argv[1])
    about = r.about
    print(f"\n{about.get('commit')}, {about.get('date')}; {about.get('cores')}"
          f" x {about.get('cpu')}, Linux {about.get('kernel')},"
          f" load {about.get('load')} before\n")
    for line in table(r):
        print(line)
    print()
    for line in more(r):
        print(line)
    print(f"\n{'goal':62} {'median':>6} {'rounds':>13}")
    for g in goals(r):
        if g.value is not None:
            print(g.line())
    skipped = [g.text.strip() for g in goals(r) if g.value is None]
    if skipped:
        print(f"not measured: {len(skipped)} goals")


main()
