"""Records the captures of this directory; README.md says what is in them.

    python record.py PYTHON_OF_INTEROP [NAME]...

As root, with tcpdump and tshark, and with what `cargo xtask setup interop` installs: PYTHON_OF_INTEROP is
target/interop/venv/bin/python, and `npm ci` has been run in tests/interop.
"""

import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE.parent.parent / "interop"

# Name, client, server, parameters of permessage-deflate, path, commands.
TALKS = [
    ("ws-websockets-deflate", "ws", "websockets", "0,0,0,0", "/",
     ["many 40", "fragments 5 1001", "ping hello", "close 1000 done"]),
    ("websockets-ws-bits", "websockets", "ws", "10,9,0,0", "/",
     ["many 40", "fragments 3 501", "close 1001 away"]),
    ("ws-ws-no-takeover", "ws", "ws", "0,0,1,1", "/", ["many 30", "close 1000 done"]),
    ("ws-websockets-plain", "ws", "websockets", None, "/fragments",
     ["recv", "text 0", "text 125", "text 126", "binary 66000", "fragments 4 1001", "close 1000 done"]),
    ("chromium-ws-deflate", "chromium", "ws", "0,0,0,0", "/", ["many 40", "close 1000 done"]),
    ("ws-ws-closed-by-server", "ws", "ws", None, "/close?code=4001&reason=enough", ["recv"]),
    ("ws-websockets-killed", "ws", "websockets", None, "/", ["text 10", None]),
]


def server(kind, python, deflate):
    words = {"ws": ["node", PEERS / "ws-server.mjs"], "websockets": [python, PEERS / "websockets_server.py"]}[kind]
    options = ["--deflate", deflate] if deflate else []
    process = subprocess.Popen([*words, "--addr", "127.0.0.1:0", *options], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[-1]


def client(kind, python, deflate, profiles, url):
    words = {
        "ws": ["node", PEERS / "ws-client.mjs"],
        "websockets": [python, PEERS / "websockets_client.py"],
        "chromium": ["node", PEERS / "browser.mjs", "--browser", "chromium", "--profiles", profiles],
    }[kind]
    options = ["--deflate", deflate] if deflate and kind != "chromium" else []
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process = subprocess.Popen([*words, *options, url], **pipes)
    print(" ", process.stdout.readline().strip())
    return process


def record(python, name, client_kind, server_kind, deflate, path, commands):
    print(name)
    serving, address = server(server_kind, python, deflate)
    target = HERE / (name + ".pcap")
    words = ["tcpdump", "-B", "65536", "-U", "-i", "lo", "-s", "0", "-w", target, "tcp port " + address.split(":")[1]]
    capturing = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while "listening" not in capturing.stderr.readline():
        pass
    with tempfile.TemporaryDirectory() as profiles:
        talking = client(client_kind, python, deflate, profiles, "ws://%s%s" % (address, path))
        for command in commands:
            if command is None:
                talking.kill()
                break
            talking.stdin.write(command + "\n")
            talking.stdin.flush()
            print(" ", command, "->", talking.stdout.readline().strip())
        talking.stdin.close()
        talking.wait()
    time.sleep(1)
    capturing.send_signal(signal.SIGINT)
    capturing.wait()
    serving.kill()
    serving.wait()
    by_tshark(target, address.split(":")[1])


def by_tshark(target, port):
    """Write what tshark sees beside a capture: sender, FIN, RSV, opcode, MASK, length of each frame."""
    fields = ["tcp.srcport", "websocket.fin", "websocket.rsv", "websocket.opcode", "websocket.mask",
              "websocket.payload_length", "websocket.payload_length_ext_16", "websocket.payload_length_ext_64"]
    words = ["tshark", "-r", target, "-Y", "websocket", "-T", "fields", "-E", "aggregator=,"]
    for field in fields:
        words += ["-e", field]
    printed = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    lines = []
    for packet in printed.splitlines():
        source, fin, rsv, opcode, mask, short, *longer = [field.split(",") for field in packet.split("\t")]
        longer = {"126": longer[0], "127": longer[1]}
        for at in range(len(opcode)):
            length = longer[short[at]].pop(0) if short[at] in longer else short[at]
            sender = "server" if source == [port] else "client"
            lines.append(" ".join((sender, fin[at], str(int(rsv[at], 16)), opcode[at], mask[at], length)))
    target.with_suffix(".tshark").write_text("\n".join(lines) + "\n")


def main():
    python, *names = sys.argv[1:]
    for name, *talk in TALKS:
        if not names or name in names:
            record(python, name, *talk)


main()
