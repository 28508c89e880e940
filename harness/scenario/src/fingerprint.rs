//! A scenario's events as one number, by which a change of the simulation is seen.

use std::fmt::{self, Write};

use sim::{engine::Engine, event::Event, time::Nanos, traffic::Arrival};

/// FNV-1a of the events up to `until`, each as its debug text; and how many they are.
///
/// That text has every field, and is the same on every machine.
pub fn fingerprint<A: Iterator<Item = Arrival>>(
    engine: &mut Engine<A>,
    until: Nanos,
) -> (u64, u64) {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    let mut count = 0;
    engine.run_until(until, &mut |event: &Event| {
        count += 1;
        writeln!(hash, "{event:?}").expect("a hash takes any text");
    });
    (hash.0, count)
}

struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}
