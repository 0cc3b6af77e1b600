//! Random numbers that are a pure function of (seed, name, step, index): no state, the same for any number of threads.
//!
//! Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

// Loops over many of these are compiled for what the machine has, which takes all of it to be part of them.
#[inline(always)]
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [a, b] =
            [u64::from(MULTIPLIERS[0]) * u64::from(counter[0]), u64::from(MULTIPLIERS[1]) * u64::from(counter[2])];
        let (high, low) = (|x: u64| (x >> 32) as u32, |x: u64| x as u32);
        counter = [high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// A stream of random numbers for a name and a step.
///
/// ```
/// use wrt_kernels::Stream;
/// let stream = Stream::new(1, "W", 0);
/// assert_eq!(stream.uniform(7), Stream::new(1, "W", 0).uniform(7));
/// assert_ne!(stream.uniform(7), Stream::new(2, "W", 0).uniform(7));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: [u32; 2],
    name: u32,
    step: u32,
}

impl Stream {
    /// The stream of a name (of a parameter, say) at a step.
    pub fn new(seed: u64, name: &str, step: u32) -> Stream {
        // FNV-1a, 64 bits; half of it goes into the key, half into the counter.
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        let key = [seed as u32, (seed >> 32) as u32 ^ (hash >> 32) as u32];
        Stream { key, name: hash as u32, step }
    }

    #[inline(always)]
    fn words(&self, index: u64) -> [u32; 4] {
        philox([index as u32, (index >> 32) as u32, self.step, self.name], self.key)
    }

    /// The number at an index, uniform in [0, 1), a multiple of 2⁻⁵³.
    #[inline(always)]
    pub fn uniform(&self, index: u64) -> f64 {
        let [a, b, ..] = self.words(index);
        unit(a, b)
    }

    /// The number at an index, normal with mean 0 and standard deviation 1 (Box & Muller 1958).
    pub fn normal(&self, index: u64) -> f64 {
        let [a, b, c, d] = self.words(index);
        // 1 - u is never 0.
        let radius = (-2.0 * libm::log(1.0 - unit(a, b))).sqrt();
        radius * libm::cos(std::f64::consts::TAU * unit(c, d))
    }
}

#[inline(always)]
fn unit(a: u32, b: u32) -> f64 {
    let bits = (u64::from(a) << 21) ^ (u64::from(b) >> 11);
    bits as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_published_answers() {
        // kat_vectors of the authors' library Random123.
        let all = u32::MAX;
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([all; 4], [all; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let stream = Stream::new(3, "x", 0);
        let n = 20_000;
        let mean = |f: &dyn Fn(u64) -> f64| (0..n).map(f).sum::<f64>() / n as f64;
        assert!((mean(&|k| stream.uniform(k)) - 0.5).abs() < 0.01);
        assert!(mean(&|k| stream.normal(k)).abs() < 0.03);
        assert!((mean(&|k| stream.normal(k).powi(2)) - 1.0).abs() < 0.03);
    }
}
