//! Which instructions the machine has: chosen when a program starts, never when it is built.

/// A set of instructions that this machine has: there is no way to make one that it lacks.
///
/// ```
/// use wrt_lanes::Level;
/// assert_eq!(Level::available()[0], Level::portable());
/// assert!(Level::available().contains(&Level::best()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Level(pub(crate) Kind);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What every machine of the kind that the program was built for has.
    pub fn portable() -> Level {
        Level(Kind::Portable)
    }

    /// Every level that this machine has, the least first.
    pub fn available() -> Vec<Level> {
        std::iter::once(Level::portable()).chain(Level::wider()).collect()
    }

    /// Those above the portable one.
    #[cfg(target_arch = "x86_64")]
    fn wider() -> Vec<Level> {
        if !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
            return Vec::new();
        }
        let widest = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw");
        std::iter::once(Kind::Avx2).chain(widest.then_some(Kind::Avx512)).map(Level).collect()
    }

    /// Those above the portable one.
    #[cfg(not(target_arch = "x86_64"))]
    fn wider() -> Vec<Level> {
        Vec::new()
    }

    /// The most that this machine has.
    pub fn best() -> Level {
        Level::available().pop().unwrap_or(Level::portable())
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// The level of that name, if this machine has it.
    pub fn named(name: &str) -> Option<Level> {
        Level::available().into_iter().find(|l| l.name() == name)
    }
}

/// Work for [`Level::run`].
pub trait Levelled {
    /// What it comes to.
    type Output;

    /// Does it. This is to be `#[inline(always)]`, as are all functions that it calls: else it is compiled for no level.
    fn run(self) -> Self::Output;
}

impl Level {
    /// Does some work with the instructions of this level: loops in it are compiled for each of them.
    ///
    /// ```
    /// use wrt_lanes::{Level, Levelled};
    /// struct Double<'a>(&'a mut [u64]);
    /// impl Levelled for Double<'_> {
    ///     type Output = ();
    ///     #[inline(always)]
    ///     fn run(self) {
    ///         self.0.iter_mut().for_each(|x| *x *= 2);
    ///     }
    /// }
    /// let mut numbers = [1, 2, 3];
    /// Level::best().run(Double(&mut numbers));
    /// assert_eq!(numbers, [2, 4, 6]);
    /// ```
    pub fn run<W: Levelled>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn avx2<W: Levelled>(work: W) -> W::Output {
            work.run()
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
        fn avx512<W: Levelled>(work: W) -> W::Output {
            work.run()
        }
        match self.0 {
            Kind::Portable => work.run(),
            // SAFETY: the level is one that the machine has.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512(work) },
        }
    }
}

/// Runs a function generic in [`Arithmetic`](crate::functions::Arithmetic) with the instructions of a level:
/// `at_level!(level, name::<T>(a: A, b: B) -> R)`.
macro_rules! at_level {
    ($level:expr, $inner:ident ::<$T:ident>($($arg:ident: $type:ty),* $(,)?)) => {{
        // What is called is compiled for the level by being inlined into these.
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2<$T: $crate::element::Element>($($arg: $type),*) {
            // SAFETY: what the caller vouches for is what the function asks for.
            unsafe { $inner::<$T, $crate::functions::Hardware>($($arg),*) }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl,avx512bw")]
        unsafe fn avx512<$T: $crate::element::Element>($($arg: $type),*) {
            // SAFETY: as above.
            unsafe { $inner::<$T, $crate::functions::Hardware>($($arg),*) }
        }
        match $level.0 {
            $crate::level::Kind::Portable => $inner::<$T, $crate::functions::Plain>($($arg),*),
            #[cfg(target_arch = "x86_64")]
            $crate::level::Kind::Avx2 => avx2::<$T>($($arg),*),
            #[cfg(target_arch = "x86_64")]
            $crate::level::Kind::Avx512 => avx512::<$T>($($arg),*),
        }
    }};
}
pub(crate) use at_level;
