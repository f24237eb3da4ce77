# SPDX-License-Identifier: Apache-2.0
"""UDP as tests of the guard need it.

guard.py sink ADDRESS/PORT...          prints what arrives: "PORT TEXT"
guard.py send ADDRESS PORT TEXT [sport=N] [mark=N] [size=N]
guard.py frames IF PEER-MAC SRC DST PORT TEXT
                                       frames of many shapes, all with the same
                                       destination; each text ends in the shape
guard.py ipsec IF PEER-MAC SRC DST     ESP, AH, ESP in UDP with unknown SPIs
"""
import select
import socket
import sys


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def sink(places):
    socks = []
    for place in places:
        address, port = place.rsplit("/", 1)
        s = socket.socket(family(address), socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, int(port)))
        socks.append(s)
    print("ready", flush=True)
    while True:
        for s in select.select(socks, [], [])[0]:
            data = s.recv(65536)
            text = data.rstrip(b"\0.").decode("ascii", "replace")
            print(s.getsockname()[1], text, flush=True)


def send(address, port, text, *options):
    opt = dict(o.split("=") for o in options)
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if "mark" in opt:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(opt["mark"]))
    if "sport" in opt:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", int(opt["sport"])))
    s.sendto(text.encode().ljust(int(opt.get("size", 0)), b"."),
             (address, int(port)))


def shapes4(ether, ip, udp):
    """What comes before the IP packet, and the packet"""
    from scapy.all import Dot1AD, Dot1Q, IPOption_Router_Alert, fragment
    ip.id = 7
    yield "plain", ether / ip / udp("plain")
    p = ip.copy()
    p.options = [IPOption_Router_Alert()]
    yield "options", ether / p / udp("options")
    yield "priority", ether / Dot1Q(vlan=0) / ip / udp("priority")
    yield "twice", ether / Dot1Q(vlan=0) / Dot1Q(vlan=0) / ip / udp("twice")
    yield "qinq", ether / Dot1AD(vlan=0) / ip / udp("qinq")
    for f in fragment(ip / udp("fragments", 40), 24):
        yield "fragments", ether / f


def shapes6(ether, ip, udp):
    from scapy.all import (Dot1Q, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                           IPv6ExtHdrHopByHop, fragment6)
    yield "plain", ether / ip / udp("plain")
    yield "hopopts", ether / ip / IPv6ExtHdrHopByHop() / udp("hopopts")
    yield "dstopts", ether / ip / IPv6ExtHdrDestOpt() / udp("dstopts")
    yield "priority", ether / Dot1Q(vlan=0) / ip / udp("priority")
    p = ip / IPv6ExtHdrFragment(id=7) / IPv6ExtHdrDestOpt() / \
        udp("fragments", 2000)
    for f in fragment6(p, 1280):
        yield "fragments", ether / f


def layers(iface, mac, src, dst):
    from scapy.all import IP, Ether, IPv6, get_if_hwaddr
    ip = IPv6(src=src, dst=dst) if ":" in dst else IP(src=src, dst=dst)
    return Ether(src=get_if_hwaddr(iface), dst=mac), ip


def frames(iface, mac, src, dst, port, text):
    from scapy.all import UDP, sendp
    ether, ip = layers(iface, mac, src, dst)

    def udp(shape, size=0):
        data = f"{text}-{shape}".encode().ljust(size, b".")
        return UDP(sport=4242, dport=int(port)) / data

    shapes = shapes6 if ":" in dst else shapes4
    for _, frame in shapes(ether, ip, udp):
        sendp(frame, iface=iface, verbose=False)


def ipsec(iface, mac, src, dst):
    from scapy.all import (AH, ESP, UDP, IPv6ExtHdrDestOpt, Raw, sendp)
    ether, ip = layers(iface, mac, src, dst)
    body = Raw(bytes(range(64)))
    ah = AH(spi=0x7777, icv=bytes(12), nh=17, payloadlen=4)
    bodies = [ESP(spi=0x7777, data=bytes(64)), ah / body,
              UDP(sport=4500, dport=4500) / Raw(b"\0\0\x77\x77" + bytes(64))]
    if ":" in dst:
        bodies += [IPv6ExtHdrDestOpt(nh=50) / Raw(b"\0\0\x77\x77" + bytes(60)),
                   IPv6ExtHdrDestOpt(nh=51) / ah / body]
    for b in bodies:
        sendp(ether / ip / b, iface=iface, verbose=False)


if __name__ == "__main__":
    if sys.argv[1] == "sink":
        sink(sys.argv[2:])
    else:
        {"send": send, "frames": frames,
         "ipsec": ipsec}[sys.argv[1]](*sys.argv[2:])
