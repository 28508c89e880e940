//! Closed sets of label values, as enums.
//!
//! Every label of the metric contract has a bounded set of values, so that each series can be exposed at 0 from the
//! start. The macro here gives such an enum its order, its text and its index; nothing here knows what a label means.

/// A label whose values are all known beforehand.
pub trait Label: Copy + Eq + std::fmt::Debug + 'static {
    /// The label's name in the exposition, such as `operation`.
    const NAME: &'static str;
    /// Every value, in the order in which the exposition shows them.
    const ALL: &'static [Self];

    /// The value as the exposition shows it.
    fn as_str(self) -> &'static str;

    /// The position in [`Label::ALL`].
    fn index(self) -> usize;

    /// The value with this text.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Declares an enum of label values: `labels! { /// doc  Name = "label" { /// doc  Variant = "value", … } }`.
#[macro_export]
macro_rules! labels {
    ($($(#[$meta:meta])* $name:ident = $label:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant),+
        }

        impl $crate::label::Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::label::Label::as_str(*self))
            }
        }
    )+};
}
pub use crate::labels;
