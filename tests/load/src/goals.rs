//! What is to be reached, and what must not be lost again.

use std::fmt;

/// A row: a figure with the value below which it is a regression, and the one we want.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Its number.
    pub number: u8,
    /// What is measured.
    pub what: &'static str,
    /// In what.
    pub unit: Unit,
    /// Worse is a regression.
    pub floor: f64,
    /// What we want.
    pub goal: f64,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share of a limit: more is better. Of all others less is.
    Share,
    /// How many times as much.
    Times,
    /// Milliseconds.
    Milliseconds,
    /// MiB.
    Mebibytes,
    /// Percent more than before.
    Percent,
    /// Rows more than before.
    Rows,
}

/// All rows.
pub const GOALS: [Goal; 18] = [
    goal(1, "refresh, of the RSA limit", Unit::Share, (0.70, 0.85)),
    goal(2, "authorize and exchange, of the RSA limit", Unit::Share, (0.55, 0.75)),
    goal(3, "register, of the HTTP ceiling", Unit::Share, (0.15, 0.35)),
    goal(4, "authorize, of the HTTP ceiling", Unit::Share, (0.12, 0.25)),
    goal(5, "documents, of the HTTP ceiling", Unit::Share, (0.90, 0.95)),
    goal(6, "introspect, of the HTTP ceiling", Unit::Share, (0.20, 0.35)),
    goal(7, "tools/list, of the handler without auth", Unit::Share, (0.90, 0.96)),
    goal(8, "the same, every token new", Unit::Share, (0.60, 0.70)),
    goal(9, "401 challenge, of the HTTP ceiling", Unit::Share, (0.80, 0.95)),
    goal(10, "p99 of refresh, of its p50", Unit::Times, (3.0, 2.0)),
    goal(11, "start with 1,000,000 grants", Unit::Milliseconds, (100.0, 20.0)),
    goal(12, "very first start", Unit::Milliseconds, (1000.0, 300.0)),
    goal(13, "idle memory", Unit::Mebibytes, (20.0, 10.0)),
    goal(14, "memory of 990,000 registrations", Unit::Mebibytes, (4.0, 0.0)),
    goal(15, "memory after a storm", Unit::Mebibytes, (60.0, 32.0)),
    goal(16, "cost of a refresh at 1,000,000 grants", Unit::Percent, (15.0, 5.0)),
    goal(17, "rows of 1,000 refreshes", Unit::Rows, (0.0, 0.0)),
    goal(18, "refresh on PostgreSQL, of the RSA limit", Unit::Share, (0.55, 0.70)),
];

const fn goal(number: u8, what: &'static str, unit: Unit, (floor, goal): (f64, f64)) -> Goal {
    Goal { number, what, unit, floor, goal }
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As we want it.
    Reached,
    /// Between the two.
    Between,
    /// Worse than it may be.
    BelowFloor,
}

impl Goal {
    /// Where that figure stands, as precisely as it is printed.
    pub fn judge(&self, figure: f64) -> Standing {
        let is_met = |wanted: f64| {
            let (figure, wanted) = (self.unit.rounded(figure), self.unit.rounded(wanted));
            if self.unit == Unit::Share { figure >= wanted } else { figure <= wanted }
        };
        match () {
            () if is_met(self.goal) => Standing::Reached,
            () if is_met(self.floor) => Standing::Between,
            () => Standing::BelowFloor,
        }
    }
}

impl Unit {
    /// How many digits behind the point are told.
    fn digits(self) -> usize {
        match self {
            Unit::Share => 2,
            Unit::Times | Unit::Mebibytes | Unit::Percent => 1,
            Unit::Milliseconds | Unit::Rows => 0,
        }
    }

    fn rounded(self, figure: f64) -> f64 {
        let scale = [1.0, 10.0, 100.0].get(self.digits()).copied().unwrap_or(1.0);
        (figure * scale).round() / scale
    }

    /// A figure in words.
    pub fn told(self, figure: f64) -> String {
        let number = format!("{figure:.*}", self.digits());
        match self {
            Unit::Share | Unit::Rows => number,
            Unit::Times => format!("{number} ×"),
            Unit::Milliseconds => format!("{number} ms"),
            Unit::Mebibytes => format!("{number} MiB"),
            Unit::Percent => format!("{number} %"),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Standing::Reached => "reached",
            Standing::Between => "above the floor",
            Standing::BelowFloor => "BELOW THE FLOOR",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_a_share_and_less_of_all_else_is_better() {
        let [refresh, .., first_start] = [GOALS[0], GOALS[10], GOALS[11]];
        let judged = [0.85, 0.846, 0.844, 0.70, 0.69].map(|share| refresh.judge(share));
        let (reached, between, below) = (Standing::Reached, Standing::Between, Standing::BelowFloor);
        assert_eq!(judged, [reached, reached, between, between, below]);
        assert_eq!([300.0, 301.0, 1001.0].map(|took| first_start.judge(took)), [reached, between, below]);
    }

    #[test]
    fn the_rows_are_in_order_and_a_floor_is_never_above_its_goal() {
        for (place, row) in GOALS.iter().enumerate() {
            assert_eq!(usize::from(row.number), place + 1);
            assert_eq!(row.judge(row.goal), Standing::Reached, "{}", row.what);
            assert_ne!(row.judge(row.floor), Standing::BelowFloor, "{}", row.what);
        }
    }
}
