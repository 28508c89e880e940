//! Every mutant of every panel, asked of the engine.

use dashproof::client::prometheus::Problem;
use dashproof::mutate::mutants;
use libtest_mimic::Failed;

use crate::engine::Engine;
use crate::panels::{PANELS, contract, interpolated};

const AT: i64 = 1_700_000_000_000;

/// The engine may have no data for a mutant, but it must understand it.
pub(crate) async fn ask(engine: &Engine) -> Result<(), Failed> {
    let mut asked = 0;
    for (panel, expr) in PANELS {
        for mutant in mutants(expr, &contract())? {
            let expr = interpolated(&mutant.expr);
            if let Err(error) = engine.query(&expr, AT).await {
                // Matching many to many is an error of execution, and kills the mutant.
                let understood = matches!(
                    &error.problem,
                    Problem::Refused { error_type, .. } if error_type == "execution"
                );
                if !understood {
                    return Err(format!("{panel}: {}: {error}", mutant.description).into());
                }
            }
            asked += 1;
        }
    }
    println!("{}: {asked} mutants asked", engine.version);
    Ok(())
}
