# SPDX-License-Identifier: Apache-2.0
"""Sends N wild datagrams to a host: wire_garbage.py SEED N ADDRESS

IKE headers with wild payloads to UDP 500 and 4500, ESP-in-UDP and ESP with
unknown SPIs. From this host's own address, so nothing filters them before."""
import random
import socket
import struct
import sys


def ike(r):
    body = r.randbytes(r.choice([0, 3, 4, 28, 100, 600, 1400]))
    n = r.choice([28 + len(body), 28 + len(body), r.randrange(1 << 32)])
    return struct.pack(">8s8sBBBBII", r.randbytes(8),
                       r.choice([bytes(8), r.randbytes(8)]),
                       r.choice([0, 33, 34, 40, 46, 53, r.randrange(256)]),
                       r.choice([0x20, 0x20, 0x10, r.randrange(256)]),
                       r.choice([34, 35, 36, 37, r.randrange(256)]),
                       r.choice([0, 8, 32, r.randrange(256)]),
                       r.choice([0, 1, r.randrange(1 << 32)]), n) + body


def main():
    r = random.Random(int(sys.argv[1]))
    to = sys.argv[3]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    esp = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50)
    for i in range(int(sys.argv[2])):
        kind = r.randrange(4)
        if kind == 0:
            udp.sendto(ike(r), (to, 500))
        elif kind == 1:
            udp.sendto(bytes(4) + ike(r), (to, 4500))
        elif kind == 2:
            udp.sendto(r.randbytes(r.randrange(1, 200)), (to, 4500))
        else:
            esp.sendto(r.randbytes(r.randrange(1, 200)), (to, 0))


main()
