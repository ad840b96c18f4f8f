//! The table of everything that can be said to the command.

use super::{Opt, Value, Verb};

/// How each verb ends its list.
const HELP: &[Opt] = &[Opt::flag(&["help"], "print this help").or('h')];

/// The command as a whole.
pub(crate) const ABOUT: Verb = Verb {
    name: "",
    summary: "WebSockets (RFC 6455) on the command line",
    usage: "COMMAND",
    about: &["Try it: run `socklet serve` in one terminal and `socklet connect \
        ws://127.0.0.1:9001` in another, and type."],
    options: &[&[
        Opt::flag(&["help"], "print this help; `socklet COMMAND --help` says more").or('h'),
        Opt::flag(&["version"], "print the version").or('V'),
    ]],
    operand: Value::None,
    exit: "",
    examples: &[],
};

/// Every verb.
pub(crate) const VERBS: &[&Verb] =
    &[&SERVE, &CONNECT, &BENCH, &EXPLAIN, &BUILD, &COMPLETIONS, &MAN];

/// `socklet serve`.
pub(crate) const SERVE: Verb = Verb {
    name: "serve",
    summary: "run a server: echo, broadcast, or a command for each connection",
    usage: "[OPTION]...",
    about: &[
        "Every message goes back to the client that sent it; with --broadcast to all others, with \
        --pipe to a command.",
        "Prints `listening on ADDRESS` when it is ready and runs until it is interrupted (Ctrl+C, \
        SIGTERM); then it closes all connections with code 1001. What goes wrong with a connection \
        is told in one line on standard error.",
    ],
    options: &[
        &[
            Opt::with(
                &["addr"],
                Value::Some("ADDRESS"),
                "where to listen [default: 127.0.0.1:9001]; port 0 takes any free one",
            ),
            Opt::flag(&["echo"], "send each message back to its sender: the default"),
            Opt::flag(
                &["broadcast"],
                "send each message to all other clients; one for which 16 MiB or 4096 messages wait \
                is closed with code 1008",
            ),
            Opt::with(
                &["pipe"],
                Value::Some("COMMAND"),
                "run a command of the shell for each connection: each message is a line of its \
                standard input (several, if there are line ends in it), each line (up to 64 MiB) of its standard output a message, text, or \
                binary if it is not UTF-8. When the connection ends, so does the input; a command \
                that then still runs after a second is killed, with all that it has started. When \
                the command ends, the connection is closed with code 1000, or 1011 if it failed or \
                takes no input for as long as a client may be silent",
            ),
            Opt::with(
                &["tls-cert"],
                Value::File("FILE"),
                "serve wss:// with this certificate chain (PEM)",
            ),
            Opt::with(
                &["tls-key"],
                Value::File("FILE"),
                "its private key (PEM); needed with --tls-cert",
            ),
            Opt::flag(
                &["blocking"],
                "one thread a connection instead of one asynchronous task; for --echo",
            ),
            Opt::flag(
                &["verbose"],
                "tell of each connection what was agreed on, how it ended, and what compression was \
                good for",
            )
            .or('v'),
            Opt::with(
                &["subprotocol"],
                Value::Some("NAME"),
                "a subprotocol to choose when a client offers it; repeat it for more, the best first",
            ),
            Opt::with(
                &["deflate"],
                Value::Perhaps("BITS"),
                "compress (permessage-deflate) with clients that offer it, which is so by default; \
                BITS, 8 to 15, bound the windows and so the memory [default: 15]",
            ),
            Opt::flag(&["no-deflate"], "do not compress"),
            Opt::flag(
                &["no-context-takeover"],
                "compress each message on its own: less memory, larger messages",
            ),
            Opt::with(
                &["max-message"],
                Value::Some("BYTES"),
                "longest message, 0 for any [default: 16777216]; a longer one closes the connection \
                with code 1009",
            ),
            Opt::with(
                &["idle-timeout"],
                Value::Some("SECS"),
                "drop a client that is silent for so long, 0 for never [default: 300]; after half of \
                it the client gets a ping, and its pong counts",
            ),
            Opt::with(
                &["handshake-timeout"],
                Value::Some("SECS"),
                "how long a client may take for TLS and the opening handshake, 0 for ever \
                [default: 30]",
            ),
            Opt::with(
                &["closing-timeout"],
                Value::Some("SECS"),
                "how long to wait for a client's Close frame, 0 for ever [default: 30]",
            ),
            Opt::with(
                &["max-connections"],
                Value::Some("N"),
                "how many connections at once, those in their opening handshake included, 0 for any \
                number [default: 10000]; whoever comes then waits until one has ended",
            ),
        ],
        DUMP,
        HELP,
    ],
    operand: Value::None,
    exit: "0 after an interrupt, 1 on failure, 2 if the arguments make no sense.",
    examples: &[
        "socklet serve --addr 0.0.0.0:80",
        "socklet serve --addr '[::]:443' --tls-cert chain.pem --tls-key key.pem",
        "socklet serve --pipe 'stdbuf -oL tr a-z A-Z'",
    ],
};

/// What crosses the wire.
const DUMP: &[Opt] = &[Opt::with(
    &["dump"],
    Value::PerhapsFile("FILE"),
    "print each frame on standard error as it crosses the wire, `>` sent, `<` received; or write all \
    bytes, without TLS, to a capture (pcapng) that `socklet explain`, the frame inspector and \
    Wireshark read",
)];

/// How a client opens a connection.
const OPENING: &[Opt] = &[
    Opt::with(
        &["header"],
        Value::Some("'NAME: VALUE'"),
        "add a header to the opening handshake; repeat it for more",
    )
    .or('H'),
    Opt::with(
        &["header-file"],
        Value::File("FILE"),
        "add the headers in this file, one a line; empty lines and those with a # in front do not \
        count. Secrets do not show in the list of processes that way",
    ),
    Opt::with(&["cookie"], Value::Some("NAME=VALUE"), "send a cookie; repeat it for more").or('b'),
    Opt::with(
        &["subprotocol"],
        Value::Some("NAME"),
        "offer a subprotocol; repeat it for more, the best first",
    ),
    Opt::with(
        &["ca"],
        Value::File("FILE"),
        "trust the certificate authorities in this file (PEM) too",
    ),
    Opt::flag(&["insecure"], "trust any certificate: whoever is in between can read along"),
    Opt::with(
        &["proxy"],
        Value::Some("URL"),
        "reach the server through a proxy: http://[USER:PASSWORD@]HOST[:PORT] or socks5://...",
    )
    .or('x'),
    Opt::flag(
        &["proxy-from-environment"],
        "reach it through the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name, but for the \
        servers in NO_PROXY",
    ),
    Opt::with(
        &["follow"],
        Value::Some("N"),
        "follow up to N redirects [default: 0], none of them from wss to ws; another server is sent \
        no Authorization and no Cookie",
    ),
    Opt::with(
        &["unix"],
        Value::File("PATH"),
        "connect to this Unix socket; URL says what to ask for",
    ),
    Opt::with(
        &["deflate"],
        Value::Perhaps("BITS"),
        "offer compression (permessage-deflate), with windows of at most so many bits, 8 to 15",
    ),
    Opt::flag(&["no-context-takeover"], "with --deflate: compress each message on its own"),
];

/// `socklet connect`.
pub(crate) const CONNECT: Verb = Verb {
    name: "connect",
    summary: "talk to a server",
    usage: "[OPTION]... URL",
    about: &[
        "URL is ws://HOST[:PORT][/PATH] or, for TLS, wss://HOST[:PORT][/PATH].",
        "Sends every line of standard input (up to 64 MiB) as a message: text, or binary if the line \
        is not UTF-8. Prints what arrives (messages of up to 1 GiB) on standard output: a text \
        message as a line; a binary one as its bytes, unchanged, or on a terminal as offsets, bytes \
        and characters, of which the first 4 KiB are shown. All else is told on standard error. \
        Terminals get colours unless NO_COLOR is set.",
        "On a terminal, and with the feature line-editor, a line can be edited, as shells allow it, and \
        earlier ones come back with the arrow keys. They are kept in \
        $XDG_STATE_HOME/socklet/history, ~/.local/state if that is not set.",
        "With --text, --binary or --ping it sends those first, in the order in which they stand; if \
        standard input is a terminal, it then does not read it.",
        "When there is no more to send, it waits for the answers: until as many messages (and pongs) \
        have come as were sent and no more follow, or until nothing has come for a while (--wait). \
        Then it closes with code 1000, as it does on Ctrl+C; a second Ctrl+C does not wait for the \
        server to agree.",
        "With --json each line of standard output is an object. Its `type` is `open`, `message`, \
        `ping`, `pong`, `close` or `error`, its `time` is in UTC; messages, pings and pongs have a \
        `direction`, `in` or `out`, and their bytes as `text`, or as `hex` if they are none.",
    ],
    options: &[
        OPENING,
        &[
            Opt::with(&["text"], Value::Some("MESSAGE"), "send a text message"),
            Opt::with(
                &["binary"],
                Value::File("FILE"),
                "send the bytes of a file as a binary message",
            ),
            Opt::flag(&["ping"], "send a ping, and tell how long the pong took"),
            Opt::with(
                &["wait"],
                Value::Some("SECS"),
                "how long to wait for more at the end of input [default: 2, with --count 0]; 0: until \
                the server closes",
            ),
            Opt::flag(
                &["exit-on-close"],
                "end when the server closes the connection, and not before: as --wait 0",
            ),
            Opt::with(
                &["count"],
                Value::Some("N"),
                "end when N messages have come, without regard to the input; fewer are a failure",
            )
            .or('n'),
            Opt::flag(
                &["json"],
                "print one JSON object a line on standard output for what happens",
            ),
            Opt::flag(
                &["timestamps"],
                "begin each line with the time in UTC; binary messages are shown as on a terminal",
            )
            .or('t'),
            Opt::flag(
                &["no-history"],
                "neither read earlier lines from a file nor keep them in one",
            ),
        ],
        DUMP,
        HELP,
    ],
    operand: Value::Some("URL"),
    exit: "0 if all went well, 1 on failure (no connection, declined handshake, a certificate that \
        is not trusted, a lost connection, a server that closes with an error code), 2 if the \
        arguments make no sense.",
    examples: &[
        "socklet connect wss://echo.example",
        "socklet connect wss://echo.example --text hello",
        "socklet connect ws://127.0.0.1:9001 --binary picture.png >copy.png",
        "socklet connect wss://feed.example --text '{\"subscribe\":\"news\"}' --wait 0 </dev/null",
        "socklet connect wss://feed.example --json --count 10 </dev/null",
    ],
};

/// `socklet bench`.
pub(crate) const BENCH: Verb = Verb {
    name: "bench",
    summary: "measure an echo server: messages a second, and how long they take",
    usage: "[OPTION]... URL",
    about: &[
        "Opens connections, sends messages over all of them at once and waits for each to come back. \
        What comes back has to be what was sent. The time of a message is from when it is handed to \
        the connection to when it is received whole; times are kept with an error of less than 1%.",
    ],
    options: &[
        &[
            Opt::with(
                &["connections"],
                Value::Some("N"),
                "how many connections at once [default: 10]",
            )
            .or('c'),
            Opt::with(
                &["messages"],
                Value::Some("N"),
                "how many messages over each [default: 10000]",
            )
            .or('n'),
            Opt::with(&["size"], Value::Some("BYTES"), "how long each message is [default: 125]")
                .or('s'),
            Opt::with(
                &["depth"],
                Value::Some("N"),
                "how many messages are on their way at once over each connection [default: 1]",
            )
            .or('d'),
            Opt::flag(&["text"], "send text; binary messages are the default"),
            Opt::flag(&["json"], "print the result as one JSON object; times are in nanoseconds"),
        ],
        OPENING,
        HELP,
    ],
    operand: Value::Some("URL"),
    exit: "0 if every message came back, 1 on failure, 2 if the arguments make no sense.",
    examples: &[
        "socklet bench ws://127.0.0.1:9001",
        "socklet bench ws://127.0.0.1:9001 --connections 100 --depth 32 --size 16",
    ],
};

/// `socklet explain`.
pub(crate) const EXPLAIN: Verb = Verb {
    name: "explain",
    summary: "tell what is in captured traffic, and what is wrong with it",
    usage: "[OPTION]... FILE",
    about: &[
        "FILE is a capture (pcap, pcapng), an HTTP archive of a browser (HAR), a dump (xxd, hexdump, \
        od, Wireshark, `tshark -z follow,tcp,hex`), hexadecimal digits, base64, an array or a string \
        literal of a programming language, the log of firmware that traces its frames, or bytes as \
        they are; `-` is standard input. What it is, is recognised.",
        "Prints the opening handshake, a table of frames, and each violation of RFC 6455 and RFC 7692 \
        with its offset; judged by the decoders that run on a device. Flags are F for FIN, 1 to 3 for \
        the reserved bits, M for masked.",
    ],
    options: &[
        &[
            Opt::flag(&["json"], "one JSON object a line instead of the table"),
            Opt::flag(
                &[
                    "from-raw",
                    "from-hex",
                    "from-dump",
                    "from-array",
                    "from-base64",
                    "from-pcap",
                    "from-pcapng",
                    "from-har",
                    "from-log",
                ],
                "do not guess what it is",
            ),
            Opt::with(
                &["sender"],
                Value::Word("ROLE", &["client", "server"]),
                "whose bytes they are, or come first: client or server [default: who masks is the \
                client]",
            ),
            Opt::flag(
                &["deflate", "no-deflate"],
                "with or without compression, if there is no handshake that tells",
            ),
            Opt::with(
                &["max-inflated"],
                Value::Some("BYTES"),
                "most bytes to which the messages of a direction are inflated [default: 67108864]",
            ),
        ],
        HELP,
    ],
    operand: Value::File("FILE"),
    exit: "0 if there is nothing wrong, 1 if there are violations, 2 if the arguments make no sense \
        or FILE cannot be read to its end.",
    examples: &[
        "socklet explain traffic.pcap",
        "echo 81 85 37 fa 21 3d 7f 9f 4d 51 58 | socklet explain -",
        "tshark -r tls.pcap -o tls.keylog_file:keys -q -z follow,tls,hex,0 | socklet explain --json -",
    ],
};

/// `socklet build`.
pub(crate) const BUILD: Verb = Verb {
    name: "build",
    summary: "print a frame in hexadecimal digits",
    usage: "[OPTION]...",
    about: &["Whatever is asked for is built, allowed or not."],
    options: &[
        &[
            Opt::with(&["text"], Value::Some("TEXT"), "a text frame"),
            Opt::with(&["binary"], Value::Some("HEX"), "a binary frame"),
            Opt::with(&["continuation"], Value::Some("HEX"), "a continuation"),
            Opt::with(&["ping"], Value::Perhaps("TEXT"), "a Ping"),
            Opt::with(&["pong"], Value::Perhaps("TEXT"), "a Pong"),
            Opt::with(&["close"], Value::Some("[CODE [REASON]]"), "a Close frame"),
            Opt::with(&["opcode"], Value::Some("N"), "the opcode, 0 to 15, whatever the rest says"),
            Opt::flag(&["fin", "no-fin"], "with FIN, which is the default, or without"),
            Opt::flag(&["rsv1", "rsv2", "rsv3"], "set a reserved bit"),
            Opt::with(
                &["mask"],
                Value::Some("KEY"),
                "mask it with this key of eight hexadecimal digits",
            ),
            Opt::flag(&["compress"], "compress the payload (permessage-deflate), which sets RSV1"),
            Opt::flag(&["c"], "as an array of C"),
        ],
        HELP,
    ],
    operand: Value::None,
    exit: "0, or 2 if the arguments make no sense.",
    examples: &[
        "socklet build --text hi --mask 37fa213d",
        "socklet build --close 1000 bye",
        "socklet build --text hello --compress | socklet explain -",
    ],
};

/// The shells for which there are completions.
pub(crate) const SHELLS: &[&str] = &["bash", "zsh", "fish"];

/// `socklet completions`.
pub(crate) const COMPLETIONS: Verb = Verb {
    name: "completions",
    summary: "print what makes a shell complete the options",
    usage: "SHELL",
    about: &["SHELL is bash, zsh or fish."],
    options: &[HELP],
    operand: Value::Word("SHELL", SHELLS),
    exit: "0, or 2 if the arguments make no sense.",
    examples: &[
        "socklet completions bash >~/.local/share/bash-completion/completions/socklet",
        "socklet completions zsh >~/.zfunc/_socklet",
        "socklet completions fish >~/.config/fish/completions/socklet.fish",
    ],
};

/// `socklet man`.
pub(crate) const MAN: Verb = Verb {
    name: "man",
    summary: "print the man page",
    usage: "",
    about: &["It says of all commands what their --help says."],
    options: &[HELP],
    operand: Value::None,
    exit: "0, or 2 if the arguments make no sense.",
    examples: &["socklet man >~/.local/share/man/man1/socklet.1"],
};
