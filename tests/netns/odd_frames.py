#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""odd_frames.py NAME: makes a TAP device NAME that plays an interface whose
driver hands over super-packets of a kind that packet sockets can't tell of
(UDP to be cut into IP fragments). Reads commands: "odd" sends such a packet to
UDP port 4500, "plain SPI" an ESP packet; each is answered with a line."""
import fcntl
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x2, 0x1000, 0x4000
GSO_UDP = 3
NEEDS_CSUM = 1
ETH, IP = 14, 20
SRC, DST = bytes([10, 9, 0, 2]), bytes([10, 9, 0, 1])


def checksum(b):
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def frame(mac, proto, body):
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, IP + len(body), 1, 0, 64, proto,
                    0, SRC, DST)
    h = h[:10] + struct.pack("!H", checksum(h)) + h[12:]
    return mac + bytes([2, 0, 0, 0, 0, 2]) + b"\x08\x00" + h + body


def odd(mac):
    body = struct.pack("!HHHH", 4500, 4500, 8 + 4000, 0) + b"\x77" * 4000
    vnet = struct.pack("=BBHHHH", NEEDS_CSUM, GSO_UDP, ETH + IP + 8, 1480,
                       ETH + IP, 6)
    return vnet + frame(mac, 17, body)


def plain(mac, spi):
    return bytes(10) + frame(mac, 50, struct.pack("!LL", spi, 1) + bytes(64))


def main():
    name = sys.argv[1]
    with open("/dev/net/tun", "r+b", buffering=0) as tap:
        fcntl.ioctl(tap, TUNSETIFF, struct.pack(
            "16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        print("ready", flush=True)
        for line in sys.stdin:
            word = line.split()
            with open(f"/sys/class/net/{name}/address") as f:
                mac = bytes.fromhex(f.read().strip().replace(":", ""))
            tap.write(odd(mac) if word[0] == "odd"
                      else plain(mac, int(word[1])))
            print("sent", line.strip(), flush=True)


main()
