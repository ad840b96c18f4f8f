"""The command line, `wstest`, and the echo peers that come with the suite."""

from source import Source


def command_line(suite):
    """Convert `wstest`, with four of its modes."""
    s = Source(suite, "wstest.py")
    s.cut("## don't touch: must be first import!", "import os, json")
    s.sub("import os, json, sys, pkg_resources", "import os, json, sys")
    s.cut("## WebSocket testing modes", "class WsTestOptions")
    s.sub("class WsTestOptions", """from . import testee
from . import fuzzing

from .spectemplate import SPEC_FUZZINGSERVER, \\
                          SPEC_FUZZINGCLIENT


class WsTestOptions""")
    s.cut("   MODES = ['echoserver',", "   # Modes that need a specification file")
    s.cut("   MODES_NEEDING_SPEC =", "   # Modes that need a Websocket URI")
    s.cut("   MODES_NEEDING_WSURI =", "   # Default content of specification files")
    s.cut("   DEFAULT_SPECIFICATIONS =", "   optParameters = [")
    s.sub("   optParameters = [", """   DEFAULT_SPECIFICATIONS = {'fuzzingclient': SPEC_FUZZINGCLIENT,
                             'fuzzingserver': SPEC_FUZZINGSERVER}

   optParameters = [""")
    s.sub("   # Modes that need a Websocket URI\n", """   MODES_NEEDING_SPEC = ['fuzzingclient',
                         'fuzzingserver']

   # Modes that need a Websocket URI
   MODES_NEEDING_WSURI = ['testeeclient',
                          'testeeserver']

""")
    s.sub("   # Modes that need a specification file\n", """   MODES = ['fuzzingserver',
            'fuzzingclient',
            'testeeserver',
            'testeeclient']

   # Modes that need a specification file
""")
    s.rsub(r"^ +\['testset',.*\n", "")
    s.rsub(r"^ +\['outfile',.*\n", "")
    s.sub("['webport', 'u', 8080, 'Web port for running an embedded HTTP Web server; defaults to 8080; set to 0 to disable. [optionally used in some modes: fuzzingserver, echoserver, broadcastserver, wsperfmaster].']",
          "['webport', 'u', 0, 'Web port for running an embedded HTTP Web server; defaults to 0 (disabled). [optionally used in fuzzingserver mode].']")
    s.rsub(r"raise usage\.UsageError, (\"[^\"\n]*\"(?: % self\['webport'\])?)$", r"raise usage.UsageError(\1)", 3)
    s.sub("raise usage.UsageError, (\n", "raise usage.UsageError(\n")
    s.sub("except usage.UsageError, errortext:", "except usage.UsageError as errortext:")
    s.cut('      if self.mode == "import":', '      elif self.mode == "testeeclient":')
    s.sub('      elif self.mode == "testeeclient":', '      if self.mode == "testeeclient":')
    s.cut('      elif self.mode == "broadcastclient":', '      elif self.mode == "fuzzingclient":')
    s.cut('      elif self.mode == "wsperfcontrol":', '      else:\n         raise Exception("no mode')
    s.prints(11)
    s.sub('''   cmdOpts = WsTestOptions()
   try:''', '''   sys.stdout.reconfigure(line_buffering = True)
   cmdOpts = WsTestOptions()
   try:''')
    s.save()


def testee(suite):
    """Convert the echo server and client (to try the suite itself)."""
    s = Source(suite, "testee.py")
    s.prints(4)
    s.rsub(r"^ +#print .*\n", "", 5)
    s.rsub(r"^from twisted\.web\..*\n", "", 2)
    s.cut("   if webport:\n", "   return True")
    s.sub("      sslContext = ssl.Default", "      from twisted.internet import ssl\n      sslContext = ssl.Default")
    s.sub("      self.currentCaseId += 1\n", '''      if self.endCaseId is None:
         print("Got no case count")
         reactor.stop()
         return
      self.currentCaseId += 1
''')
    s.sub("def startServer(wsuri, webport = None,", "def startServer(wsuri,")
    s.sub("   listenWS(factory, sslContext)", "   listenWS(factory, sslContext, interface = factory.host)")
    s.save()
