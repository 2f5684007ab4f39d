//! Rounds of a server in turn with rounds of what limits it, so that whatever disturbs the machine disturbs both.

use std::{iter::repeat_n, time::Duration};

use conformance::failure::{Failure, Outcome};

use crate::{
    callers::Same,
    ceiling,
    cpu::Cores,
    round::{self, Caller, Round, Target},
    signatures,
    wire::Connection,
};

/// In so many pieces a round is taken.
const PIECES: u32 = 5;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The cores.
    pub cores: Cores,
    /// So many rounds.
    pub rounds: usize,
    /// So long each.
    pub span: Duration,
    /// Of so many callers.
    pub callers: usize,
}

/// The median of the rounds, by the ratio to the limit beside it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What was done.
    pub name: &'static str,
    /// Operations a second.
    pub rate: f64,
    /// Microseconds of the core an operation.
    pub cost: f64,
    /// Median latency, in microseconds.
    pub p50: f64,
    /// The latency 99 of 100 stay below, in microseconds.
    pub p99: f64,
    /// What the limit is.
    pub limit: &'static str,
    /// The limit: operations a second.
    pub limit_rate: f64,
    /// The limit: microseconds of the core an operation.
    pub limit_cost: f64,
}

impl Measured {
    fn new(name: &'static str, round: &Round, (limit, limit_rate, limit_cost): Limit) -> Measured {
        Measured {
            name,
            rate: round.rate(),
            cost: round.cost(),
            p50: round.percentile(0.5),
            p99: round.percentile(0.99),
            limit,
            limit_rate,
            limit_cost,
        }
    }

    /// The share of the limit, by the clock on the wall.
    pub fn share(&self) -> f64 {
        self.rate / self.limit_rate
    }

    /// The same by the time of the core: what is left of it when somebody else disturbs, or a disk is waited for.
    pub fn share_of_core(&self) -> f64 {
        self.limit_cost / self.cost
    }

    /// How far the slow ones are from the middle.
    pub fn spread(&self) -> f64 {
        self.p99 / self.p50
    }
}

/// What it is called, operations a second, microseconds of the core each.
type Limit = (&'static str, f64, f64);

impl Plan {
    /// Beside RSA signatures.
    ///
    /// # Errors
    /// A caller was not answered as it must be.
    pub async fn beside_signatures<C: Caller>(
        &self,
        name: &'static str,
        target: Target,
        callers: &mut Vec<C>,
    ) -> Outcome<Measured> {
        round::run(target, callers, self.span / 4).await?;
        let mut measured = Vec::new();
        for _ in 0..self.rounds {
            let limit = signatures::made(self.cores, self.span / 2)?;
            let round = round::run(target, callers, self.span).await?;
            measured.push(Measured::new(name, &round, ("RSA signatures", limit.rate, limit.cost)));
        }
        median(measured)
    }

    /// Beside the HTTP ceiling, which answers the same bytes to the same requests.
    ///
    /// # Errors
    /// As above.
    pub async fn beside_ceiling(
        &self,
        name: &'static str,
        (target, ceiling): (Target, Target),
        caller: Same,
    ) -> Outcome<Measured> {
        let mut once = Connection::open(target.port).await?;
        once.ask(&caller.request, caller.status).await?;
        ceiling::imitate(ceiling.port, &once).await?;
        let mut callers = vec![caller; self.callers];
        round::run(target, &mut callers, self.span / 4).await?;
        self.beside(name, (target, &mut callers.clone()), ("HTTP ceiling", ceiling, &mut callers)).await
    }

    /// Beside another server, without a round to warm up: in pieces, for a processor that changes its pace changes it within
    /// seconds.
    ///
    /// # Errors
    /// As above.
    pub async fn beside<C: Caller, L: Caller>(
        &self,
        name: &'static str,
        (target, callers): (Target, &mut Vec<C>),
        (limit, other, others): (&'static str, Target, &mut Vec<L>),
    ) -> Outcome<Measured> {
        let mut measured = Vec::new();
        for span in self.pieces() {
            measured.push(piece((name, span), (target, callers), (limit, other, others)).await?);
        }
        median(measured)
    }

    /// How long each piece of all rounds takes.
    pub fn pieces(&self) -> impl Iterator<Item = Duration> + use<> {
        repeat_n(self.span / PIECES, self.rounds * PIECES as usize)
    }
}

/// A piece of a round, that long.
///
/// # Errors
/// A caller was not answered as it must be.
pub async fn piece<C: Caller, L: Caller>(
    (name, span): (&'static str, Duration),
    (target, callers): (Target, &mut Vec<C>),
    (limit, other, others): (&'static str, Target, &mut Vec<L>),
) -> Outcome<Measured> {
    let beside = round::run(other, others, span / 2).await?;
    let round = round::run(target, callers, span).await?;
    Ok(Measured::new(name, &round, (limit, beside.rate(), beside.cost())))
}

/// The one in the middle.
///
/// # Errors
/// There is none.
pub fn median(mut measured: Vec<Measured>) -> Outcome<Measured> {
    measured.sort_by(|one, other| one.share().total_cmp(&other.share()));
    let middle = measured.len() / 2;
    measured.into_iter().nth(middle).ok_or_else(|| Failure::new("nothing was measured"))
}
