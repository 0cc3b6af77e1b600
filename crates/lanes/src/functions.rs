//! The elementary functions on one number, without branches, so that the loops around them become vector code.
//!
//! Coefficients are those of Sun's fdlibm where it has some, and Taylor's elsewhere.

// Coefficients stand as they are printed where they come from.
#![allow(clippy::excessive_precision)]

/// How `a*b + c` is done.
pub trait Arithmetic: Copy {
    fn f64(a: f64, b: f64, c: f64) -> f64;
    fn f32(a: f32, b: f32, c: f32) -> f32;
}

/// Rounded once, by an instruction.
#[derive(Clone, Copy)]
pub struct Hardware;

/// Rounded twice.
#[derive(Clone, Copy)]
pub struct Plain;

impl Arithmetic for Hardware {
    #[inline(always)]
    fn f64(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
    #[inline(always)]
    fn f32(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

impl Arithmetic for Plain {
    #[inline(always)]
    fn f64(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
    #[inline(always)]
    fn f32(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

/// The functions that have lane code.
pub trait Lane: Copy {
    fn fused<A: Arithmetic>(self, b: Self, c: Self) -> Self;
    fn exp<A: Arithmetic>(self) -> Self;
    fn expm1<A: Arithmetic>(self) -> Self;
    fn log<A: Arithmetic>(self) -> Self;
    fn log1p<A: Arithmetic>(self) -> Self;
    fn tanh<A: Arithmetic>(self) -> Self;
    fn sigmoid<A: Arithmetic>(self) -> Self;
    fn softplus<A: Arithmetic>(self) -> Self;
    fn sin<A: Arithmetic>(self) -> Self;
    fn cos<A: Arithmetic>(self) -> Self;
    /// Up to where sine and cosine have lane code.
    const MAX_ANGLE: Self;
}

macro_rules! horner {
    ($arithmetic:path, $x:expr, $last:expr $(, $next:expr)*) => {{
        let p = $last;
        $(let p = $arithmetic(p, $x, $next);)*
        p
    }};
}

macro_rules! shared {
    ($type:ident, $magic:expr) => {
        #[inline(always)]
        fn fused<A: Arithmetic>(self, b: Self, c: Self) -> Self {
            A::$type(self, b, c)
        }

        #[inline(always)]
        fn exp<A: Arithmetic>(self) -> Self {
            let (n, r) = Self::reduced::<A>(self.above(Self::LOWEST).below(Self::HIGHEST));
            let grown = A::$type(r * r, Self::exponential_tail::<A>(r), r) + 1.0;
            // In two steps, as the power alone may be out of range where the product isn't.
            let half = A::$type(n, 0.5, $magic) - $magic;
            grown * Self::power_of_two(half) * Self::power_of_two(n - half)
        }

        #[inline(always)]
        fn expm1<A: Arithmetic>(self) -> Self {
            let (n, r) = Self::reduced::<A>(self.above(-64.0).below(Self::HIGHEST));
            let grown = A::$type(r * r, Self::exponential_tail::<A>(r), r);
            // 2ⁿ(q + 1) − 1, with half of the power since all of it may be out of range.
            let power = Self::power_of_two(n - 1.0);
            let wide = (A::$type(grown, power, power - 0.5)) * 2.0;
            let value = if n == 0.0 { grown } else { wide };
            if self == 0.0 { self } else { value }
        }

        #[inline(always)]
        fn log<A: Arithmetic>(self) -> Self {
            let (k, f) = Self::split(self);
            let value = Self::log_of_split::<A>(k, f);
            let special = if self == 0.0 { $type::NEG_INFINITY } else { $type::NAN };
            let value = if self > 0.0 { value } else { special };
            if self < $type::INFINITY { value } else { self }
        }

        #[inline(always)]
        fn log1p<A: Arithmetic>(self) -> Self {
            let whole = 1.0 + self;
            let (k, f) = Self::split(whole);
            // What rounding took from 1 + x.
            let lost = (self - (whole - 1.0)) / whole;
            let value = Self::log_of_split::<A>(k, f) + lost;
            let special = if whole == 0.0 { $type::NEG_INFINITY } else { $type::NAN };
            let value = if whole > 0.0 { value } else { special };
            let value = if whole < $type::INFINITY { value } else { self };
            if self == 0.0 { self } else { value }
        }

        #[inline(always)]
        fn tanh<A: Arithmetic>(self) -> Self {
            let t = Lane::expm1::<A>(2.0 * self.abs().below(20.0));
            (t / (t + 2.0)).copysign(self)
        }

        #[inline(always)]
        fn sigmoid<A: Arithmetic>(self) -> Self {
            // Of the exponential that doesn't overflow.
            let e = Lane::exp::<A>(-self.abs());
            let top = if self < 0.0 { e } else { 1.0 };
            top / (1.0 + e)
        }

        #[inline(always)]
        fn softplus<A: Arithmetic>(self) -> Self {
            self.above(0.0) + Lane::log1p::<A>(Lane::exp::<A>(-self.abs()))
        }
    };
}

macro_rules! helpers {
    ($type:ident, $magic:expr, $bias:expr, $shift:expr, $round:expr,
     $ln2_high:expr, $ln2_low:expr, $mantissa:expr, $tiny:expr, $scale:expr, $scaled:expr) => {
        /// Not below; not a number stays so.
        #[inline(always)]
        fn above(self, least: $type) -> $type {
            if self < least { least } else { self }
        }

        /// Not above; not a number stays so.
        #[inline(always)]
        fn below(self, most: $type) -> $type {
            if self > most { most } else { self }
        }

        /// x = n·log 2 + r, |r| ≤ log 2/2.
        #[inline(always)]
        fn reduced<A: Arithmetic>(self) -> ($type, $type) {
            let n = A::$type(self, std::$type::consts::LOG2_E, $magic) - $magic;
            (n, A::$type(n, -$ln2_low, A::$type(n, -$ln2_high, self)))
        }

        /// 2ⁿ for a whole number within the range of exponents.
        #[inline(always)]
        fn power_of_two(self) -> $type {
            $type::from_bits((self + $magic).to_bits().wrapping_add($bias) << $shift)
        }

        /// x = 2ᵏ(1 + f), 1 + f between √½ and √2, of a number above 0.
        #[inline(always)]
        fn split(self) -> ($type, $type) {
            let subnormal = self < $tiny;
            let x = if subnormal { self * $scale } else { self };
            let bits = x.to_bits().wrapping_sub($round).wrapping_add($bias << $shift);
            // Exponents as numbers by way of the magic number's digits: integers of this width have no conversion in
            // vector code everywhere.
            let biased = $type::from_bits((bits >> $shift).wrapping_add($magic.to_bits()));
            let k = (biased - ($magic + $bias as $type)) - (if subnormal { $scaled } else { 0.0 });
            let whole = $type::from_bits((bits & $mantissa).wrapping_add($round));
            (k, whole - 1.0)
        }
    };
}

trait Helpers: Copy {
    const LOWEST: Self;
    const HIGHEST: Self;
    fn above(self, least: Self) -> Self;
    fn below(self, most: Self) -> Self;
    fn reduced<A: Arithmetic>(self) -> (Self, Self);
    fn power_of_two(self) -> Self;
    fn split(self) -> (Self, Self);
    /// (eʳ − 1 − r)/r²
    fn exponential_tail<A: Arithmetic>(r: Self) -> Self;
    /// k·log 2 + log(1 + f)
    fn log_of_split<A: Arithmetic>(k: Self, f: Self) -> Self;
}

const MAGIC64: f64 = 6_755_399_441_055_744.0;
const MAGIC32: f32 = 12_582_912.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238_164_90e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
const LN2_HIGH32: f32 = 6.931_381_225_6e-1;
const LN2_LOW32: f32 = 9.058_000_614_5e-6;

/// √½ as it stands in a double, which is taken off so that the exponent turns there.
const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
const HALF_ROOT32: u32 = 0x3f35_04f3;

impl Helpers for f64 {
    const LOWEST: f64 = -746.0;
    const HIGHEST: f64 = 710.0;

    helpers!(
        f64,
        MAGIC64,
        1023,
        52,
        HALF_ROOT,
        LN2_HIGH,
        LN2_LOW,
        0x000f_ffff_ffff_ffff,
        f64::MIN_POSITIVE,
        18_014_398_509_481_984.0,
        54.0
    );

    #[inline(always)]
    fn exponential_tail<A: Arithmetic>(r: f64) -> f64 {
        horner!(
            A::f64,
            r,
            1.0 / 6_227_020_800.0,
            1.0 / 479_001_600.0,
            1.0 / 39_916_800.0,
            1.0 / 3_628_800.0,
            1.0 / 362_880.0,
            1.0 / 40_320.0,
            1.0 / 5_040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5
        )
    }

    #[inline(always)]
    fn log_of_split<A: Arithmetic>(k: f64, f: f64) -> f64 {
        let s = f / (2.0 + f);
        let z = s * s;
        let r = z * horner!(
            A::f64,
            z,
            1.479_819_860_511_658_591e-1,
            1.531_383_769_920_937_332e-1,
            1.818_357_216_161_805_012e-1,
            2.222_219_843_214_978_396e-1,
            2.857_142_874_366_239_149e-1,
            3.999_999_999_940_941_908e-1,
            6.666_666_666_666_735_130e-1
        );
        let half = 0.5 * f * f;
        k * LN2_HIGH - ((half - (s * (half + r) + k * LN2_LOW)) - f)
    }
}

impl Helpers for f32 {
    const LOWEST: f32 = -104.0;
    const HIGHEST: f32 = 89.0;

    helpers!(
        f32,
        MAGIC32,
        127,
        23,
        HALF_ROOT32,
        LN2_HIGH32,
        LN2_LOW32,
        0x007f_ffff,
        f32::MIN_POSITIVE,
        33_554_432.0,
        25.0
    );

    #[inline(always)]
    fn exponential_tail<A: Arithmetic>(r: f32) -> f32 {
        horner!(A::f32, r, 1.0 / 5_040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5)
    }

    #[inline(always)]
    fn log_of_split<A: Arithmetic>(k: f32, f: f32) -> f32 {
        let s = f / (2.0 + f);
        let z = s * s;
        let r = z * horner!(A::f32, z, 0.242_790_788_41, 0.284_987_866_88, 0.400_009_721_52, 0.666_666_626_93);
        let half = 0.5 * f * f;
        k * LN2_HIGH32 - ((half - (s * (half + r) + k * LN2_LOW32)) - f)
    }
}

/// Sine and cosine of an angle, in doubles: a quarter turn is taken off in three pieces.
#[inline(always)]
fn turned<A: Arithmetic>(x: f64) -> (f64, f64, u64) {
    let shifted = A::f64(x, std::f64::consts::FRAC_2_PI, MAGIC64);
    let n = shifted - MAGIC64;
    let r = A::f64(n, -1.570_796_326_734_125_614_17, x);
    let r = A::f64(n, -6.077_100_506_303_965_976_60e-11, r);
    let r = A::f64(n, -2.022_266_248_795_950_631_54e-21, r);
    let z = r * r;
    let sine = horner!(
        A::f64,
        z,
        1.589_690_995_211_550_102_21e-10,
        -2.505_076_025_340_686_341_95e-8,
        2.755_731_370_707_006_767_89e-6,
        -1.984_126_982_985_794_931_34e-4,
        8.333_333_333_322_489_461_24e-3,
        -1.666_666_666_666_663_243_48e-1
    );
    let cosine = horner!(
        A::f64,
        z,
        -1.135_964_755_778_819_482_65e-11,
        2.087_572_321_298_174_827_90e-9,
        -2.755_731_435_139_066_330_35e-7,
        2.480_158_728_947_672_941_78e-5,
        -1.388_888_888_887_410_957_49e-3,
        4.166_666_666_666_660_190_37e-2
    );
    let half = 0.5 * z;
    let whole = 1.0 - half;
    (A::f64(r * z, sine, r), whole + ((1.0 - whole) - half + z * z * cosine), shifted.to_bits())
}

#[inline(always)]
fn signed(value: f64, negative: u64) -> f64 {
    f64::from_bits(value.to_bits() ^ (negative << 63))
}

impl Lane for f64 {
    const MAX_ANGLE: f64 = 1e6;

    shared!(f64, MAGIC64);

    #[inline(always)]
    fn sin<A: Arithmetic>(self) -> f64 {
        let (sine, cosine, quarter) = turned::<A>(self);
        let value = signed(if quarter & 1 == 0 { sine } else { cosine }, (quarter >> 1) & 1);
        if self == 0.0 { self } else { value }
    }

    #[inline(always)]
    fn cos<A: Arithmetic>(self) -> f64 {
        let (sine, cosine, quarter) = turned::<A>(self);
        signed(if quarter & 1 == 0 { cosine } else { sine }, ((quarter.wrapping_add(1)) >> 1) & 1)
    }
}

impl Lane for f32 {
    const MAX_ANGLE: f32 = 1e6;

    shared!(f32, MAGIC32);

    #[inline(always)]
    fn sin<A: Arithmetic>(self) -> f32 {
        Lane::sin::<A>(f64::from(self)) as f32
    }

    #[inline(always)]
    fn cos<A: Arithmetic>(self) -> f32 {
        Lane::cos::<A>(f64::from(self)) as f32
    }
}
