//! Every stable code, one file an area. A code is never reused for something else.

use std::fmt;

/// Declares the codes of an area: `NAME = "slug": "what it means", "what to do"`.
macro_rules! codes {
    ($($name:ident = $slug:literal: $meaning:literal, $next:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: crate::diagnostic::Code = crate::diagnostic::Code::new(&crate::diagnostic::codes::Entry {
                name: $slug, meaning: $meaning, next: $next,
            });
        )*
        /// The codes of this area, in the order of their declaration.
        pub const ALL: &[crate::diagnostic::Code] = &[$($name),*];
    };
}

pub mod attack;
pub mod cli;
pub mod elastic;
pub mod fields;
pub mod kusto;
pub mod panther;
pub mod plan;
pub mod source;
pub mod syntax;
pub mod verify;
pub mod write;

/// What is known of a code.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stable name, unique over all areas.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub next: &'static str,
}

/// A stable code of a diagnostic or a loss.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(&'static Entry);

impl Code {
    /// Wraps an entry; used by the `codes!` lists only.
    pub const fn new(entry: &'static Entry) -> Self {
        Self(entry)
    }

    /// The stable name.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        self.0.meaning
    }

    /// What to do about it.
    pub const fn next(self) -> &'static str {
        self.0.next
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Every code of every area.
pub fn all() -> impl Iterator<Item = Code> {
    [
        attack::ALL,
        cli::ALL,
        elastic::ALL,
        fields::ALL,
        kusto::ALL,
        panther::ALL,
        plan::ALL,
        source::ALL,
        syntax::ALL,
        verify::ALL,
        write::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_every_code_has_a_next_step() {
        let mut seen = HashSet::new();
        for code in super::all() {
            assert!(seen.insert(code.name()), "{code} twice");
            assert!(!code.meaning().is_empty() && !code.next().is_empty(), "{code}");
        }
    }
}
