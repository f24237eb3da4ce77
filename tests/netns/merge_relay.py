#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""merge_relay.py IN_ADDR A OUT_ADDR B: passes UDP 500 and 4500 on between A and
B. ESP toward B leaves as a sender with UDP_SEGMENT makes it: several datagrams
of one size, and a shorter last one, in one packet."""
import select
import socket
import sys

UDP_SEGMENT = 103
ROOM = 60000
COUNT = 40


def udp(addr, port, peer):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind((addr, port))
    s.connect((peer, port))
    s.setblocking(False)
    return s


def read_all(s):
    out = []
    while select.select([s], [], [], 0.001)[0] and len(out) < 200:
        try:
            out.append(s.recv(65536))
        except OSError:
            break
    return out


def is_esp(d):
    return len(d) > 8 and d[:4] != b"\0\0\0\0"


def runs(datagrams):
    """Lists that one packet can carry."""
    run = []
    for d in datagrams:
        if run and (not is_esp(d) or not is_esp(run[0])
                    or len(run[-1]) != len(run[0]) or len(d) > len(run[0])
                    or sum(map(len, run)) + len(d) > ROOM
                    or len(run) == COUNT):
            yield run
            run = []
        run.append(d)
    if run:
        yield run


def send(s, run):
    s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT,
                 len(run[0]) if len(run) > 1 else 0)
    try:
        s.send(b"".join(run))
    except OSError:
        pass


def main():
    in_addr, a, out_addr, b = sys.argv[1:]
    pairs = {}
    for port in 500, 4500:
        x, y = udp(in_addr, port, a), udp(out_addr, port, b)
        pairs[x] = (y, port == 4500)
        pairs[y] = (x, False)
    print("ready", flush=True)
    while True:
        for s in select.select(list(pairs), [], [])[0]:
            to, merge = pairs[s]
            got = read_all(s)
            for run in runs(got) if merge else ([d] for d in got):
                send(to, run)


main()
