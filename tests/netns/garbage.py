# SPDX-License-Identifier: Apache-2.0
"""Throws rubbish at control sockets: garbage.py SEED ROUNDS SOCKET...

Random messages, frames with true and false lengths, every request number,
descriptors of every kind, many connections at once, clients that never read.
Says how many messages were sent; exit status 0 unless a socket cannot even be
connected to."""
import array
import os
import random
import socket
import struct
import sys

REQUESTS = [0, 1, 1000, 1001, 1002, 1005, 1006, 1007, 1008, 1010, 1011, 1012,
            1013, 1030, 1100, 1101, 1102, 1103, 0x7fffffff, 0xffffffff]
# Those that would stop it or end its protection as they should.
HARMFUL = {1005, 1012, 1041}


def connect(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(2)
    s.connect(path)
    return s


def memfd(r, seals=0, size=None):
    import fcntl
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.write(fd, r.randbytes(r.randrange(1, 5000)))
    if size is not None:
        os.ftruncate(fd, size)
    if seals:
        fcntl.fcntl(fd, 1033, seals)
    return fd


def descriptors(r):
    kind = r.randrange(7)
    if kind == 0:
        return [memfd(r)]
    if kind == 1:
        return [memfd(r, 2 | 4 | 8)]
    if kind == 2:
        return [memfd(r, 2 | 4 | 8, 1 << 33)]
    if kind == 3:
        a, b = os.pipe()
        return [a, b]
    if kind == 4:
        return [os.open("/dev/zero", os.O_RDONLY)]
    if kind == 5:
        return [memfd(r, 2 | 4 | 8) for _ in range(r.randrange(2, 20))]
    return []


def message(r):
    kind = r.randrange(4)
    body = r.randbytes(r.choice([0, 1, 7, 8, 15, 16, 64, 300, 1024, 2000]))
    if kind == 0:
        return body
    if kind == 1:  # a frame whose length is right
        return struct.pack("=II", r.choice(REQUESTS), 8 + len(body)) + body
    if kind == 2:  # ... or not
        n = r.choice([0, 7, 8 + len(body) + 1, 0xffffffff])
        return struct.pack("=II", r.choice(REQUESTS), n) + body
    # a PF_KEY header (RFC 2367 2.3) with a wild body
    body = body[:len(body) // 8 * 8]
    words = r.choice([2 + len(body) // 8, r.randrange(65536)])
    typ = r.choice([t for t in range(0, 30) if t not in (9, 19, 23)])
    return struct.pack("=BBBBHHII", r.choice([2, 2, 2, r.randrange(256)]), typ,
                       0, r.choice([0, 3, r.randrange(256)]), words, 0,
                       r.randrange(1 << 32), os.getpid()) + body


def is_harmful(m):
    if len(m) >= 8 and struct.unpack_from("=I", m)[0] in HARMFUL:
        return True
    return len(m) >= 2 and m[1] in (9, 19, 23)  # flush, spdflush


def throw(r, s):
    m = message(r)
    if is_harmful(m):
        return 0
    fds = descriptors(r)
    try:
        anc = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        s.sendmsg([m], anc if fds else [])
        if r.random() < 0.5:
            s.settimeout(0.02)
            s.recv(65536)
    except (OSError, socket.timeout):
        pass
    for fd in fds:
        os.close(fd)
    return 1


def main():
    r = random.Random(int(sys.argv[1]))
    sent = 0
    for path in sys.argv[3:]:
        for _ in range(int(sys.argv[2])):
            with connect(path) as s:
                for _ in range(r.randrange(1, 6)):
                    sent += throw(r, s)
        idle = []
        try:
            for _ in range(200):
                idle.append(connect(path))
        except OSError:
            pass  # it may bound its clients
        for s in idle:
            s.close()
    print(f"{sent} messages sent")


main()
