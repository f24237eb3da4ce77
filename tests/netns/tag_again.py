#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tag_again.py PCAP IF TPID:VID,...|- ...: sends the first ESP frame of a capture
again, once for each following argument, with these tags."""
import socket
import struct
import sys

from scapy.all import rdpcap, raw


def main():
    first = next(raw(p) for p in rdpcap(sys.argv[1])
                 if raw(p)[12:14] == b"\x08\x00" and raw(p)[23] == 50)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((sys.argv[2], 0))
    for arg in sys.argv[3:]:
        tags = b""
        for tag in () if arg == "-" else arg.split(","):
            tpid, vid = tag.split(":")
            tags += struct.pack("!HH", int(tpid, 16), int(vid))
        s.send(first[:12] + tags + first[12:])


main()
