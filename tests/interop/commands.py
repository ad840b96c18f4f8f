"""What the Python peers share: contents of messages and words for the end."""


def text(length):
    """Octets of text: U+00E9, which takes two, and one `x` where the length is odd."""
    return "\u00e9".encode() * (length // 2) + b"x" * (length % 2)


def binary(length):
    """Octets that no short period repeats."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def parts(data, count):
    """Cut into parts of nearly the same length."""
    size = -(-len(data) // count)
    return [data[i * size:(i + 1) * size] for i in range(count)]


def message(n):
    """The n-th message of many: alike, of one value, of no use to a compressor, long."""
    return [
        lambda: '{"number":%d,"name":"a value","on":%s,"of":%d}' % (n, str(n % 3 == 0).lower(), n * 7919 % 1000),
        lambda: "gr\u00fc\u00dfe \U0001f980 " * (n % 40),
        lambda: bytes(((n * 331 + i) * 2654435761 >> 24) & 255 for i in range(n % 300)),
        lambda: "",
        lambda: "%d and so on, " % n * 10000 if n % 100 == 4 else bytes(n % 200),
    ][n % 5]()


def deflate(spec):
    """The parameters of an extension factory.

    SERVER_BITS,CLIENT_BITS,SERVER_NO_TAKEOVER,CLIENT_NO_TAKEOVER; 0: not said.
    """
    server_bits, client_bits, server_no, client_no = spec.split(",")
    return dict(server_no_context_takeover=server_no == "1", client_no_context_takeover=client_no == "1",
                server_max_window_bits=int(server_bits) or None,
                client_max_window_bits=int(client_bits) or None)


def words(close):
    """The code and the reason of a close frame, or of none."""
    if close is None:
        return "lost "
    return "%s %s" % ("-" if close.code == 1005 else int(close.code), close.reason)


def closed(end):
    """What the client prints about the end of a connection."""
    by_local = end.rcvd is not None and end.sent is not None and not end.rcvd_then_sent
    return "closed %s %s" % ("local" if by_local else "peer", words(end.rcvd))
