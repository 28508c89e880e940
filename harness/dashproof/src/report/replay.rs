//! The one command that asks a single question again.
//!
//! Made of the call's own flags, as far as they change what is asked, and the question's place.

use proof::verify::question::Place;
use stack::process::quoted;

/// How samples get into the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Road {
    /// Written at once, in virtual time.
    #[default]
    Backfill,
    /// Scraped, in real time.
    Live,
}

impl Road {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Road::Backfill => "backfill",
            Road::Live => "live",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Road::Backfill => "verify",
            Road::Live => "live",
        }
    }
}

/// What a call was given beside scenario, seed and place: `--duration 30m` and the like, flag and value as words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Which road was taken.
    pub road: Road,
    /// Words in their order.
    pub flags: Vec<String>,
}

impl Replay {
    /// The command for one place under one scenario, to be pasted into a shell.
    #[must_use]
    pub fn command(&self, scenario: &str, seed: u64, place: &Place) -> String {
        let only = format!("{}/{}", place.dashboard, place.panel);
        let seed = seed.to_string();
        let words = ["dashproof", self.road.command(), scenario, "--seed", &seed, "--only", &only]
            .into_iter();
        let words = words.chain(self.flags.iter().map(String::as_str));
        words.map(quoted).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let place = Place {
            dashboard: "llm-provider".to_owned(),
            panel: "What's wrong".to_owned(),
            ref_id: "A".to_owned(),
            selection: String::new(),
        };
        let replay =
            Replay { road: Road::Backfill, flags: vec!["--duration".to_owned(), "30m".to_owned()] };
        assert_eq!(
            replay.command("burst", 7, &place),
            r"dashproof verify burst --seed 7 --only 'llm-provider/What'\''s wrong' --duration 30m"
        );
    }
}
