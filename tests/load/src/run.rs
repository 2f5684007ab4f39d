//! A whole run: scenarios, plots, and for a check everything else the goals name.

use std::path::{Path, PathBuf};

use conformance::failure::{Failure, Outcome};

use crate::{
    growth,
    measure::{Measured, Plan},
    plot::{self, Labels, Series},
    report::{self, Figure},
    round,
    scenarios::{Scenarios, goal_of},
    signatures,
    stage::Stage,
};

/// So many grants are stored while a refresh is measured.
const STORED: [i64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// So many callers ask at one time.
const CROWDS: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Scenarios.
    Scenarios,
    /// And what grows, with its plots.
    Plots,
    /// And everything else the goals name.
    Check,
}

/// What is to be done.
pub struct Run {
    /// How much is measured.
    pub plan: Plan,
    /// These scenarios alone; all if there are none.
    pub only: Vec<String>,
    /// What else.
    pub extent: Extent,
    /// A PostgreSQL.
    pub postgres: Option<String>,
    /// Where the programs are.
    pub programs: PathBuf,
    /// Where the plots go.
    pub plots: PathBuf,
}

impl Run {
    /// Does it.
    ///
    /// # Errors
    /// A server does not start or was not answered as it must be; or, of a check, a figure is below its floor.
    pub async fn run(&self) -> Outcome {
        let mut stage = Stage::prepare(&self.programs, self.plan.cores, None)?;
        stage.start().await?;
        let scenarios = Scenarios::set_up(self.plan, &stage).await?;
        let mut figures = self.scenarios(&scenarios).await?;
        if self.extent == Extent::Scenarios {
            return Ok(());
        }
        std::fs::create_dir_all(&self.plots)?;
        self.latencies(&stage, &scenarios).await?;
        figures.extend(self.growth(&stage, &scenarios).await?);
        drop(scenarios);
        let started = growth::start(&mut stage.auth).await?;
        figures.push(Figure { goal: 11, value: started, beside: "auth-server".to_owned() });
        drop(stage);
        figures.extend(self.on_postgres().await?);
        if self.extent == Extent::Check {
            figures.extend(self.memory_and_starts().await?);
        }
        let (table, below) = report::table(&figures);
        println!("\n{table}");
        match below {
            0 => Ok(()),
            _ if self.extent != Extent::Check => Ok(()),
            _ => Err(Failure::new(format!("{below} of the figures are below their floor"))),
        }
    }

    async fn scenarios(&self, scenarios: &Scenarios<'_>) -> Outcome<Vec<Figure>> {
        let mut figures = Vec::new();
        println!("{}", report::head());
        for name in Scenarios::NAMES {
            if self.only.is_empty() || self.only.iter().any(|only| only == name) {
                let measured = scenarios.run(name).await?;
                println!("{}", report::line(&measured));
                let mut figure = goal_of(name).map(|goal| report::figure(goal, &measured));
                if let Some(figure) = figure.as_mut().filter(|figure| figure.goal == 8) {
                    figure.beside += &self.at_most(&measured)?;
                }
                figures.extend(figure);
                if name == "refresh" {
                    let beside = format!("{:.0} µs of {:.0} µs", measured.p99, measured.p50);
                    figures.push(Figure { goal: 10, value: measured.spread(), beside });
                }
            }
        }
        Ok(figures)
    }

    /// What could be measured if the handler did nothing more than to verify one signature.
    fn at_most(&self, measured: &Measured) -> Outcome<String> {
        let verification = signatures::verified(self.plan.cores, self.plan.span / 2)?.cost;
        let most = measured.limit_cost / (measured.limit_cost + verification);
        Ok(format!("; a verification takes {verification:.1} µs of the core, which leaves at most {most:.2}"))
    }

    /// Rows of refreshes, and what they cost against grants stored: a million in the end.
    async fn growth(&self, stage: &Stage, scenarios: &Scenarios<'_>) -> Outcome<Vec<Figure>> {
        let rows = growth::rows_of_refreshes((stage, scenarios)).await?;
        let mut costs = Vec::new();
        for grants in STORED {
            let cost = growth::cost_of_refresh(self.plan, (stage, scenarios), grants).await?;
            println!("a refresh with {grants} grants stored: the core's time of {cost:.3} RSA signatures");
            costs.push((grants as f64, cost));
        }
        let labels = Labels { title: "What a refresh costs", x: "grants stored", y: "RSA signatures" };
        let series = Series { name: "refresh".to_owned(), points: costs.clone() };
        self.draw("grants.svg", &labels, &[series])?;
        let (Some(first), Some(last)) = (costs.first(), costs.last()) else { return Ok(Vec::new()) };
        let beside = format!("{:.3} RSA signatures of the core, after {:.3}", last.1, first.1);
        Ok(vec![
            Figure { goal: 17, value: rows, beside: String::new() },
            Figure { goal: 16, value: (last.1 / first.1 - 1.0) * 100.0, beside },
        ])
    }

    async fn latencies(&self, stage: &Stage, scenarios: &Scenarios<'_>) -> Outcome {
        let names = ["refresh, p50", "refresh, p99", "tools/list, p50", "tools/list, p99"];
        let mut lines = names.map(|name| Series { name: name.to_owned(), points: Vec::new() });
        for crowd in CROWDS {
            let mut refreshing = scenarios.refreshing(1_000, crowd).await?;
            let refreshed = round::run(stage.auth.target()?, &mut refreshing, self.plan.span).await?;
            let mut listing = vec![scenarios.list(); crowd];
            let listed = round::run(stage.mcp.target()?, &mut listing, self.plan.span).await?;
            let shares = [(&refreshed, 0.5), (&refreshed, 0.99), (&listed, 0.5), (&listed, 0.99)];
            for (line, (round, share)) in lines.iter_mut().zip(shares) {
                line.points.push((crowd as f64, round.percentile(share)));
            }
        }
        let labels = Labels { title: "Latency against load", x: "callers at one time", y: "µs" };
        self.draw("latency.svg", &labels, &lines)
    }

    async fn on_postgres(&self) -> Outcome<Option<Figure>> {
        let Some(postgres) = &self.postgres else { return Ok(None) };
        let mut stage = Stage::prepare(&self.programs, self.plan.cores, Some(postgres))?;
        stage.start().await?;
        let measured = Scenarios::set_up(self.plan, &stage).await?.run("refresh").await?;
        println!("{} (PostgreSQL)", report::line(&measured));
        let beside = format!("{:.0}/s; its own core alone is counted", measured.rate);
        Ok(Some(Figure { goal: 18, value: measured.share_of_core(), beside }))
    }

    async fn memory_and_starts(&self) -> Outcome<Vec<Figure>> {
        let first = growth::first_start(self.plan, &self.programs).await?;
        let (auth, mcp) = growth::idle_memory(self.plan, &self.programs).await?;
        let mut stage = Stage::prepare(&self.programs, self.plan.cores, None)?;
        stage.start().await?;
        let scenarios = Scenarios::set_up(self.plan, &stage).await?;
        let (few, many) = growth::memory_of_registrations(self.plan, (&stage, &scenarios)).await?;
        let storm = growth::memory_after_storm((&stage, &scenarios)).await?;
        let figure = |goal, value, beside| Figure { goal, value, beside };
        Ok(vec![
            figure(12, first, "auth-server, migrations and the key included".to_owned()),
            figure(13, auth, "auth-server".to_owned()),
            figure(13, mcp, "mcp-server".to_owned()),
            figure(14, (many - few).max(0.0), format!("{many:.1} MiB after {few:.1} MiB")),
            figure(15, storm, "100 sign-ins at once, then 60 s of 64 callers".to_owned()),
        ])
    }

    fn draw(&self, name: &str, labels: &Labels, series: &[Series]) -> Outcome {
        let file: &Path = &self.plots.join(name);
        plot::draw(file, labels, series)?;
        println!("{} is drawn", file.display());
        Ok(())
    }
}
