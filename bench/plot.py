#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""plot.py CSV SVG: a bar for each path, its TCP throughput relative to bare
veth in the same run. The same CSV always gives the same bytes."""
import html
import sys

from results import PEERS, Results

LEFT, BAR, RIGHT, TOP, STEP = 250, 380, 150, 58, 26
COLOUR = {"bare": "#9aa0a6", "ours": "#1a73e8", "peer": "#e8710a"}


def kind(path):
    if path in ("bare", "plain"):
        return "bare"
    return "peer" if path in PEERS else "ours"


def text(x, y, s, more=""):
    return f'<text x="{x}" y="{y}"{more}>{html.escape(s)}</text>'


def bar(y, path, title, value, single, mbit):
    width = round(BAR * min(value, 1), 1)
    yield text(LEFT - 8, y + 14, title, ' text-anchor="end"')
    yield (f'<rect x="{LEFT}" y="{y + 2}" width="{width}" height="17"'
           f' fill="{COLOUR[kind(path)]}"/>')
    if len(set(single)) > 1:
        a, b = (round(LEFT + BAR * min(v, 1), 1)
                for v in (min(single), max(single)))
        yield (f'<path d="M{a} {y + 10.5}H{b}M{a} {y + 6}v9M{b} {y + 6}v9"'
               ' stroke="#202124" fill="none"/>')
        width = max(width, b - LEFT)
    yield text(LEFT + width + 6, y + 14, f"{value:.2f}  ({mbit:.0f} Mbit/s)")


def plot(r):
    rows = []
    for path, title in r.title.items():
        value, single = r.ratios(path, "tcp", "bare")
        if value is not None:
            rows.append((path, title, value, single, r.median(path, "tcp")))
    width, height = LEFT + BAR + RIGHT, TOP + STEP * len(rows) + 14
    about = r.about
    rounds = max((len(r.all(p, "tcp")) for p in r.title), default=0)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}"'
           f' height="{height}" viewBox="0 0 {width} {height}"'
           ' font-family="sans-serif" font-size="13">')
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    yield text(12, 22, "One TCP stream, relative to bare veth of the same run",
               ' font-size="15" font-weight="bold"')
    yield text(12, 42, f"{about['commit']}, {about['date'][:10]}, Linux"
               f" {about['kernel']}, {about['cores']} cores of {about['cpu']}"
               f" for both hosts, load {about['load']}; median of {rounds},"
               " line: min to max",
               ' font-size="10.5" fill="#5f6368"')
    for i, one in enumerate(rows):
        yield from bar(TOP + i * STEP, *one)
    yield "</svg>"


def main():
    lines = "\n".join(plot(Results(sys.argv[1]))) + "\n"
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write(lines)


main()
