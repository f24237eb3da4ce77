# SPDX-License-Identifier: Apache-2.0
"""Datagrams of many sizes, there and back, one after the other:

udp_sizes.py serve PORT
udp_sizes.py ask FROM TO PORT"""
import random
import socket
import sys

SIZES = (100, 500, 548, 600, 1200, 1252, 1400, 1420, 1452, 1472, 1500, 2000,
         4000, 8000, 8900, 8972, 9000)


def serve(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    print("ready", flush=True)
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(data, peer)


def ask(src, dst, port):
    s = socket.socket(socket.AF_INET6 if ":" in dst else socket.AF_INET,
                      socket.SOCK_DGRAM)
    s.bind((src, 0))
    s.settimeout(3)
    r = random.Random(3)
    for n in SIZES:
        data = r.randbytes(n)
        s.sendto(data, (dst, port))
        try:
            if s.recv(65536) != data:
                sys.exit(f"{n} bytes: changed on their way")
        except socket.timeout:
            sys.exit(f"{n} bytes: lost")


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
