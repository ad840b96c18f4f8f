"""A source file and the edits on it; an edit that does not fit is an error."""

import os
import re
import sys


class Source:
    """One file, edited in memory and written back by save()."""

    def __init__(self, *path):
        self.path = os.path.join(*path)
        with open(self.path, encoding="utf-8") as f:    # also turns CRLF into LF
            self.text = f.read()

    def fail(self, what, found, wanted):
        """End the conversion: the text is not the one the edits were made for."""
        sys.exit("%s: expected %s match(es), found %d, of: %s" % (self.path, wanted, found, what))

    def sub(self, old, new, count=1):
        """Replace literal text."""
        found = self.text.count(old)
        if found != count:
            self.fail(old, found, count)
        self.text = self.text.replace(old, new)

    def rsub(self, pattern, new, count=1):
        """Replace a regular expression (^ and $ match at lines)."""
        self.text, found = re.subn(pattern, new, self.text, flags=re.M)
        if count is not None and found != count:
            self.fail(pattern, found, count)
        return found

    def cut(self, start, end):
        """Remove from the text start up to (not including) the text end, or
        to the end of the file."""
        i = self.text.find(start)
        j = len(self.text) if end is None else self.text.find(end, i + 1)
        if i < 0 or j < 0 or self.text.count(start) != 1:
            self.fail("%s ... %s" % (start, end), 0, 1)
        self.text = self.text[:i] + self.text[j:]

    def prints(self, count):
        """Convert one-line print statements."""
        self.rsub(r"^([ \t]*)print[ \t]*$", r"\1print()", None)
        self.rsub(r"^([ \t]*)print ([^(\n].*?)[ \t]*$", r"\1print(\2)", count)

    def has_key(self, count):
        """Convert d.has_key(k) to k in d."""
        self.rsub(r"(\S+)\.has_key\(([^()]*)\)", r"\2 in \1", count)

    def save(self):
        """Check the syntax and write the file."""
        compile(self.text, self.path, "exec")
        with open(self.path, "w", encoding="utf-8", newline="\n") as f:
            f.write(self.text)
