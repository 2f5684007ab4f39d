//! What is told: each scenario beside its limit, and each goal with what was measured.

use crate::{
    goals::{GOALS, Standing},
    measure::Measured,
};

/// What was measured for a goal.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The number of the goal.
    pub goal: u8,
    /// What is judged.
    pub value: f64,
    /// What else was seen.
    pub beside: String,
}

/// The head of the table of scenarios.
pub fn head() -> String {
    format!(
        "{:<24} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8} {:>7} {:>7}  of",
        "scenario", "per s", "µs core", "p50 µs", "p99 µs", "limit/s", "µs core", "share", "by core"
    )
}

/// A line of it.
pub fn line(measured: &Measured) -> String {
    format!(
        "{:<24} {:>8.0} {:>8.1} {:>8.0} {:>8.0} {:>10.0} {:>8.1} {:>7.3} {:>7.3}  {}",
        measured.name,
        measured.rate,
        measured.cost,
        measured.p50,
        measured.p99,
        measured.limit_rate,
        measured.limit_cost,
        measured.share(),
        measured.share_of_core(),
        measured.limit
    )
}

/// The goals as a table in Markdown, and how many figures are below their floor.
pub fn table(figures: &[Figure]) -> (String, usize) {
    let mut text =
        "| # | figure | floor | goal | measured | | beside |\n|---|---|---|---|---|---|---|\n".to_owned();
    let mut below = 0;
    for goal in GOALS {
        let (floor, wanted) = (goal.unit.told(goal.floor), goal.unit.told(goal.goal));
        let row = format!("| {} | {} | {floor} | {wanted} |", goal.number, goal.what);
        let own: Vec<_> = figures.iter().filter(|figure| figure.goal == goal.number).collect();
        if own.is_empty() {
            text += &format!("{row} not measured | | |\n");
        }
        for figure in own {
            let standing = goal.judge(figure.value);
            below += usize::from(standing == Standing::BelowFloor);
            text +=
                &format!("{row} **{}** | {standing} | {} |\n", goal.unit.told(figure.value), figure.beside);
        }
    }
    (text, below)
}

/// A share as the figure of a goal.
pub fn figure(goal: u8, measured: &Measured) -> Figure {
    let beside = format!(
        "{}: {:.0}/s beside {:.0}/s; {:.2} by core",
        measured.name,
        measured.rate,
        measured.limit_rate,
        measured.share_of_core()
    );
    Figure { goal, value: measured.share(), beside }
}
