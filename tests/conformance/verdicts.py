"""Print the verdicts of a report, one line for each case that was selected:

    python verdicts.py REPORT_DIR PEER

    CASE BEHAVIOR CLOSE REPORT

BEHAVIOR (what the peer did) and CLOSE (how the connection ended) are the words
of the suite, with "DID-NOT-RUN" for a case that was asked for but has no
result: the suite lists what it was asked for in cases.json.
"""

import json
import os
import re
import sys


def load(directory, name, peer):
    """Read one file of the report; a peer that is not in it has no cases."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as f:
            return json.load(f).get(peer, {})
    except OSError as error:
        sys.exit("no report: %s" % error)


def main():
    directory, peer = sys.argv[1:]
    results = load(directory, "index.json", peer)
    wanted = load(directory, "cases.json", peer)
    for case in sorted({*results, *wanted}, key=lambda name: [int(n) for n in re.findall(r"\d+", name)]):
        result = results.get(case, {})
        words = [result.get(key, "DID-NOT-RUN") for key in ("behavior", "behaviorClose")]
        page = os.path.join(directory, result["reportfile"].replace(".json", ".html")) if result else "-"
        print(case, *(word.replace(" ", "-") for word in words), page)


main()
