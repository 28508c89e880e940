//! The CSV of the Azure LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens`.
//!
//! Columns are found by name, so their order is free and others may stand beside them.
//! No quoting: neither dates nor numbers need it.

use super::{
    field::{self, Wrong},
    parsed::Parsed,
};

const TIME: &str = "TIMESTAMP";
const INPUT: &str = "ContextTokens";
const OUTPUT: &str = "GeneratedTokens";

/// Where the columns are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    time: usize,
    input: usize,
    output: usize,
    count: usize,
}

impl Columns {
    pub(super) fn of_header(header: &str) -> Result<Columns, Wrong> {
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        let find = |name| {
            names.iter().position(|&column| column == name).ok_or_else(|| {
                let expected = format!("the columns {TIME},{INPUT},{OUTPUT}, or a JSON object");
                Wrong { what: "header", expected, found: field::quoted(header) }
            })
        };
        Ok(Columns {
            time: find(TIME)?,
            input: find(INPUT)?,
            output: find(OUTPUT)?,
            count: names.len(),
        })
    }

    pub(super) fn parse(self, line: &str) -> Result<Parsed, Wrong> {
        let (mut time, mut input, mut output, mut count) = ("", "", "", 0);
        for (at, text) in line.split(',').map(str::trim).enumerate() {
            count += 1;
            if at == self.time {
                time = text;
            } else if at == self.input {
                input = text;
            } else if at == self.output {
                output = text;
            }
        }
        if count != self.count {
            let expected = format!("{} fields as in the header", self.count);
            return Err(Wrong {
                what: "row",
                expected,
                found: format!("{count} in {}", field::quoted(line)),
            });
        }
        Ok(Parsed {
            time: field::date(TIME, time)?,
            time_name: TIME,
            input_tokens: field::tokens(INPUT, input)?,
            output_tokens: field::tokens(OUTPUT, output)?,
            session: None,
        })
    }
}
