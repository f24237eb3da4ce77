#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vlan_link.py PARENT NAME TPID:VID...: a VLAN interface for kernels that have
none: a device NAME whose frames are on PARENT with these tags, outermost first."""
import fcntl
import os
import select
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID = 1 << 4
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000


def frame(sock):
    """A frame with all its tags: the kernel puts the outermost aside."""
    data, anc, _, _ = sock.recvmsg(70000, 256)
    for level, kind, aux in anc:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", aux)
            if status & TP_STATUS_VLAN_VALID:
                return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
    return data


def main():
    parent, name = sys.argv[1:3]
    tags = b""
    for tag in sys.argv[3:]:
        tpid, vid = tag.split(":")
        tags += struct.pack("!HH", int(tpid, 16), int(vid))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    wire.bind((parent, ETH_P_ALL))
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack(
        "16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    print("ready", flush=True)
    end = 12 + len(tags)
    while True:
        for fd in select.select([wire, tap], [], [])[0]:
            if fd is tap:
                f = os.read(tap, 70000)
                try:
                    wire.send(f[:12] + tags + f[12:])
                except OSError:
                    pass
                continue
            f = frame(wire)
            # What has another tag behind ours is another interface's.
            if f[12:end] == tags and f[end:end + 2] not in (
                    b"\x81\x00", b"\x88\xa8"):
                try:
                    os.write(tap, f[:12] + f[end:])
                except OSError:
                    pass


main()
