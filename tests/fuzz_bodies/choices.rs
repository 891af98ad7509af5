//! The bytes of a fuzzer as choices, for bodies that make their input of parts instead of taking it whole.

/// What is left to choose with; behind the end every choice is the first one.
pub struct Choices<'b>(&'b [u8]);

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// One of so many, which are at most 65 536.
    pub fn below(&mut self, count: usize) -> usize {
        let low = usize::from(self.byte());
        let number = if count > 256 { low | usize::from(self.byte()) << 8 } else { low };
        number % count.max(1)
    }

    /// One time in so many.
    pub fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// Some of the bytes, less than so many.
    pub fn some(&mut self, count: usize) -> &'b [u8] {
        let len = self.below(count).min(self.0.len());
        let (some, rest) = self.0.split_at(len);
        self.0 = rest;
        some
    }

    /// The same as text; what is no UTF-8 becomes U+FFFD.
    pub fn text(&mut self, count: usize) -> String {
        String::from_utf8_lossy(self.some(count)).into_owned()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'b [u8] {
        std::mem::take(&mut self.0)
    }
}
