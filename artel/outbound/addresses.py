"""Which hosts are on the public Internet, in whatever notation they are written."""

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Names that resolve to this machine or inside this network, whatever a resolver says.
PRIVATE_NAMES = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home.arpa")
# IPv6 that the Internet routes; all else of it is reserved, local or multicast.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Prefixes whose last 32 bits are the IPv4 address meant: mapped, translated, NAT64, and the old "compatible" form.
EMBEDDING = tuple(ipaddress.ip_network(text) for text in ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "::/96"))
# Public by their number, yet not by their use: protocol assignments, the relay of 6to4, and the address from which
# Azure serves its own machines.
INSIDE = tuple(ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))


def is_private_host(host: str) -> bool:
    """Whether a host name or address literal, in any notation that resolvers take, is not on the public Internet."""
    name = host.rstrip(".").lower()
    ip = literal_address(name)
    if ip is not None:
        return not is_public(ip)
    return "." not in name or name.endswith(tuple("." + ending for ending in PRIVATE_NAMES))


def literal_address(name: str) -> Address | None:
    """The address that a name spells: dotted, or as one number, octal or hexadecimal (2130706433, 0x7f.1)."""
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, ValueError, UnicodeError):
        return None


def is_public(ip: Address) -> bool:
    """Whether an address is on the public Internet; an IPv4 address inside an IPv6 one counts as itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = embedded_address(ip)
        if inner is not None:
            return is_public(inner)
        return ip in GLOBAL_UNICAST and ip.is_global
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in INSIDE)


def embedded_address(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to this one may end at."""
    if any(ip in network for network in EMBEDDING):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.sixtofour
