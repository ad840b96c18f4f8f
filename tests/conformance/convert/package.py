"""The WebSocket library, the package around the suite, and what is not needed of it."""

import os
import shutil
import sys

from source import Source


def library(site):
    """Convert autobahn 0.10.9."""
    s = Source(site, "autobahn", "websocket", "protocol.py")
    s.sub("range(payload_len / len(payload))", "range(payload_len // len(payload))")
    s.sub("reasonUtf8=self.remoteCloseReason, isReply",
          "reasonUtf8=None if self.remoteCloseReason is None else self.remoteCloseReason.encode('utf8'), isReply")
    s.save()


def unused(suite):
    """Remove the parts of the suite that are not needed."""
    keep = {"__init__.py", "_version.py", "case", "caseset.py", "fuzzing.py",
            "report.py", "spectemplate.py", "testdata", "testee.py", "wstest.py", "web"}
    present = set(os.listdir(suite))
    if keep - present:
        sys.exit("autobahntestsuite: missing %s" % sorted(keep - present))
    for name in sorted(present - keep):
        path = os.path.join(suite, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def package(suite):
    """Convert the modules that are only imported."""
    s = Source(suite, "__init__.py")
    s.sub("from _version import", "from ._version import")
    s.cut("import warnings", None)
    s.text += '''
import os


def resource_filename(name):
    """Path of a file that belongs to this package."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), *name.split("/"))
'''
    s.save()

    s = Source(suite, "caseset.py")
    s.has_key(2)
    s.rsub(r"\.replace\('\.', '\\\.'\)", r".replace('.', r'\\.')", 3)
    s.save()

    s = Source(suite, "report.py")      # only the style sheets and scripts
    s.rsub(r"^import (jinja2|os|sys)\n", "", 3)
    s.sub('           "JS_MASTER_REPORT",\n           "HtmlReport")', '           "JS_MASTER_REPORT")')
    s.cut("REPORT_DIR_PERMISSIONS = 0770", None)
    s.save()

    s = Source(suite, "spectemplate.py")
    s.save()
