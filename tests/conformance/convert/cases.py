"""The test cases."""

import os
import re
import sys

from source import Source


def cases(suite):
    """Convert every case; the number of changes of each kind is known."""
    folder = os.path.join(suite, "case")
    total = dict.fromkeys(["import", "payload", "expected", "list", "join", "hex", "bases", "xrange"], 0)

    os.unlink(os.path.join(folder, "case9_9_1.py"))      # not in use (endless message)

    for name in sorted(os.listdir(folder)):
        if not name.endswith(".py"):
            continue
        s = Source(folder, name)

        total["import"] += s.rsub(r"^from (case\w*) import", r"from .\1 import", None)
        total["xrange"] += s.rsub(r"\bxrange\(", "range(", None)
        total["bases"] += s.rsub(r"\(object, Case, \)", "(Case, )", None)

        # payloads are octets
        total["payload"] += s.rsub(r"""\b((?:ping_)?(?:payload|PAYLOAD)\d?|reasonUtf8)( ?= ?)(?=["'])""", r"\1\2b", None)
        total["expected"] += s.rsub(r"""\("(message|ping|pong)", "\"""", r'("\1", b""', None)
        n = 0
        for m in reversed(list(re.finditer(r"\b(?:self\.)?(?:fragments|pings) = \[(.*)\]$", s.text, re.M))):
            new, k = re.subn(r'"\w[^"]*"', r"b\g<0>", m.group(1))
            s.text = s.text[:m.start(1)] + new + s.text[m.end(1):]
            n += k
        total["list"] += n
        total["join"] += s.rsub(r"''\.join\((self\.)?fragments", r"b''.join(\1fragments", None)
        total["hex"] += s.rsub(r"(binascii\.b2a_hex\([^()]*\))", r"\1.decode('ascii')", None)

        if name == "__init__.py":
            s.sub("from .case9_9_1 import *\n", "")
        elif name == "case.py":
            s.sub("import pickle\n", "")
            s.sub("return pickle.dumps(obj1) == pickle.dumps(obj2)", "return obj1 == obj2")
        elif name in ("case6_2_1.py", "case6_2_2.py", "case6_2_3.py"):
            k = 2 if name == "case6_2_2.py" else 1
            s.rsub(r'''= b("[^"]*")$''', r'= \1.encode("utf-8")', k)     # these have non-ASCII characters
            s.rsub(r"\b(PAYLOAD\d?), binascii", r"\1.decode('utf-8'), binascii", k)
        elif name == "case6_2_4.py":
            s.sub("% (PAYLOAD, binascii", "% (PAYLOAD.decode('utf-8'), binascii")
        elif name in ("case6_4_2.py", "case6_4_4.py"):
            s.sub("PAYLOAD[12]", "PAYLOAD[12:13]", 2)
        elif name == "case6_x_x.py":
            s.cut("def test_utf8(validator):", "Case6_X_X = []\n")
            s.cut("\nimport binascii\nimport array\n", None)
            i = s.text.index("def createUtf8TestSequences")
            j = s.text.index("   return UTF8_TEST_SEQUENCES")
            body = s.text[i:j]
            body, n1 = re.subn(r"(?<![\w\"])'(?:\\x\w\w|[\w\\])*'", r"b\g<0>", body)
            body, n2 = re.subn(r's = ""$', 's = b""', body, flags=re.M)
            body, n3 = re.subn(r"\bchr\((i|0x20)\)", r"bytes([\1])", body)
            if (n1, n2, n3) != (100, 1, 3):
                s.fail("octet strings %r" % ((n1, n2, n3),), 0, 1)
            s.text = s.text[:i] + body + s.text[j:]
        elif name == "case10_1_1.py":
            s.sub("len(self.payload) / self.p", "len(self.payload) // self.p")
        elif name == "case12_x_x.py":
            s.sub("import copy, os, pkg_resources, hashlib, binascii\n", "import copy, os, hashlib, binascii\n")
            s.sub("from .case import Case\n", "from .case import Case\nfrom autobahntestsuite import resource_filename\n")
            s.sub('pkg_resources.resource_filename("autobahntestsuite", "testdata/%s"', 'resource_filename("testdata/%s"', 3)
            s.sub("msg = ''", "msg = payload[:0]")
            s.rsub(r"binascii\.hexlify\((received_hash|self\._expected_hash)\)", r"binascii.hexlify(\1).decode('ascii')", 2)
        s.save()

    wanted = {"import": 285, "payload": 131, "expected": 3, "list": 25, "join": 8, "hex": 21, "bases": 6, "xrange": 11}
    if total != wanted:
        sys.exit("autobahntestsuite/case: expected %s changes, made %s" % (wanted, total))
