# SPDX-License-Identifier: Apache-2.0
"""Datagrams that the kernel cuts out of one write (UDP_SEGMENT).

    udp_segments.py recv PORT COUNT     prints "ready", then "COUNT received"
    udp_segments.py send FROM TO PORT SIZE COUNT MTU-DISCOVER
"""
import socket
import struct
import sys

IP_MTU_DISCOVER, UDP_SEGMENT = 10, 103


def datagram(i, size):
    return struct.pack(">I", i) + bytes((i + k) & 255 for k in range(size - 4))


def recv(port, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", port))
    s.settimeout(10)
    print("ready", flush=True)
    seen = set()
    while len(seen) < count:
        d = s.recv(65535)
        (i,) = struct.unpack_from(">I", d)
        if d != datagram(i, len(d)):
            sys.exit("datagram %d is damaged" % i)
        seen.add(i)
    print("%d received" % len(seen), flush=True)


def send(source, to, port, size, count, discover):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.setsockopt(socket.SOL_IP, IP_MTU_DISCOVER, discover)
    s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    s.sendto(b"".join(datagram(i, size) for i in range(count)), (to, port))


if sys.argv[1] == "recv":
    recv(*map(int, sys.argv[2:]))
else:
    send(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
