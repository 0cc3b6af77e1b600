//! Where random choices come from.

/// A stream of choices. Choice 0 should be the simplest, so that what shrinks bytes shrinks expressions.
pub trait Source {
    /// A number below `n`, which is at least 1.
    fn below(&mut self, n: u32) -> u32;
    /// Is the stream at its end (then every choice is 0)?
    fn spent(&self) -> bool;
    /// True in `n` of `of` cases.
    fn chance(&mut self, n: u32, of: u32) -> bool {
        self.below(of) >= of - n
    }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
pub struct Seeded(u64);

impl Seeded {
    /// The stream of a pair of numbers.
    pub fn new(seed: u64, index: u64) -> Seeded {
        let mut start = Seeded(seed ^ 0x5851_f42d_4c95_7f2d);
        let mixed = start.next() ^ index;
        Seeded(Seeded(mixed).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Source for Seeded {
    fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * n as u64) >> 32) as u32
    }

    fn spent(&self) -> bool {
        false
    }
}

/// Bytes of a fuzzer: one byte a choice, two where a byte is too small.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u32 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first as u32
            }
            [] => 0,
        }
    }
}

impl Source for Bytes<'_> {
    fn below(&mut self, n: u32) -> u32 {
        let choice = if n <= 256 { self.byte() } else { self.byte() << 8 | self.byte() };
        choice % n
    }

    fn spent(&self) -> bool {
        self.0.is_empty()
    }
}
