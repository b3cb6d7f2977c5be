// SPDX-License-Identifier: Apache-2.0
//! The plugin types of this test's library.

use shunt_sdk::abi::{shunt_event_bit, SHUNT_EVENT_COMPLETED};
use shunt_sdk::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Mutex;

/// Offers everything that looks at candidates, and goes wrong on demand.
pub struct Judge {
    column: Column<f64>,
    state: RequestState<u32>,
    scratch: Scratch<f64>,
    hits: Counter,
    pub mode: String,
    finished: AtomicU32,
}

pub static LENT: Mutex<Option<Column<f64>>> = Mutex::new(None);

impl Plugin for Judge {
    const TYPE: &'static str = "judge";
    const VERSION: &'static str = "1.2.3";
    const SUMMARY: &'static str = "Says \"a\\b\"";
    const STABILITY: Stability = Stability::Alpha;
    const SINGLE_INSTANCE: bool = true;
    const READS: &'static [&'static str] = &["queue", "load"];
    const WRITES: &'static [&'static str] = &["opinion"];
    const DEFAULT_PRODUCER_OF: &'static [&'static str] = &["opinion"];

    fn new(init: &Init) -> Result<Self, Error> {
        let mode = init.parameter("mode")?.text("good")?;
        if mode == "refuse" {
            return Err(Error::new(format!("\"mode\" of {:?} must not be refuse", init.name())));
        }
        assert!(mode != "panic at once", "mode is {}", mode);
        if mode == "unknown" {
            init.column::<f64>("unknown")?;
        }
        Ok(Judge {
            column: init.column("queue")?,
            state: init.request_state()?,
            scratch: init.scratch(5)?,
            hits: init.counter("hits_total", "Hits", &[("a", "b")])?,
            mode,
            finished: AtomicU32::new(0),
        })
    }
}

impl Scorer for Judge {
    fn score(&self, cycle: &Cycle, view: &View, score: &mut [f64]) -> Answer {
        match self.mode.as_str() {
            "skip" => return Err(Status::SKIP),
            "fail" => return Err(cycle.fail("no label")),
            "panic" => panic!("row {}", 3),
            "lend" => *LENT.lock().unwrap() = Some(self.column),
            _ => {}
        }
        // A panic must not poison what the test lends.
        let column = if self.mode == "borrow" { *LENT.lock().unwrap() } else { None }.unwrap_or(self.column);
        for (score, value) in score.iter_mut().zip(view.column(column)) {
            if let Some(value) = value {
                *score = 1.0 / (1.0 + value);
            }
        }
        *cycle.request_state(self.state).unwrap() += 1;
        assert!(cycle.request_state(self.state).is_none(), "handed out twice");
        assert_eq!(cycle.scratch(self.scratch).map(|memory| memory.len()), Some(5));
        assert!(cycle.scratch(self.scratch).is_none(), "handed out twice");
        cycle.count(self.hits, 2.0);
        Ok(())
    }
}
impl Filter for Judge {
    fn filter(&self, cycle: &Cycle, view: &View, keep: &mut [bool]) -> Answer {
        cycle.log(Level::Info, format_args!("{} candidates", view.len()));
        cycle.log(Level::Debug, format_args!("{}", "nobody hears this"));
        let queue = view.column(self.column);
        keep.iter_mut().enumerate().for_each(|(row, keep)| *keep = queue.get(row).is_some());
        Ok(())
    }
}
impl Picker for Judge {
    fn pick(&self, _: &Cycle, view: &View, totals: &[f64], picks: &mut Picks) -> Answer {
        let mut rows: Vec<usize> = (0..totals.len()).collect();
        rows.sort_by(|&a, &b| totals[b].total_cmp(&totals[a]));
        rows.iter().for_each(|&row| assert!(picks.add(row)));
        assert!(!picks.add(0) && picks.capacity() == view.len());
        Ok(())
    }
}
impl Explainer for Judge {
    fn explain(&self, _: &Cycle, view: &View, id: Text, reasons: &mut Reasons) -> Answer {
        reasons.set(view.len() - 1, &format!("last row of {:?}", id));
        Ok(())
    }
}
impl PickObserver for Judge {
    fn picked(&self, cycle: &Cycle, _: &View, decision: &Decision) {
        let text = format!("{:?} {}", decision.primary_result(), decision.results().len());
        let _ = cycle.annotate("picked", &text);
    }
}
impl EventObserver for Judge {
    const WANTS: u64 = shunt_event_bit(SHUNT_EVENT_COMPLETED);
    fn events(&self, context: &Context, events: &mut Events) {
        while let Some(event) = events.next() {
            let seen = event.request_state(self.state).map_or(0, |state| *state);
            let n = self.finished.fetch_add(1, Ordering::Relaxed);
            context.log(Level::Warning, format_args!("event {} of kind {}: {} calls", n, event.kind(), seen));
        }
    }
}

/// Counts how often it was dropped.
struct OnDrop;
pub static DROPPED: AtomicU32 = AtomicU32::new(0);
impl Drop for OnDrop {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Writes columns and values, and knows where to.
pub struct Writer {
    column: Output<f64>,
    value: OutputValue<str>,
    read: Value<f64>,
    cells: EndpointOutput<f64>,
    sets: EndpointOutput<Set>,
}

impl Plugin for Writer {
    const TYPE: &'static str = "writer";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "Writes";
    fn new(init: &Init) -> Result<Self, Error> {
        Ok(Writer {
            // Of the two scopes only this one counts within produce().
            column: init.output("opinion")?,
            value: init.output_value("word")?,
            read: init.value("number", Need::Optional)?,
            cells: init.endpoint_output("load")?,
            sets: init.endpoint_output("models")?,
        })
    }
}
impl Producer for Writer {
    fn produce(&self, cycle: &Cycle, base: &View, outputs: &mut Outputs) -> Answer {
        let mut column = outputs.column(self.column);
        let row = base.find(cycle.endpoint_key("pod-1")).ok_or_else(|| cycle.fail("pod-1 is gone"))?;
        column.set(row, 0.5);
        cycle.set_value(self.value, "hello")?;
        cycle.set_request_header("x-number", cycle.value(self.read).map(|_| "present"))
    }
}
impl Extractor for Writer {
    fn extract(&self, context: &Context, page: &Page) -> Answer {
        let body = page.body().to_str().ok_or_else(|| context.fail_with(Status::INVALID, "no UTF-8"))?;
        context.put(self.cells, page.endpoint(), body.len() as f64)?;
        context.put(self.sets, page.endpoint(), &body.split(' ').collect::<Vec<_>>()[..])?;
        context.retire(Box::new(OnDrop))
    }
}
impl ProfileHandler for Writer {
    fn pick_profiles(&self, cycle: &Cycle, _: &View, next: &mut ProfileList) -> Answer {
        assert!(next.add(cycle.round() + 4));
        Ok(())
    }
    fn process_results(&self, cycle: &Cycle, _: &View, outcome: &mut Outcome) -> Answer {
        let run = cycle.results().get(0).filter(|run| run.succeeded()).ok_or(Status::SKIP)?;
        let backwards: Vec<u32> = run.picks().iter().rev().copied().collect();
        cycle.set_picks(0, &backwards)?;
        outcome.choose(0);
        outcome.reason("the last shall be first");
        Ok(())
    }
}
impl Swapper for Writer {
    fn eviction_for(&self, query: &SwapQuery, plan: &mut SwapPlan) -> Answer {
        let idle = query.running().position(|model| !model.is_pinned() && model.raw().in_flight == 0);
        match idle {
            Some(index) => plan.evict(index),
            None => return Err(plan.blocked("all are busy", query.now_ns() + 5)),
        };
        plan.reason("it is idle");
        Ok(())
    }
    fn on_swap_start(&self, query: &SwapQuery, victims: &[u32], ticket: u64) {
        query.log(Level::Info, format_args!("{:?} for {:?}, ticket {}", victims, query.target().id(), ticket));
    }
}

/// Offers one thing, and reads its parameters.
pub struct Reader;

impl Plugin for Reader {
    const TYPE: &'static str = "reader";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "Reads";
    fn new(init: &Init) -> Result<Self, Error> {
        let limits = init.parameter("limits")?;
        let mut text = format!("{} {:?}", limits.len(), limits.keys()?);
        for key in ["a/b", "c~d"] {
            text += &format!(" {}", limits.get(key)?.number(0.0)?);
        }
        let list = limits.get("list")?;
        text += &format!(" {} {}", list.len(), list.index(0)?.flag(false)?);
        text += &format!(" {}", list.index(1)?.get("deep")?.text("")?);
        text += &format!(" {} {}", init.parameter("absent")?.exists(), init.parameter("absent")?.number(2.5)?);
        init.context().log(Level::Error, format_args!("{}", text));
        init.parameter("name")?.number(1.0)?;
        Ok(Reader)
    }
}
impl Filter for Reader {
    fn filter(&self, _: &Cycle, _: &View, _: &mut [bool]) -> Answer {
        Err(Status::SKIP)
    }
}

/// Reads columns of all types, and uses what it may not.
pub struct Misuser {
    kind: Column<Symbol>,
    models: Column<Set>,
    count: Column<SetSize>,
    serves: Membership,
    healthy: Column<Flag>,
    hits: Counter,
    value: OutputValue<f64>,
    limit: f64,
}

impl Plugin for Misuser {
    const TYPE: &'static str = "misuser";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "Misuses";
    const PARAMETERS_SCHEMA: &'static str =
        r#"{"type": "object", "properties": {"limit": {"type": "number", "default": 7.5}}}"#;
    fn new(init: &Init) -> Result<Self, Error> {
        Ok(Misuser {
            kind: init.label("kind")?,
            models: init.optional_column("models")?,
            count: init.optional_column("models")?,
            serves: init.membership("models", Field::TargetModel, Need::Optional)?,
            healthy: init.optional_column("healthy")?,
            hits: init.counter("hits", "Hits", &[])?,
            value: init.output_value("word")?,
            limit: init.parameter("limit")?.number(0.0)?,
        })
    }
}
impl Scorer for Misuser {
    fn score(&self, cycle: &Cycle, view: &View, score: &mut [f64]) -> Answer {
        let symbol = |symbol| cycle.symbol_text(symbol).to_str().unwrap_or("?");
        for row in 0..view.len() {
            let models = view.column(self.models).get(row).unwrap_or(&[]);
            let text = format!(
                "{:?} {:?} {:?} {:?} {:?} {:?}",
                view.column(self.kind).get(row).map(symbol),
                models.iter().map(|model| symbol(*model)).collect::<Vec<_>>(),
                view.column(self.count).get(row),
                view.column(self.serves).get(row),
                view.column(self.healthy).get(row),
                view.column(self.healthy).as_of_ns(row),
            );
            cycle.log(Level::Info, format_args!("{}", text));
        }
        score.fill(self.limit);
        cycle.count(self.hits, -1.0);
        assert_eq!(cycle.set_value(self.value, 1.0), Err(Status::UNSUPPORTED));
        assert_eq!(cycle.annotate("a", "b"), Err(Status::UNSUPPORTED));
        assert_eq!(cycle.retire(Box::new(())), Err(Status::UNSUPPORTED));
        Ok(())
    }
}

/// Keeps a number for its successor.
pub struct Keeper(AtomicU32);

impl Plugin for Keeper {
    const TYPE: &'static str = "keeper";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "Keeps a number";
    fn new(init: &Init) -> Result<Self, Error> {
        Ok(Keeper(AtomicU32::new(init.parameter("number")?.number(0.0)? as u32)))
    }
}
impl Stateful for Keeper {
    const STATE_VERSION: &'static str = "number/1";
    fn save_state(&self, _: &Context, out: &mut StateWriter) -> Answer {
        assert_ne!(self.0.load(Ordering::Relaxed), 13, "nobody saves that");
        for digit in self.0.load(Ordering::Relaxed).to_string().bytes() {
            out.write(&[digit])?;
        }
        out.write(&[])
    }
    fn load_state(&self, context: &Context, saved: SavedState) -> Answer {
        if saved.version() != *Self::STATE_VERSION {
            return Err(context.fail_with(Status::UNSUPPORTED, "another version"));
        }
        let number = std::str::from_utf8(saved.bytes()).ok().and_then(|text| text.parse().ok());
        let number = number.ok_or_else(|| context.fail_with(Status::INVALID, "that is no number"))?;
        self.0.store(number, Ordering::Relaxed);
        Ok(())
    }
}
