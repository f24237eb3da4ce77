#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Paced traffic that tells whether anything was lost on the way.

    paced.py serve ADDRESS PORT
        returns UDP datagrams and TCP streams to their senders; prints "ready"
    paced.py run ADDRESS PORT SECONDS SOURCE [PACKETS_A_SECOND [BYTES_A_SECOND]]
        numbered datagrams and one TCP stream at the same time; prints
        "udp=SENT/RETURNED twice=N gap_ms=N tcp=BYTES same=yes|no"
"""
import hashlib
import random
import socket
import sys
import threading
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def udp(address, port):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind((address, port))
    return s


def return_udp(s):
    while True:
        data, peer = s.recvfrom(2048)
        s.sendto(data, peer)


def return_tcp(s):
    while True:
        c, _ = s.accept()
        threading.Thread(target=pump, args=(c,), daemon=True).start()


def pump(c):
    with c:
        while data := c.recv(1 << 16):
            c.sendall(data)


def serve(address, port):
    u = udp(address, port)
    t = socket.create_server((address, port), family=family(address))
    threading.Thread(target=return_udp, args=(u,), daemon=True).start()
    print("ready", flush=True)
    return_tcp(t)


class Udp:
    def __init__(self, peer, port, source, rate, seconds):
        self.peer, self.rate, self.seconds = (peer, port), rate, seconds
        self.sock = udp(source, 0)
        self.seen = {}
        self.sent = 0
        self.twice = 0
        self.gap = 0.0

    def hear(self):
        last = None
        while True:
            data = self.sock.recv(2048)
            now = time.monotonic()
            if data == b"end":
                return
            number = int.from_bytes(data[:8], "big")
            self.twice += number in self.seen
            self.seen[number] = True
            if last is not None:
                self.gap = max(self.gap, now - last)
            last = now

    def send(self):
        begin = time.monotonic()
        while True:
            due = begin + self.sent / self.rate
            now = time.monotonic()
            if now - begin >= self.seconds:
                break
            if due > now:
                time.sleep(due - now)
            size = 100 + self.sent % 1100
            self.sock.sendto(self.sent.to_bytes(8, "big") + bytes(size),
                             self.peer)
            self.sent += 1
        # What is under way has time; then the listener is told.
        for _ in range(60):
            if len(self.seen) == self.sent:
                break
            time.sleep(0.05)
        end = socket.socket(self.sock.family, socket.SOCK_DGRAM)
        end.sendto(b"end", self.sock.getsockname())


class Tcp:
    def __init__(self, peer, port, source, rate, seconds):
        self.sock = socket.create_connection((peer, port), 20, (source, 0))
        self.sock.settimeout(20)
        self.rate, self.seconds = rate, seconds
        self.out, self.back = hashlib.sha256(), hashlib.sha256()
        self.n = 0

    def hear(self):
        while data := self.sock.recv(1 << 16):
            self.back.update(data)

    def send(self):
        r = random.Random(1)
        begin = time.monotonic()
        while time.monotonic() - begin < self.seconds:
            data = r.randbytes(8192)
            self.sock.sendall(data)
            self.out.update(data)
            self.n += len(data)
            ahead = begin + self.n / self.rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
        self.sock.shutdown(socket.SHUT_WR)


def run(address, port, seconds, source, pps=400, rate=1000000):
    u = Udp(address, port, source, pps, seconds)
    t = Tcp(address, port, source, rate, seconds)
    threads = [threading.Thread(target=f)
               for f in (u.hear, u.send, t.hear, t.send)]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    same = t.out.digest() == t.back.digest()
    print(f"udp={u.sent}/{len(u.seen)} twice={u.twice} "
          f"gap_ms={u.gap * 1000:.0f} tcp={t.n} same={'yes' if same else 'no'}")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        run(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5],
            *map(int, sys.argv[6:]))
