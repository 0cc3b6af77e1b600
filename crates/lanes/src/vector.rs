//! The vectors of each level that the matrix product is written with.

/// A few numbers that one instruction treats at once.
pub trait Vector<T>: Copy {
    const LANES: usize;
    /// How many of them the machine holds.
    const REGISTERS: usize;

    /// # Safety
    /// The machine has the level's instructions; so it is for all of these.
    unsafe fn splat(x: T) -> Self;

    /// # Safety
    /// All lanes can be read.
    unsafe fn load(from: *const T) -> Self;

    /// # Safety
    /// The first `n` lanes can be read; the others become 0.
    unsafe fn load_first(from: *const T, n: usize) -> Self;

    /// # Safety
    /// All lanes can be written.
    unsafe fn store(self, to: *mut T);

    /// # Safety
    /// The first `n` lanes can be written.
    unsafe fn store_first(self, to: *mut T, n: usize);

    /// `a*b + self`
    ///
    /// # Safety
    /// The machine has the level's instructions.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;

    /// # Safety
    /// The machine has the level's instructions.
    unsafe fn add(self, other: Self) -> Self;

    /// The sum of all lanes: of the halves lane by lane first, then of the halves of that.
    ///
    /// # Safety
    /// The machine has the level's instructions.
    unsafe fn total(self) -> T;
}

/// The vectors of a kind of number, by level.
pub trait Vectors: Sized {
    type Portable: Vector<Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Self>;
}

impl Vectors for f32 {
    type Portable = Lanes<f32, 8>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;
}

impl Vectors for f64 {
    type Portable = Lanes<f64, 4>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;
}

/// An array that the compiler makes of what it has.
#[derive(Clone, Copy)]
pub struct Lanes<T, const N: usize>([T; N]);

macro_rules! portable {
    ($type:ident, $lanes:literal) => {
        impl Vector<$type> for Lanes<$type, $lanes> {
            const LANES: usize = $lanes;
            const REGISTERS: usize = 16;

            #[inline(always)]
            unsafe fn splat(x: $type) -> Self {
                Lanes([x; $lanes])
            }

            #[inline(always)]
            unsafe fn load(from: *const $type) -> Self {
                // SAFETY: so says the caller.
                Lanes(unsafe { from.cast::<[$type; $lanes]>().read_unaligned() })
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $type, n: usize) -> Self {
                let mut all = [0.0; $lanes];
                // SAFETY: so says the caller.
                all[..n].copy_from_slice(unsafe { std::slice::from_raw_parts(from, n) });
                Lanes(all)
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $type) {
                // SAFETY: so says the caller.
                unsafe { to.cast::<[$type; $lanes]>().write_unaligned(self.0) }
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $type, n: usize) {
                // SAFETY: so says the caller.
                unsafe { std::slice::from_raw_parts_mut(to, n) }.copy_from_slice(&self.0[..n]);
            }

            #[inline(always)]
            unsafe fn add_product(self, a: Self, b: Self) -> Self {
                Lanes(std::array::from_fn(|k| a.0[k] * b.0[k] + self.0[k]))
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                Lanes(std::array::from_fn(|k| self.0[k] + other.0[k]))
            }

            #[inline(always)]
            unsafe fn total(self) -> $type {
                let (mut lanes, mut width) = (self.0, $lanes / 2);
                while width > 0 {
                    for l in 0..width {
                        lanes[l] += lanes[l + width];
                    }
                    width /= 2;
                }
                lanes[0]
            }
        }
    };
}
portable!(f32, 8);
portable!(f64, 4);

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Vector;

    macro_rules! vector {
        ($vector:ident of $type:ident, $lanes:literal, $registers:literal: $splat:ident, $load:ident, $store:ident,
         $fused:ident, $add:ident, $total:ident, |$n:ident| $mask:expr, $load_masked:expr, $store_masked:expr) => {
            impl Vector<$type> for $vector {
                const LANES: usize = $lanes;
                const REGISTERS: usize = $registers;

                #[inline(always)]
                unsafe fn splat(x: $type) -> Self {
                    // SAFETY: as the trait says; so it is for all of these.
                    unsafe { $splat(x) }
                }

                #[inline(always)]
                unsafe fn load(from: *const $type) -> Self {
                    // SAFETY: as above.
                    unsafe { $load(from) }
                }

                #[inline(always)]
                unsafe fn load_first(from: *const $type, $n: usize) -> Self {
                    // SAFETY: as above; lanes that are masked are not touched.
                    unsafe { ($load_masked)($mask, from) }
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut $type) {
                    // SAFETY: as above.
                    unsafe { $store(to, self) }
                }

                #[inline(always)]
                unsafe fn store_first(self, to: *mut $type, $n: usize) {
                    // SAFETY: as above; lanes that are masked are not touched.
                    unsafe { ($store_masked)(to, $mask, self) }
                }

                #[inline(always)]
                unsafe fn add_product(self, a: Self, b: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $fused(a, b, self) }
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: as above.
                    unsafe { $add(self, other) }
                }

                #[inline(always)]
                unsafe fn total(self) -> $type {
                    // SAFETY: as above.
                    unsafe { $total(self) }
                }
            }
        };
    }

    /// Sums of lanes.
    ///
    /// # Safety
    /// The machine has AVX-512; so it is for all of these, or AVX2.
    #[inline(always)]
    unsafe fn of_16_singles(x: __m512) -> f32 {
        // SAFETY: so says the caller.
        unsafe { of_8_singles(_mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x))) }
    }

    #[inline(always)]
    unsafe fn of_8_doubles(x: __m512d) -> f64 {
        // SAFETY: as above.
        unsafe { of_4_doubles(_mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd::<1>(x))) }
    }

    #[inline(always)]
    unsafe fn of_8_singles(x: __m256) -> f32 {
        // SAFETY: as above.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }

    #[inline(always)]
    unsafe fn of_4_doubles(x: __m256d) -> f64 {
        // SAFETY: as above.
        unsafe {
            let two = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        }
    }

    vector!(__m512 of f32, 16, 32: _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_add_ps, of_16_singles,
        |n| (1u32 << n).wrapping_sub(1) as __mmask16,
        |m, p| _mm512_maskz_loadu_ps(m, p), |p, m, v| _mm512_mask_storeu_ps(p, m, v));
    vector!(__m512d of f64, 8, 32: _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_add_pd, of_8_doubles,
        |n| (1u32 << n).wrapping_sub(1) as __mmask8,
        |m, p| _mm512_maskz_loadu_pd(m, p), |p, m, v| _mm512_mask_storeu_pd(p, m, v));
    vector!(__m256 of f32, 8, 16: _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, _mm256_add_ps, of_8_singles,
        |n| _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
        |m, p| _mm256_maskload_ps(p, m), |p, m, v| _mm256_maskstore_ps(p, m, v));
    vector!(__m256d of f64, 4, 16: _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_add_pd, of_4_doubles,
        |n| _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3)),
        |m, p| _mm256_maskload_pd(p, m), |p, m, v| _mm256_maskstore_pd(p, m, v));
}
