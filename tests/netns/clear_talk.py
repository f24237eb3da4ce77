#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clear_talk.py ADDRESS PEER SECONDS: sends datagrams from port 9000 to port
9000 of a peer as fast as it can, and counts those that come."""
import socket
import sys
import time


def main():
    me, peer, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((me, 9000))
    s.setblocking(False)
    print("ready", flush=True)
    got = sent = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(20):
            try:
                s.sendto(b"x", (peer, 9000))
            except OSError:
                pass  # dropped at egress
            sent += 1
        try:
            s.recv(100)
            got += 1
        except OSError:
            pass
    print("sent", sent, "got", got, flush=True)


main()
