// SPDX-License-Identifier: Apache-2.0
//! Draws two candidates and picks the one with the higher total, so that many hosts with the same view do not herd.
use shunt_sdk::*;

struct TwoChoices;

impl Plugin for TwoChoices {
    const TYPE: &'static str = "two-choices";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "Draws two candidates and picks the better one";

    fn new(_: &Init) -> Result<Self, Error> {
        Ok(TwoChoices)
    }
}

impl Picker for TwoChoices {
    fn pick(&self, cycle: &Cycle, view: &View, totals: &[f64], picks: &mut Picks) -> Answer {
        // Draws belong to the endpoint, not to its row: the order of candidates does not matter.
        let draw_of = |row: &usize| draw(cycle.seed(), view.keys()[*row]);
        let first = (0..view.len()).min_by_key(draw_of);
        let second = (0..view.len()).filter(|&row| Some(row) != first).min_by_key(draw_of);
        if let Some(best) = first.into_iter().chain(second).max_by(|&a, &b| totals[a].total_cmp(&totals[b])) {
            picks.add(best);
        }
        Ok(())
    }
}

export!(TwoChoices);
