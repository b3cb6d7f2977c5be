// SPDX-License-Identifier: Apache-2.0
//! Calls of the kinds that decide about requests, and of explain().

use super::call::Call;
use super::instance::{Notes, Stage};
use super::plugin::{Failure, PluginUnderTest};
use super::services::text_of;
use crate::abi::*;
use crate::interface::explain::Explainer;
use crate::interface::filter::Filter;
use crate::interface::picker::Picker;
use crate::interface::profile_handler::ProfileHandler;
use crate::interface::scorer::Scorer;
use crate::text::{slice, to_abi, Text};
use std::collections::BTreeMap;
use std::mem::size_of;

/// What pick_profiles() came to.
#[derive(Clone, PartialEq, Debug)]
pub struct NextProfiles {
    /// Indices of the profiles to run.
    pub profiles: Vec<u32>,
    /// What it attached to the decision.
    pub notes: Notes,
}

/// What process_results() came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// The run whose picks the request goes to.
    pub primary_result: Option<usize>,
    /// HTTP status and word of a rejection.
    pub rejection: Option<(u32, String)>,
    /// For people.
    pub reason: String,
    /// New picks by result.
    pub replaced_picks: BTreeMap<u32, Vec<u32>>,
    /// What it attached to the decision.
    pub notes: Notes,
}

impl<P: Filter> PluginUnderTest<'_, P> {
    /// Per candidate whether it stays.
    pub fn filter(&self, call: &Call<'_>) -> Result<Vec<bool>, Failure> {
        // SAFETY: the table of this id.
        let filter = unsafe { self.table::<shunt_filter_table>(SHUNT_FILTER_ID) }.filter.expect("the SDK sets it");
        let answer = self.with_frame(call, Stage::Hot, |frame| {
            let n = frame.view.rows.len();
            let keep = frame.memory.array(&vec![1u8; n]);
            // SAFETY: as the ABI says.
            unsafe {
                let status = filter(self.this(), frame.cycle, frame.view.raw, keep);
                (status, slice(keep, n).iter().map(|keep| *keep != 0).collect())
            }
        });
        answer.map(|(keep, _)| keep)
    }
}

impl<P: Scorer> PluginUnderTest<'_, P> {
    /// Per candidate its score, NaN where the plugin wrote none.
    pub fn score(&self, call: &Call<'_>) -> Result<Vec<f64>, Failure> {
        // SAFETY: the table of this id.
        let score = unsafe { self.table::<shunt_scorer_table>(SHUNT_SCORER_ID) }.score.expect("the SDK sets it");
        let answer = self.with_frame(call, Stage::Hot, |frame| {
            let n = frame.view.rows.len();
            let scores = frame.memory.array(&vec![f64::NAN; n]);
            // SAFETY: as the ABI says.
            unsafe {
                let status = score(self.this(), frame.cycle, frame.view.raw, scores);
                (status, slice(scores, n).to_vec())
            }
        });
        answer.map(|(scores, _)| scores)
    }
}

impl<P: Picker> PluginUnderTest<'_, P> {
    /// Rows of the endpoints that it picks, best first. There is one total per candidate.
    pub fn pick(&self, totals: &[f64], call: &Call<'_>) -> Result<Vec<u32>, Failure> {
        // SAFETY: the table of this id.
        let pick = unsafe { self.table::<shunt_picker_table>(SHUNT_PICKER_ID) }.pick.expect("the SDK sets it");
        let answer = self.with_frame(call, Stage::Hot, |frame| {
            let candidates = &frame.view.rows;
            assert_eq!(totals.len(), candidates.len(), "pick() needs one total per candidate");
            let (capacity, mut n) = (candidates.len() as u32, 0);
            let totals = frame.memory.array(totals);
            let picks = frame.memory.array(&vec![SHUNT_NONE; candidates.len()]);
            // SAFETY: as the ABI says.
            let (status, picks) = unsafe {
                let status = pick(self.this(), frame.cycle, frame.view.raw, totals, picks, capacity, &mut n);
                (status, slice(picks, n.min(capacity) as usize))
            };
            let is_known = |row: &&u32| (**row as usize) < candidates.len();
            if n > capacity || !picks.iter().all(|row| is_known(&row)) {
                self.instance.misuse("picked what is no candidate");
            }
            (status, picks.iter().filter(is_known).map(|row| candidates[*row as usize]).collect())
        });
        answer.map(|(picks, _)| picks)
    }
}

impl<P: ProfileHandler> PluginUnderTest<'_, P> {
    fn handler_table(&self) -> &'static shunt_profile_handler_table {
        // SAFETY: the table of this id.
        unsafe { self.table(SHUNT_PROFILE_HANDLER_ID) }
    }
    /// The profiles to run next; [`Call::after`] states what has run.
    pub fn pick_profiles(&self, call: &Call<'_>) -> Result<NextProfiles, Failure> {
        let pick_profiles = self.handler_table().pick_profiles.expect("the SDK sets it");
        let profiles = self.instance.host.record().profiles.len();
        let answer = self.with_frame(call, Stage::PickProfiles, |frame| {
            let (capacity, mut n) = (profiles.max(1) as u32, 0);
            let next = frame.memory.array(&vec![SHUNT_NONE; capacity as usize]);
            // SAFETY: as the ABI says.
            unsafe {
                let status = pick_profiles(self.this(), frame.cycle, frame.view.raw, next, capacity, &mut n);
                (status, slice(next, n.min(capacity) as usize).to_vec())
            }
        });
        let (named, left) = answer?;
        if profiles > 0 && named.iter().any(|profile| *profile as usize >= profiles) {
            self.instance.misuse("named a profile that there is not");
        }
        Ok(NextProfiles { profiles: named, notes: left.notes })
    }
    /// The verdict over what has run.
    pub fn process_results(&self, call: &Call<'_>) -> Result<Verdict, Failure> {
        let process_results = self.handler_table().process_results.expect("the SDK sets it");
        let answer = self.with_frame(call, Stage::ProcessResults, |frame| {
            let mut outcome = shunt_outcome {
                size: size_of::<shunt_outcome>() as u32,
                primary_result: SHUNT_NONE,
                reject: 0,
                http_status: 0,
                code: Text::ABSENT.raw(),
                reason: Text::ABSENT.raw(),
            };
            // SAFETY: as the ABI says.
            let status = unsafe { process_results(self.this(), frame.cycle, frame.view.raw, &mut outcome) };
            // Texts may lie in the call's arena, so they are copied now.
            let code = text_of(outcome.code);
            (status, (outcome, code, text_of(outcome.reason)))
        });
        let ((outcome, code, reason), left) = answer?;
        Ok(Verdict {
            primary_result: Some(outcome.primary_result as usize).filter(|_| outcome.primary_result != SHUNT_NONE),
            rejection: Some((outcome.http_status, code)).filter(|_| outcome.reject != 0),
            reason,
            replaced_picks: left.picks,
            notes: left.notes,
        })
    }
}

impl<P: Explainer> PluginUnderTest<'_, P> {
    /// Per candidate a reason, empty where there is none. `interface_id` is [`SHUNT_FILTER_ID`] or another one of `P`.
    pub fn explain(&self, interface_id: &str, call: &Call<'_>) -> Result<Vec<String>, Failure> {
        // SAFETY: the table of this id.
        let explain = unsafe { self.table::<shunt_explain_table>(SHUNT_EXPLAIN_ID) }.explain.expect("the SDK sets it");
        let answer = self.with_frame(call, Stage::Hot, |frame| {
            let n = frame.view.rows.len();
            let reasons = frame.memory.array(&vec![Text::ABSENT.raw(); n]);
            // SAFETY: as the ABI says.
            unsafe {
                let status = explain(self.this(), frame.cycle, frame.view.raw, to_abi(interface_id), reasons);
                (status, slice(reasons, n).iter().map(|reason| text_of(*reason)).collect())
            }
        });
        answer.map(|(reasons, _)| reasons)
    }
}
