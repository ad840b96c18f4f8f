"""The fuzzing server and client."""

from source import Source


def fuzzing(suite):
    """Convert both, and correct what would hide a failure."""
    s = Source(suite, "fuzzing.py")
    s.sub("import os, json, binascii, time, textwrap, pkg_resources",
          "import os, json, binascii, time, textwrap, traceback")
    s.sub("from twisted.internet import reactor, ssl\n", """from twisted.internet import reactor
try:
   from twisted.internet import ssl
except ImportError:
   ssl = None
""")
    s.sub("from case import Case,", "from .case import Case,")
    s.sub("from caseset import", "from .caseset import")
    s.sub("from report import", "from .report import")
    s.prints(17)
    s.has_key(12)

    # text and octets
    s.sub('''   ellipses = " ..."
   if len(data) > maxlen - len(ellipses):
      dd = binascii.b2a_hex(data[:maxlen]) + ellipses
   else:
      dd = binascii.b2a_hex(data)
   return dd''', '''   ellipses = " ..."
   if len(data) > maxlen - len(ellipses):
      dd = binascii.b2a_hex(data[:maxlen]).decode('ascii') + ellipses
   else:
      dd = binascii.b2a_hex(data).decode('ascii')
   return dd''')
    s.sub('''   ellipses = " ..."
   try:''', '''   ellipses = b" ..."
   try:''')
    s.sub("   except:\n      return '0x'", "   except UnicodeDecodeError:\n      return '0x'")
    s.sub('''      return '0x' + binLogData(data, maxlen)
''', '''      return '0x' + binLogData(data, maxlen)



def toText(data):
   """
   Text for reports from what may be octets (or nothing).
   """
   return data.decode('utf8', errors = 'replace') if isinstance(data, bytes) else data
''')
    s.sub("p = ''.join(payload)", "p = b''.join(payload)")
    s.sub("binascii.b2a_hex(frameHeader.mask) if", "binascii.b2a_hex(frameHeader.mask).decode('ascii') if", 2)
    s.rsub(r'"(localCloseReason|remoteCloseReason)": (self\.\w+),', r'"\1": toText(\2),', 2)
    s.rsub(r'"(httpRequest|httpResponse)": (self\.http_\w+_data if .* else .*),', r'"\1": toText(\2),', 2)
    s.sub("self.sendMessage(json.dumps(len(self.factory.specCases)))",
          "self.sendMessage(json.dumps(len(self.factory.specCases)).encode('utf8'))")
    s.sub("""            self.sendMessage(json.dumps({
               'behavior':results['behavior']
            }))""", """            self.sendMessage(json.dumps({
               'behavior':results['behavior']
            }).encode('utf8'))""")
    s.sub("""            'description': self.factory.CaseSet.caseClassToPrettyDescription(self.Case),
         }))""", """            'description': self.factory.CaseSet.caseClassToPrettyDescription(self.Case),
         }).encode('utf8'))""")
    s.sub('payload = spec.get("payload", ""), payload_len', 'payload = spec.get("payload", "").encode("UTF-8"), payload_len')
    s.sub('mask = obj[1].get("mask", None)', 'mask = obj[1]["mask"].encode("latin-1") if obj[1].get("mask") else None')
    s.sub('mask = frame.get("mask", None)', 'mask = frame["mask"].encode("latin-1") if frame.get("mask") else None')
    s.sub('log.msg("Pong received: " + payload)', 'log.msg("Pong received: %r" % (payload,))')
    s.sub('raise Exception("fuzzing peer received unknown command" % obj[0])',
          'raise Exception("fuzzing peer received unknown command %s" % obj[0])')
    s.sub("f = open(os.path.join(outdir, report_filename), 'w')",
          "f = open(os.path.join(outdir, report_filename), 'w', encoding = 'utf-8')", 4)
    s.sub("""f.write(('         <tr class="stats_row"><td>%s</td><td class="left">%s</td><td class="left">%s</td></tr>\\n' % (c[0], case[c[0]], c[1])).encode("utf-8"))""",
          """f.write('         <tr class="stats_row"><td>%s</td><td class="left">%s</td><td class="left">%s</td></tr>\\n' % (c[0], case[c[0]], c[1]))""")
    s.sub("ll.encode('utf8')))", "ll))")
    s.sub('''                  if t[6]:
                     mmask = binascii.b2a_hex(t[6])
                  else:
                     mmask = str(t[6])
''', '''                  mmask = str(t[6])
''')

    # a peer that never completed the opening handshake has no name
    s.sub('      agent = caseResults["agent"]\n',
          '      agent = caseResults["agent"] = caseResults["agent"] or "UnknownAgent"\n')

    # an error inside the suite must not turn into a verdict on the peer
    s.sub('''      ## ability to shut down server once reports are generated
      self.shutdownOnComplete = False
''', '''      ## ability to shut down server once reports are generated
      self.shutdownOnComplete = False

      self.internalError = None


   def guarded(self, fun, *args):
      """
      Run a step of a test case. When the step itself breaks, the case fails,
      whatever the peer did.
      """
      try:
         fun(*args)
      except Exception:
         self.internalError = traceback.format_exc()
         print("Internal error of the test suite:\\n" + self.internalError)
         self.dropConnection(abort = True)

''')
    s.sub('''         self.runCase.onConnectionLost(self.failedByMe)
         self.caseEnd = time.time()
''', '''         self.guarded(self.runCase.onConnectionLost, self.failedByMe)
         self.caseEnd = time.time()

         if self.internalError:
            self.runCase.behavior = Case.FAILED
            self.runCase.behaviorClose = Case.FAILED
            self.runCase.result = "Internal error of the test suite:\\n" + self.internalError
''')
    s.sub("            self.runCase.onOpen()\n", "            self.guarded(self.runCase.onOpen)\n")
    s.sub("         fun()\n", "         self.guarded(fun)\n")
    s.sub("         self.runCase.onPong(payload)\n", "         self.guarded(self.runCase.onPong, payload)\n")
    s.sub("         self.runCase.onMessage(msg, binary)\n", "         self.guarded(self.runCase.onMessage, msg, binary)\n")
    s.sub("         self.runCase.onClose(wasClean, code, reason)\n", "         self.guarded(self.runCase.onClose, wasClean, code, reason)\n")

    # which cases were asked for, so that cases which never ran can be noticed
    s.sub('''   def logCase(self, caseResults):
''', '''   def removeOldReport(self):
      """
      Do not leave the summary of an earlier run behind if this one breaks off.
      """
      for fn in ["index.json", "cases.json"]:
         path = os.path.join(self.outdir, fn)
         if os.path.exists(path):
            os.unlink(path)


   def createCaseListJSON(self, outdir):
      """
      Create JSON file with the cases which should have been run, by agent.
      """
      res = {}
      for agentId in set(list(self.agents) + self.unreachable):
         res[agentId] = [c for c in self.specCases if not self.CaseSet.checkAgentCaseExclude(self.specExcludeAgentCases, agentId, c)]
      f = open(os.path.join(outdir, "cases.json"), 'w', encoding = 'utf-8')
      f.write(json.dumps(res, sort_keys = True, indent = 3, separators = (',', ': ')))
      f.close()


   def logCase(self, caseResults):
''')
    s.sub('''         self.createMasterReportJSON(self.outdir)
''', '''         self.createMasterReportJSON(self.outdir)
         self.createCaseListJSON(self.outdir)
''')
    s.sub("      self.resultListeners = {}\n", "      self.resultListeners = {}\n      self.unreachable = []\n      self.removeOldReport()\n")
    s.sub("   def clientConnectionFailed(self, connector, reason):\n", """   def clientConnectionFailed(self, connector, reason):
      self.unreachable.append(self.agent or self.spec["servers"][self.currServer]["url"])
""")

    # a spec that selects nothing, or cases that do not exist
    s.sub("      self.specCases = self.CaseSet.parseSpecCases(self.spec)\n", """      self.specCases = self.CaseSet.parseSpecCases(self.spec)
      unknownCases = [c for c in self.specCases if c not in self.CaseSet.CasesById]
      if unknownCases or not self.specCases:
         raise SystemExit("no such test cases: %s" % unknownCases if unknownCases else "no test cases selected")
""", 2)

    # a report that cannot be written must not leave the program waiting for ever
    s.rsub(r"^( +)self\.createReports\(\)\n +reactor\.stop\(\)\n",
           r"\1try:\n\1   self.createReports()\n\1finally:\n\1   reactor.stop()\n", 2)

    # let the closing handshake finish before stopping
    s.rsub(r"^( +)(print\(\".*[Ss]hutting down server\.\"\)\n) +reactor\.stop\(\)\n",
           r"\1\2\1reactor.callLater(1, reactor.stop)\n", 2)
    s.sub('         print("Shutting down server.")\n', '         self.sendClose()\n         print("Shutting down server.")\n')

    # TLS is optional; listen only on the address given in the URL
    s.sub('''         hostname = server.get("hostname")
         if hostname:''', '''         hostname = server.get("hostname")
         if ssl is None:
            self.contextFactory = None
         elif hostname:''')
    s.sub("               connectWS(self)\n", "               connectWS(self, contextFactory = self.contextFactory)\n")
    s.sub("            connectWS(self)\n", "            connectWS(self, contextFactory = self.contextFactory)\n")
    s.sub("   listenWS(factory, sslContext)\n", "   listenWS(factory, sslContext, interface = factory.host)\n")
    s.sub('''File(pkg_resources.resource_filename("autobahntestsuite",
                                                    "web/fuzzingserver"))''',
          'File(autobahntestsuite.resource_filename("web/fuzzingserver"))')
    s.sub("webdir.putChild('cwd', curdir)", "webdir.putChild(b'cwd', curdir)")
    s.sub("reactor.listenSSL(webport, web, sslContext)", "reactor.listenSSL(webport, web, sslContext, interface = factory.host)")
    s.sub("reactor.listenTCP(webport, web)", "reactor.listenTCP(webport, web, interface = factory.host)")
    s.save()
