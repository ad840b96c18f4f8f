"""Convert the sources of autobahntestsuite 25.10.1 and autobahn 0.10.9 (both
Python 2 era) in a site-packages directory to Python 3:

    python convert SITE_PACKAGES

Every edit states how often it must match; anything else is an error.
"""

import os
import sys

import cases
import command_line
import fuzzing
import package

site = sys.argv[1]
suite = os.path.join(site, "autobahntestsuite")

package.library(site)
package.unused(suite)
package.package(suite)
command_line.command_line(suite)
command_line.testee(suite)
fuzzing.fuzzing(suite)
cases.cases(suite)
