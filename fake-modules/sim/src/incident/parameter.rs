//! The parameters of incidents: what each kind of value is, and where its values come from.
//!
//! A parameter's type in the table says its unit; a [`Source`] gives the values of all units, be it a file or a dice.
//! It must not know which incident has which parameter.

use crate::{
    label::Label,
    time::Nanos,
    world::{
        Module,
        llm::{Deployment, Provider},
    },
};

/// A parameter of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its key in scenario files.
    pub key: &'static str,
    /// What it says: a sentence for editors.
    pub about: &'static str,
    /// What its values are.
    pub unit: Unit,
}

/// What the values of a parameter are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The provider that is struck.
    Provider,
    /// The deployment that is struck.
    Deployment,
    /// The deployment that traffic moves to.
    Destination,
    /// The module that is struck.
    Module,
    /// Which copy of the module, or all of them.
    Replica,
    /// 0 to 1.
    Share,
    /// Above 0; what something is multiplied by.
    Factor,
    /// A number of series.
    Series,
    /// A time.
    Span,
}

impl Unit {
    /// Whether the parameter may be left out.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self == Unit::Replica
    }
}

/// Where an incident's parameters come from. Each is asked for by its key, in the order of the table; `None` says that
/// there is no such value, which the source has noted where it wants to.
pub trait Source {
    /// The provider that is struck.
    fn provider(&mut self, key: &'static str) -> Option<Provider>;
    /// The deployment that is struck.
    fn deployment(&mut self, key: &'static str) -> Option<Deployment>;
    /// The deployment that traffic moves to.
    fn destination(&mut self, key: &'static str) -> Option<Deployment>;
    /// The module that is struck.
    fn module(&mut self, key: &'static str) -> Option<Module>;
    /// Which copy of the module that was last asked for, or all of them.
    fn replica(&mut self, key: &'static str) -> Option<Option<u8>>;
    /// A share, 0 to 1.
    fn share(&mut self, key: &'static str) -> Option<f64>;
    /// A factor above 0.
    fn factor(&mut self, key: &'static str) -> Option<f64>;
    /// A number of series.
    fn series(&mut self, key: &'static str) -> Option<u32>;
    /// A time.
    fn span(&mut self, key: &'static str) -> Option<Nanos>;
}

/// The type of a parameter in the table.
pub(super) trait Typed {
    /// What [`super::IncidentKind`] holds.
    type Held: Copy;
    const UNIT: Unit;

    fn take(source: &mut impl Source, key: &'static str) -> Option<Self::Held>;

    /// What is struck, in a report's words; `None` where the parameter says how hard.
    fn struck(_: Self::Held) -> Option<&'static str> {
        None
    }
}

/// The types of parameters: `Type: method of [`Source`] -> what is held [, which says what is struck]`. A type is
/// called as its unit.
macro_rules! typed {
    ($($name:ident: $method:ident -> $held:ty $(, $struck:expr)?;)+) => {$(
        impl Typed for $name {
            type Held = $held;
            const UNIT: Unit = Unit::$name;

            fn take(source: &mut impl Source, key: &'static str) -> Option<$held> {
                source.$method(key)
            }

            $(fn struck(held: $held) -> Option<&'static str> {
                Some($struck(held))
            })?
        }
    )+};
}

pub(super) enum Destination {}
pub(super) enum Replica {}
pub(super) enum Share {}
pub(super) enum Factor {}
pub(super) enum Series {}
pub(super) enum Span {}

typed! {
    Provider: provider -> Provider, Label::as_str;
    Deployment: deployment -> Deployment, Label::as_str;
    Destination: destination -> Deployment, Label::as_str;
    Module: module -> Module, Label::as_str;
    Replica: replica -> Option<u8>;
    Share: share -> f64;
    Factor: factor -> f64;
    Series: series -> u32;
    Span: span -> Nanos;
}

/// [`Typed::Held`], spelt out where the type is seen from outside.
macro_rules! held {
    (Destination) => { Deployment };
    (Replica) => { Option<u8> };
    (Share) => { f64 };
    (Factor) => { f64 };
    (Series) => { u32 };
    (Span) => { Nanos };
    ($itself:ident) => { $itself };
}
pub(super) use held;
