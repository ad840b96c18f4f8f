//! What `--help` prints.

/// The command as a whole.
pub(crate) const GENERAL: &str = "\
socklet - WebSockets (RFC 6455) on the command line

Usage:
  socklet serve [OPTION]...         run an echo server
  socklet connect [OPTION]... URL   talk to a server
  socklet explain [OPTION]... FILE  tell what is in captured traffic, and what is wrong with it
  socklet build [OPTION]...         print a frame in hexadecimal digits

Options:
  -h, --help     print this help; `socklet COMMAND --help` says more
  -V, --version  print the version

Try it: run `socklet serve` in one terminal and `socklet connect ws://127.0.0.1:9001` in another,
and type.
";

/// `socklet serve`.
pub(crate) const SERVE: &str = "\
socklet serve - an echo server: every message goes back to the client that sent it

Usage:
  socklet serve [OPTION]...

Prints `listening on ADDRESS` when it is ready and runs until it is interrupted (Ctrl+C, SIGTERM);
then it closes all connections with code 1001. What goes wrong with a connection is told in one
line on standard error.

Options:
  --addr ADDRESS       where to listen [default: 127.0.0.1:9001]; port 0 takes any free one
  --tls-cert FILE      serve wss:// with this certificate chain (PEM)
  --tls-key FILE       its private key (PEM); needed with --tls-cert
  --blocking           one thread a connection instead of one asynchronous task
  -v, --verbose        tell of each connection what was agreed on, how it ended, and what
                       compression was good for
  --subprotocol NAME   a subprotocol to choose when a client offers it; repeat it for more, the
                       best first
  --deflate[=BITS]     compress (permessage-deflate) with clients that offer it, which is so by
                       default; BITS, 8 to 15, bound the windows and so the memory [default: 15]
  --no-deflate         do not compress
  --no-context-takeover
                       compress each message on its own: less memory, larger messages
  --max-message BYTES  longest message, 0 for any [default: 16777216]; a longer one closes the
                       connection with code 1009
  --idle-timeout SECS  drop a client that is silent for so long, 0 for never [default: 300]; after
                       half of it the client gets a ping, and its pong counts
  --handshake-timeout SECS
                       how long a client may take for TLS and the opening handshake, 0 for ever
                       [default: 30]
  --closing-timeout SECS
                       how long to wait for a client's Close frame, 0 for ever [default: 30]
  --max-connections N  how many connections at once, those in their opening handshake included, 0
                       for any number [default: 10000]; whoever comes then waits until one has ended
  -h, --help           print this help

Exit status: 0 after an interrupt, 1 on failure, 2 if the arguments make no sense.

Examples:
  socklet serve --addr 0.0.0.0:80
  socklet serve --addr '[::]:443' --tls-cert chain.pem --tls-key key.pem
";

/// `socklet connect`.
pub(crate) const CONNECT: &str = "\
socklet connect - talks to a WebSocket server

Usage:
  socklet connect [OPTION]... URL

URL is ws://HOST[:PORT][/PATH] or, for TLS, wss://HOST[:PORT][/PATH].

Sends every line of standard input (up to 64 MiB) as a message: text, or binary if the line is not
UTF-8. Prints what arrives (messages of up to 1 GiB) on standard output: a text message as a line; a
binary one as its bytes, unchanged, or as a line of hexadecimal digits on a terminal. All else is
told on standard error, in colours on a terminal unless NO_COLOR is set.

With --text, --binary or --ping it sends those first, in the order in which they stand; if standard
input is a terminal, it then does not read it.

When there is no more to send, it waits for the answers: until as many messages (and pongs) have
come as were sent and no more follow, or until nothing has come for a while (--wait). Then it closes
with code 1000, as it does on Ctrl+C; a second Ctrl+C does not wait for the server to agree.

Options:
  -H, --header 'NAME: VALUE'  add a header to the opening handshake; repeat it for more
  --subprotocol NAME          offer a subprotocol; repeat it for more, the best first
  --ca FILE                   trust the certificate authorities in this file (PEM) too
  --insecure                  trust any certificate: whoever is in between can read along
  --text MESSAGE              send a text message
  --binary FILE               send the bytes of a file as a binary message
  --ping                      send a ping, and tell how long the pong took
  --deflate[=BITS]            offer compression (permessage-deflate), with windows of at most so
                              many bits, 8 to 15; tell at the end what it was good for
  --no-context-takeover       with --deflate: compress each message on its own
  --wait SECS                 how long to wait for more at the end of input [default: 2]; 0: until
                              the server closes
  --dump                      print each frame on standard error as it crosses the wire:
                              `>` sent, `<` received
  -h, --help                  print this help

Exit status: 0 if all went well, 1 on failure (no connection, declined handshake, a certificate that
is not trusted, a lost connection, a server that closes with an error code), 2 if the arguments make
no sense.

Examples:
  socklet connect wss://echo.example
  socklet connect wss://echo.example --text hello
  socklet connect ws://127.0.0.1:9001 --binary picture.png >copy.png
  socklet connect wss://feed.example --text '{\"subscribe\":\"news\"}' --wait 0 </dev/null
";

/// `socklet explain`.
pub(crate) const EXPLAIN: &str = "\
socklet explain - tells what is in captured WebSocket traffic, and what is wrong with it

Usage:
  socklet explain [OPTION]... FILE

FILE is a capture (pcap, pcapng), an HTTP archive of a browser (HAR), a dump (xxd, hexdump, od,
Wireshark, `tshark -z follow,tcp,hex`), hexadecimal digits, base64, an array or a string literal of a
programming language, the log of firmware that traces its frames, or bytes as they are; `-` is standard
input. What it is, is recognised.

Prints the opening handshake, a table of frames, and each violation of RFC 6455 and RFC 7692 with its
offset; judged by the decoders that run on a device. Flags are F for FIN, 1 to 3 for the reserved
bits, M for masked.

Options:
  --json               one JSON object a line instead of the table
  --from-FORMAT        do not guess: raw, hex, dump, array, base64, pcap, pcapng, har, log
  --sender ROLE        whose bytes they are, or come first: client or server [default: who masks is
                       the client]
  --deflate, --no-deflate
                       with or without compression, if there is no handshake that tells
  --max-inflated BYTES most bytes to which the messages of a direction are inflated
                       [default: 67108864]
  -h, --help           print this help

Exit status: 0 if there is nothing wrong, 1 if there are violations, 2 if the arguments make no sense
or FILE cannot be read to its end.

Examples:
  socklet explain traffic.pcap
  echo 81 85 37 fa 21 3d 7f 9f 4d 51 58 | socklet explain -
  tshark -r tls.pcap -o tls.keylog_file:keys -q -z follow,tls,hex,0 | socklet explain --json -
";

/// `socklet build`.
pub(crate) const BUILD: &str = "\
socklet build - prints a WebSocket frame in hexadecimal digits

Usage:
  socklet build [OPTION]...

Whatever is asked for is built, allowed or not.

Options:
  --text TEXT          a text frame
  --binary HEX         a binary frame
  --continuation HEX   a continuation
  --ping[=TEXT]        a Ping
  --pong[=TEXT]        a Pong
  --close [CODE [REASON]]
                       a Close frame
  --opcode N           the opcode, 0 to 15, whatever the rest says
  --no-fin             without FIN; --fin is the default
  --rsv1, --rsv2, --rsv3
                       set a reserved bit
  --mask KEY           mask it with this key of eight hexadecimal digits
  --compress           compress the payload (permessage-deflate), which sets RSV1
  --c                  as an array of C
  -h, --help           print this help

Exit status: 0, or 2 if the arguments make no sense.

Examples:
  socklet build --text hi --mask 37fa213d
  socklet build --close 1000 bye
  socklet build --text hello --compress | socklet explain -
";
