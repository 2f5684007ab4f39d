//! Takes the seven steps, one after the other, and tells of each as soon as it is known.

use std::time::Instant;

use crate::{
    agent::Agent,
    report::{Report, StepReport},
    steps::{
        Conformant, Reached, Step,
        s1_resource_metadata::{BadTarget, ResourceMetadata},
        s4_authorization::Authorization,
    },
};

/// Is told of every step.
pub trait Watch: Send {
    /// Another client of several is played from now on.
    fn played(&mut self, _: &str) {}
    /// A step has begun.
    fn begun(&mut self, number: u8, name: &'static str);
    /// A step is over. Nothing in the report is secret.
    fn ended(&mut self, step: &StepReport);
}

/// Watches nothing.
impl Watch for () {
    fn begun(&mut self, _: u8, _: &'static str) {}
    fn ended(&mut self, _: &StepReport) {}
}

/// Takes the steps against an MCP endpoint until one does not hold.
///
/// # Errors
/// The target is no URL.
pub async fn run(target: &str, agent: &Agent, watch: &mut dyn Watch) -> Result<Report, BadTarget> {
    let start = ResourceMetadata::of(target)?;
    let mut run = Run { agent: agent.clone(), watch, steps: Vec::new(), skipped: None };
    let conformant = run.all(start).await.is_some();
    Ok(Report { target: target.to_owned(), conformant, skipped: run.skipped, steps: run.steps })
}

struct Run<'a> {
    agent: Agent,
    watch: &'a mut dyn Watch,
    steps: Vec<StepReport>,
    skipped: Option<String>,
}

impl Run<'_> {
    async fn all(&mut self, start: ResourceMetadata) -> Option<Conformant> {
        let server = self.take(start).await?;
        let registration = match self.take(server).await?.by(&self.agent) {
            Ok(registration) => registration,
            Err(why) => {
                self.skipped = Some(why);
                return None;
            }
        };
        let authorization = self.take(registration).await?;
        let again = authorization.again();
        let (mut conformant, mut identity) = self.connect(authorization).await?;
        while let Some(persona) = self.agent.persona.reconnected(identity.as_deref()) {
            self.agent = self.agent.playing(persona);
            let (held, newer) = self.connect(again.again()).await?;
            (conformant, identity) = (held, newer.or(identity));
        }
        Some(conformant)
    }

    /// Steps 4 to 7; all of them held, and the ID token.
    async fn connect(&mut self, authorization: Authorization) -> Option<(Conformant, Option<String>)> {
        let token = self.take(authorization).await?;
        let verification = self.take(token).await?;
        let identity = verification.identity();
        let trigger = self.take(verification.at(self.agent.clock.now().seconds())).await?;
        Some((self.take(trigger).await?, identity))
    }

    async fn take<S: Step>(&mut self, step: S) -> Option<S::Next> {
        self.watch.begun(S::NUMBER, S::NAME);
        let start = Instant::now();
        let exchange = step.send(&self.agent).await;
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let outcome = step.judge(&exchange);
        let (seen, notes, violation) = match &outcome {
            Ok(next) => (next.seen().summary.clone(), next.seen().notes.clone(), None),
            Err(violation) => (violation.sentence.clone(), Vec::new(), Some(violation.clone())),
        };
        let report = StepReport {
            number: S::NUMBER,
            name: S::NAME,
            passed: outcome.is_ok(),
            seen,
            notes,
            violation,
            calls: exchange.calls.iter().map(|call| call.line()).collect(),
            milliseconds,
        };
        let report = report.scrubbed(self.agent.wire.secrets());
        self.watch.ended(&report);
        self.steps.push(report);
        outcome.ok()
    }
}
