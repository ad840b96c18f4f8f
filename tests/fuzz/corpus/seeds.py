"""Writes the seeds: `python3 tests/fuzz/corpus/seeds.py`. README.md says what each group is for."""

import base64
import json
import pathlib
import random
import shutil
import struct
import zlib

HERE = pathlib.Path(__file__).parent
RANDOM = random.Random(7692)

JSON = b'{"device":"node-7","time":1700000123,"temperature":21.50,"battery":3.07}'
TEXT = "Words, words, words; and gr\u00fc\u00dfe \U0001f980. ".encode() * 6
NOISE = RANDOM.randbytes(90)
HELLO = bytes.fromhex("f248cdc9c90700")

written = 0


def seed(target, name, *parts):
    global written
    path = HERE / target / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(parts))
    written += 1


def deflate(data, level=6, bits=15, strategy=0, memory=8, flush=zlib.Z_FINISH):
    compressor = zlib.compressobj(level, zlib.DEFLATED, -bits, memory, strategy)
    return compressor.compress(data) + compressor.flush(flush)


def message(data, bits=9):
    """A compressed message as RFC 7692 has it: without 00 00 FF FF."""
    return deflate(data, bits=bits, flush=zlib.Z_SYNC_FLUSH)[:-4]


def fixed_match(distance, extra, extra_len):
    """A final block of the fixed code: three bytes from so far back."""
    bits = "1" + "10" + "0000001" + f"{distance:05b}" + f"{extra:0{extra_len}b}"[::-1] + "0000000"
    return bytes(int(bits[at:at + 8][::-1], 2) for at in range(0, len(bits), 8))


def frame(payload, opcode=1, fin=True, rsv1=False, key=None):
    first = fin << 7 | rsv1 << 6 | opcode
    masked = 0x80 if key else 0
    if len(payload) < 126:
        head = bytes([first, masked | len(payload)])
    else:
        head = bytes([first, masked | 126]) + struct.pack(">H", len(payload))
    key = key or b""
    body = bytes(b ^ key[i % 4] for i, b in enumerate(payload)) if key else payload
    return head + key + body


def inflate():
    inputs = {"text": TEXT, "json": JSON * 3, "noise": NOISE, "run": b"x" * 3000, "empty": b""}
    for at, (name, data) in enumerate(inputs.items()):
        seed("inflate", f"stored-{name}", bytes([7, at]), deflate(data[:200], level=0))
        seed("inflate", f"fixed-{name}", bytes([7, at]), deflate(data, strategy=zlib.Z_FIXED))
        seed("inflate", f"dynamic-{name}", bytes([7, at]), deflate(data, level=9))
        seed("inflate", f"codes-only-{name}", bytes([7, at]), deflate(data, strategy=zlib.Z_HUFFMAN_ONLY))
    far = TEXT + NOISE * 5 + TEXT
    for bits in range(9, 16):
        # The window that it was made for, and the one below.
        seed("inflate", f"window-{bits}", bytes([bits - 8, 1]), deflate(far, bits=bits))
        seed("inflate", f"beyond-{bits - 1}", bytes([bits - 9, 1]), deflate(far, bits=bits))
    for bits in range(8, 12):
        # A match as far as the window goes, and one that goes a byte farther.
        before = RANDOM.randbytes((1 << bits) + 1)
        for name, symbol, extra in [("farthest", 2 * bits - 1, (1 << bits - 2) - 1), ("farther", 2 * bits, 0)]:
            stored = struct.pack("<BHH", 0, len(before), len(before) ^ 0xFFFF) + before
            match = fixed_match(symbol, extra, bits - 2 if name == "farthest" else bits - 1)
            seed("inflate", f"{name}-{bits}", bytes([bits - 8, 2]), stored, match)
    blocks = deflate(TEXT, flush=zlib.Z_SYNC_FLUSH) + deflate(NOISE, flush=zlib.Z_FULL_FLUSH)
    seed("inflate", "blocks", bytes([7, 3]), blocks, deflate(b"end", memory=1))
    seed("inflate", "streams", bytes([7, 4]), deflate(TEXT), deflate(JSON), deflate(b""))
    seed("inflate", "bomb", bytes([7, 5]), deflate(bytes(60_000), level=9))
    for name, data in {
        "block-type": "07",
        "stored-length": "01 05 00 00 00",
        "length-codes": "05 00 00 00 00 00",
        "too-many-symbols": "fd ff ff ff ff ff",
        "reserved-length": "63 ec 71",
        "distance": "63 04 12 00",
    }.items():
        seed("inflate", f"damaged-{name}", bytes([7, 6]), bytes.fromhex(data))
    for at in range(4):
        stream = bytearray(deflate(TEXT, level=9))
        stream[RANDOM.randrange(12)] ^= 1 << at
        seed("inflate", f"damaged-header-{at}", bytes([7, at]), bytes(stream))


def compress():
    presets = ["tiny", "small", "balanced", "host-small", "host", "least", "odd"]
    for at, name in enumerate(presets):
        start = bytes([at, at, at])
        said = lambda act, data: bytes([act]) + struct.pack("<H", len(data)) + data
        seed("compress", f"{name}-messages", start, said(3, JSON), said(6, JSON), said(4, TEXT), said(7, b""))
        seed("compress", f"{name}-taken-back", start, said(3, JSON), said(1, TEXT), said(6, TEXT), said(66, NOISE), said(3, NOISE))
        seed("compress", f"{name}-begun-again", start, said(3, TEXT), bytes([0, 0, 0, 2]), said(6, TEXT))
        # Over and over, a run, what does not compress; then longer ones.
        seed("compress", f"{name}-long", start, bytes([11]) + struct.pack("<H", 1936) + JSON[:36], bytes([22, 200, 7, 0x61, 27, 200, 7, 9]))
        seed("compress", f"{name}-very-long", start, bytes([0xF6, 0, 0x90, 0x61, 0xFB, 0, 0x20, 9, 3, 9, 0]), b"after all")


def extension():
    offers = [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=10; client_max_window_bits=\"9\"",
        "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=8, permessage-deflate",
        "x-other; a=\"b,;\\\"c\", permessage-deflate;server_max_window_bits=15",
        "permessage-deflate; server_max_window_bits=7\npermessage-deflate; client_max_window_bits=11",
        "permessage-deflate; server_no_context_takeover=1",
        ",, permessage-deflate ; client_max_window_bits = \"1\\2\" ,",
        "",
    ]
    for at, offer in enumerate(offers):
        for windows, takeover, length in [(63, 3, 4), (0x1A, 3, 2), (0, 0, 0)]:
            name = f"{'anything' if windows == 63 else 'some' if windows else 'least'}-{at}"
            seed("extension", name, bytes([windows, takeover, length]), offer.encode())


def connection():
    client = lambda *frames: (b"".join(frame(*f[0], **f[1]) for f in frames))
    server = lambda *frames: (b"".join(frame(*f[0], key=b"\x37\xfa\x21\x3d", **f[1]) for f in frames))
    f = lambda payload, **more: ((payload,), more)
    talk = [f(TEXT), f(b"", opcode=9), f(NOISE, opcode=2), f(b"caf", fin=False), f(b"?", opcode=9), f(b"\xc3\xa9", opcode=0), f(struct.pack(">H", 1000) + b"bye", opcode=8)]
    shared = zlib.compressobj(6, zlib.DEFLATED, -9)
    with_context = [shared.compress(JSON) + shared.flush(zlib.Z_SYNC_FLUSH) for _ in range(3)]
    squeezed = [f(HELLO, rsv1=True), *(f(m[:-4], rsv1=True) for m in with_context), f(b"plain")]
    alone = message(JSON + TEXT)
    parts = [f(alone[:9], rsv1=True, fin=False), f(b"!", opcode=9), f(alone[9:], opcode=0), f(struct.pack(">H", 1001), opcode=8)]
    long = [f(message(JSON * 200), rsv1=True), f(message(bytes(70_000)), rsv1=True, opcode=2), f(b"", opcode=8)]
    final = [f(deflate(data, bits=9), rsv1=True, opcode=2) for data in [JSON * 60, bytes(20_000), JSON]]
    for flags in range(32):
        peer = server if flags % 2 == 0 else client
        # Role 1, compression 2, takeover 4 and 8, chunks 16; then lengths and windows.
        for name, frames in {"talk": talk, "context": squeezed, "parts": parts, "long": long, "final": final}.items():
            if name != "talk" and not flags & 2 or flags & 28 not in (0, 12, 16, 28):
                continue
            start = bytes([flags, 3, 2, 0, 0, 0x09, flags])
            seed("connection", f"{name}-{flags:02}", start, peer(*frames))
    for name, wire in {
        "reserved": frame(b"a", opcode=3),
        "long-control": frame(bytes(126), opcode=9),
        "close-code": frame(b"\x03\xec", opcode=8),
        "not-utf-8": frame(message(b"\xc3("), rsv1=True),
        "unfinished": frame(HELLO[:3], rsv1=True),
        "declared": bytes([0x82, 127]) + struct.pack(">Q", 1 << 62),
    }.items():
        seed("connection", f"wrong-{name}", bytes([15, 3, 2, 0, 0, 0x09, 1]), wire)


def capture():
    """Formats by their number in the engine; 9: to be recognised."""
    request = (
        b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n\r\n"
    )
    response = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n\r\n"
    )
    key = b"\x37\xfa\x21\x3d"
    shared = zlib.compressobj(6, zlib.DEFLATED, -9)
    squeezed = [shared.compress(JSON) + shared.flush(zlib.Z_SYNC_FLUSH) for _ in range(2)]
    said = b"".join([
        frame(squeezed[0][:-4], rsv1=True, key=key),
        frame(squeezed[1][:9], rsv1=True, fin=False, key=key),
        frame(b"?", opcode=9, key=key),
        frame(squeezed[1][9:-4], opcode=0, key=key),
        frame(b"\x03\xe8bye", opcode=8, key=key),
    ])
    answers = b"".join([frame(TEXT), frame(b"?", opcode=10), frame(b"\x03\xed", opcode=8), frame(b"late")])
    either = lambda name, number, data: [
        seed("capture", f"{name}-{kind}", bytes([number_or_not, 0, 0]), data)
        for kind, number_or_not in [("given", number), ("recognised", 9)]
    ]
    either("raw-request", 0, request + said)
    either("raw-response", 0, response + answers)
    either("raw-frames", 0, answers)
    either("hex", 1, said.hex(" ").encode())
    rows = [said[at:at + 16] for at in range(0, len(said), 16)]
    xxd = "".join(f"{at * 16:08x}: {row.hex(' ', 2)}  {'.' * len(row)}\n" for at, row in enumerate(rows))
    wireshark = "".join(f"{at * 16:04x}  {row.hex(' ')}   {'.' * len(row)}\n" for at, row in enumerate(rows))
    either("dump-xxd", 2, xxd.encode())
    either("dump-wireshark", 2, wireshark.encode())
    either("array-c", 3, ("unsigned char peer0_0[] = {" + ", ".join(f"0x{b:02x}" for b in said[:90]) + "};").encode())
    either("array-escapes", 3, ("b'" + "".join(f"\\x{b:02x}" for b in said[:60]) + "'").encode())
    either("base64", 4, base64.b64encode(said))
    messages = [{"type": kind, "time": at / 8, "opcode": 1, "data": "hi"} for at, kind in enumerate(["send", "receive"])]
    headers = [{"name": "Upgrade", "value": "websocket"}]
    entry = {
        "request": {"method": "GET", "url": "ws://a/", "headers": headers},
        "response": {"status": 101, "headers": headers},
        "_webSocketMessages": messages,
    }
    either("har", 7, json.dumps({"log": {"entries": [entry]}}).encode())
    lines = [f"1.{at:03} ws {way} text wire={wire.hex()}" for at, (way, wire) in enumerate([(">", said[:40]), ("<", answers[:30])])]
    either("log", 8, "\n".join(lines).encode())
    for path in sorted((HERE / "../../inspector/corpus").glob("*.pcap")):
        packets = path.read_bytes()[:6000]
        either(f"pcap-{path.stem}", 5, packets)
        either(f"pcapng-{path.stem}", 6, pcapng(packets))


def pcapng(pcap):
    """The packets of a little-endian pcap, in enhanced packet blocks."""
    block = lambda kind, body: struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", struct.unpack_from("<I", pcap, 20)[0], 0, 0))
    at = 24
    while at + 16 <= len(pcap):
        seconds, micros, kept, length = struct.unpack_from("<IIII", pcap, at)
        packet = pcap[at + 16:at + 16 + kept]
        time = seconds * 1_000_000 + micros
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFF_FFFF, len(packet), length)
        out += block(6, head + packet + bytes(-len(packet) % 4))
        at += 16 + kept
    return out


def frame_():
    key = b"\x37\xfa\x21\x3d"
    for length in [0, 5, 125, 126, 300, 65535, 65536]:
        for name, mask in [("plain", None), ("masked", key)]:
            head = frame(b"", key=mask)
            masked = head[1] & 0x80
            if length < 126:
                size = bytes([masked | length])
            elif length < 65536:
                size = bytes([masked | 126]) + struct.pack(">H", length)
            else:
                size = bytes([masked | 127]) + struct.pack(">Q", length)
            seed("frame", f"{name}-{length}", b"\x01", head[:1], size, mask or b"", TEXT[:length])
    for opcode in range(16):
        seed("frame", f"opcode-{opcode:02}", b"\x02", frame(b"?", opcode=opcode))
    for name, wire in {
        "long-form-of-125": b"\x82\x7e\x00\x7d",
        "longest-form-of-65535": b"\x82\x7f" + struct.pack(">Q", 65535),
        "top-bit": b"\x82\x7f" + struct.pack(">Q", 1 << 63),
        "greatest": b"\x82\xff" + struct.pack(">Q", (1 << 63) - 1) + key,
        "control-of-126": b"\x89\x7e\x00\x7e",
        "control-without-fin": b"\x09\x00",
    }.items():
        seed("frame", f"border-{name}", b"\x03", wire)


def endpoints():
    # Turns: who, kind, how and how received; length; where it is cut.
    talk = bytes([0x11, 5, 0x10, 200, 0x03, 60, 0x4E, 255, 99, 0x5F, 180, 7, 0x3B, 40, 2, 0x2D, 90, 44])
    calm, small = bytes(3), bytes([0x15, 0, 0])
    plans = {"calm": calm, "small": small, "failing": bytes([0, 1, 40]), "ending": bytes([5, 2, 90])}
    for compressed in [0, 1]:
        for name, plan in plans.items():
            for drops, dropped in {"whole": b"\0\0", "dropped": b"\1\1", "once": b"\x09\x14"}.items():
                start = bytes([compressed]) + plan + (calm if name in ("failing", "ending") else plan)
                kind = "deflated" if compressed else "plain"
                seed("endpoints", f"{kind}-{name}-{drops}", start, dropped, talk)


REQUEST = b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
RESPONSE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: @\r\n"


def request():
    lines = {
        "plain": b"",
        "subprotocols": b"Sec-WebSocket-Protocol: chat.v2, chat\r\n",
        "extension": b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
        "origin": b"Origin: http://example.com\r\nX: caf\xe9\r\n",
        "length": b"Content-Length: 0\r\n",
        "body": b"Content-Length: 5\r\n",
        "chunked": b"Transfer-Encoding: chunked\r\n",
        "twice": b"Host: other\r\n",
        "folded": b"X: a\r\n b\r\n",
        "bare": b"X: a\nb: c\r\n",
        "space": b"X : a\r\n",
    }
    for name, line in lines.items():
        seed("request", name, b"\x07", REQUEST, line, b"\r\n", frame(b"hi", key=b"\1\2\3\4"))
    for name, (old, new) in {
        "version-8": (b": 13", b": 8"),
        "http-1.0": (b"HTTP/1.1", b"HTTP/1.0"),
        "post": (b"GET", b"POST"),
        "no-key": (b"Sec-WebSocket-Key", b"Sec-WebSocket-Kez"),
    }.items():
        seed("request", name, b"\x07", REQUEST.replace(old, new), b"\r\n")
    seed("request", "cut", b"\x07", REQUEST[:90])


def response():
    for name, line in {
        "plain": b"",
        "subprotocol": b"Sec-WebSocket-Protocol: chat\r\n",
        "unsolicited-subprotocol": b"Sec-WebSocket-Protocol: other\r\n",
        "extension": b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
        "two-answers": b"Sec-WebSocket-Accept: @\r\n",
        "folded": b"X: a\r\n b\r\n",
    }.items():
        seed("response", name, b"\x07", RESPONSE, line, b"\r\n", frame(b"hi"))
    for name, (old, new) in {
        "wrong-answer": (b"@", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "http-1.0": (b"HTTP/1.1", b"HTTP/1.0"),
        "not-found": (b"101 Switching Protocols", b"404 Not Found"),
        "redirect": (b"101 Switching Protocols", b"302 Found\r\nLocation: /"),
    }.items():
        seed("response", name, b"\x07", RESPONSE.replace(old, new), b"\r\n")
    seed("response", "cut", b"\x07", RESPONSE[:60])


for name, target in {
    "inflate": inflate,
    "compress": compress,
    "extension": extension,
    "frame": frame_,
    "connection": connection,
    "endpoints": endpoints,
    "request": request,
    "response": response,
    "capture": capture,
}.items():
    shutil.rmtree(HERE / name, ignore_errors=True)
    target()
print(f"{written} seeds")
