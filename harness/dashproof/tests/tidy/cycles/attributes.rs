//! What attributes say of an item: whether it is a test's, and where a module stands.
//!
//! What is in the item, they do not know.

use syn::{Attribute, ItemMod};

/// Whether an item is compiled for tests only.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    let is_it = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test"))
    };
    attributes.iter().any(is_it)
}

/// The file of a module whose place is named.
pub(super) fn placed(module: &ItemMod) -> Option<String> {
    let of = |attribute: &Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    module.attrs.iter().find_map(of)
}
