//! A decoder as plain as the RFC's text, which looks closer than others do: at the greatest
//! distance, at codes that are not complete, at what follows the end.

/// What [`Strict::message`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blocks {
    /// Greatest distance.
    pub farthest: usize,
    /// How many blocks are stored, fixed, dynamic.
    pub kinds: [usize; 3],
}

/// Decodes messages of a stream one after the other.
#[derive(Default)]
pub struct Strict {
    /// All that was decoded.
    pub bytes: Vec<u8>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn bits(&mut self, len: usize) -> usize {
        let mut value = 0;
        for n in 0..len {
            let byte = self.bytes[self.at / 8];
            value |= usize::from(byte >> (self.at % 8) & 1) << n;
            self.at += 1;
        }
        value
    }

    fn byte(&mut self) -> u8 {
        self.bits(8) as u8
    }

    fn symbol(&mut self, code: &Code) -> usize {
        let (mut value, mut first, mut index) = (0, 0, 0);
        for count in &code.counts[1..] {
            value |= self.bits(1);
            if value < first + count {
                return code.symbols[index + value - first];
            }
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        panic!("not a code");
    }
}

struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lens: &[usize]) -> Self {
        let mut counts = [0; 16];
        for len in lens {
            counts[*len] += 1;
        }
        counts[0] = 0;
        let mut symbols: Vec<_> = (0..lens.len()).filter(|at| lens[*at] != 0).collect();
        symbols.sort_by_key(|at| lens[*at]);
        let taken: usize = (1..16).map(|len| counts[len] << (15 - len)).sum();
        // One code of one bit may stand alone, for distances.
        assert!(
            taken == 1 << 15 || (symbols.len() == 1 && counts[1] == 1),
            "the code is not complete"
        );
        Self { counts, symbols }
    }
}

impl Strict {
    /// Decodes a message without the 00 00 FF FF at its end.
    pub fn message(&mut self, message: &[u8]) -> Blocks {
        let message = [message, &[0, 0, 0xFF, 0xFF]].concat();
        let mut reader = Reader { bytes: &message, at: 0 };
        let mut blocks = Blocks::default();
        loop {
            assert_eq!(reader.bits(1), 0, "no block is the last");
            let kind = reader.bits(2);
            match kind {
                0 => {
                    assert_eq!(reader.bits((8 - reader.at % 8) % 8), 0);
                    let len = reader.bits(16);
                    assert_eq!(len ^ 0xFFFF, reader.bits(16));
                    if len == 0 {
                        assert_eq!(reader.at, message.len() * 8, "an empty block within");
                        return blocks;
                    }
                    for _ in 0..len {
                        let byte = reader.byte();
                        self.bytes.push(byte);
                    }
                }
                1 => {
                    let lens: Vec<_> = (0..288)
                        .map(|at| match at {
                            0..144 => 8,
                            144..256 => 9,
                            256..280 => 7,
                            _ => 8,
                        })
                        .collect();
                    self.tokens(&mut reader, &Code::new(&lens), &Code::new(&[5; 32]), &mut blocks);
                }
                2 => {
                    let literals = 257 + reader.bits(5);
                    let distances = 1 + reader.bits(5);
                    let runs = 4 + reader.bits(4);
                    assert!(literals <= 286 && distances <= 30);
                    let mut lens = [0; 19];
                    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
                    for at in &order[..runs] {
                        lens[*at] = reader.bits(3);
                    }
                    let code = Code::new(&lens);
                    let mut lens = Vec::new();
                    while lens.len() < literals + distances {
                        let (len, count) = match reader.symbol(&code) {
                            16 => (*lens.last().unwrap(), 3 + reader.bits(2)),
                            17 => (0, 3 + reader.bits(3)),
                            18 => (0, 11 + reader.bits(7)),
                            len => (len, 1),
                        };
                        lens.extend(std::iter::repeat_n(len, count));
                    }
                    assert_eq!(lens.len(), literals + distances);
                    let (literals, distances) = lens.split_at(literals);
                    self.tokens(
                        &mut reader,
                        &Code::new(literals),
                        &Code::new(distances),
                        &mut blocks,
                    );
                }
                _ => panic!("a reserved kind of block"),
            }
            blocks.kinds[kind] += 1;
        }
    }

    fn tokens(
        &mut self,
        reader: &mut Reader<'_>,
        literals: &Code,
        distances: &Code,
        blocks: &mut Blocks,
    ) {
        loop {
            let symbol = reader.symbol(literals);
            let len = match symbol {
                0..256 => {
                    self.bytes.push(symbol as u8);
                    continue;
                }
                256 => return,
                257..265 => symbol - 254,
                285 => 258,
                _ => {
                    let extra = (symbol - 261) / 4;
                    ((4 + (symbol - 261) % 4) << extra) + 3 + reader.bits(extra)
                }
            };
            let distance = match reader.symbol(distances) {
                symbol @ 0..4 => symbol + 1,
                symbol => {
                    let extra = symbol / 2 - 1;
                    ((2 + symbol % 2) << extra) + 1 + reader.bits(extra)
                }
            };
            assert!(distance <= self.bytes.len(), "before the start");
            blocks.farthest = blocks.farthest.max(distance);
            for _ in 0..len {
                self.bytes.push(self.bytes[self.bytes.len() - distance]);
            }
        }
    }
}
