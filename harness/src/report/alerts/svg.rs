//! The trade-off curve as a picture.
