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


def words(close):
    """The code and the reason of a close frame, or of none."""
    if close is None:
        return "lost "
    return "%s %s" % ("-" if close.code == 1005 else int(close.code), close.reason)


def closed(end):
    """What the client prints about the end of a connection."""
    by_local = end.rcvd is not None and end.sent is not None and not end.rcvd_then_sent
    return "closed %s %s" % ("local" if by_local else "peer", words(end.rcvd))
