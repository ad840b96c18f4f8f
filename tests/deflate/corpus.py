"""Write a stream of messages to measure compression with:

    python3 corpus.py orderbook|telemetry COUNT > FILE

Each message stands behind its length, a little-endian u32.  The streams are
the same on every machine.

orderbook: market updates in JSON of 1024 bytes, what the feed of an exchange sends
telemetry: sensor reports in JSON of 80 to 250 bytes, what a microcontroller sends
"""

import json
import random
import struct
import sys


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def orderbook(count):
    rng = random.Random(7)
    products = ["BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD", "ADA-USD"]
    prices = {product: rng.uniform(10, 60000) for product in products}
    sequence = 1_000_000
    for n in range(count):
        product = rng.choice(products)
        prices[product] *= 1 + rng.uniform(-1e-4, 1e-4)
        sequence += rng.randint(1, 5)
        time = "2026-03-%02dT%02d:%02d:%02d.%06dZ" % (
            1 + n % 28, n % 24, n % 60, n * 7 % 60, rng.randint(0, 999999))
        changes = []
        update = {"type": "l2update", "product_id": product, "sequence": sequence, "time": time,
                  "changes": changes}
        while len(compact(update)) < 940:
            side = rng.choice(["buy", "sell"])
            price = "%.2f" % (prices[product] * (1 + rng.uniform(-1e-3, 1e-3)))
            changes.append([side, price, "%.8f" % rng.uniform(0, 5)])
        text = compact(update)
        padding = "x" * max(0, 1024 - len(text) - len(',"pad":""'))
        yield (text[:-1] + ',"pad":"' + padding + '"}')[:1024]


def telemetry(count):
    rng = random.Random(11)
    time, temperature, humidity, battery, uptime = 1_760_000_000, 21.5, 48.0, 4.12, 0
    for n in range(count):
        time += 10
        uptime += 10
        temperature += rng.uniform(-0.08, 0.08)
        humidity += rng.uniform(-0.3, 0.3)
        battery -= 0.00005
        report = {"device": "node-%02d" % (n % 3), "ts": time, "uptime": uptime,
                  "temperature": round(temperature, 2), "humidity": round(humidity, 1),
                  "battery": round(battery, 3), "rssi": -60 - rng.randint(0, 12)}
        if n % 5 == 0:
            report["accel"] = [round(rng.gauss(0, 0.02), 4) for _ in range(3)]
        if n % 17 == 0:
            report["event"] = rng.choice(["door-open", "door-closed", "motion", "button"])
        yield compact(report)


def main():
    streams = {"orderbook": orderbook, "telemetry": telemetry}
    if len(sys.argv) != 3 or sys.argv[1] not in streams:
        sys.exit(__doc__)
    for message in streams[sys.argv[1]](int(sys.argv[2])):
        message = message.encode()
        sys.stdout.buffer.write(struct.pack("<I", len(message)) + message)


main()
