//! Redeem and rotate, each answered once it is on disk.

use auth_server::{
    flow::refresh_token::{Limits, Move, judge},
    oauth::refresh_token::RefreshToken,
    store::{grants::Turn, redemption::Redemption},
};
use criterion::Criterion;

use crate::house::House;

pub fn bench(criterion: &mut Criterion) {
    let house = House::open();
    let granted = || house.once(redeem(&house));
    house.crowd(criterion, "redeem", granted, async |token| *token = redeem(&house).await);
    house.crowd(criterion, "rotate", granted, async |token| *token = rotate(&house, *token).await);
}

/// A grant for a code that comes back at once.
async fn redeem(house: &House) -> RefreshToken {
    let now = house.app.clock.now();
    match house.app.store.redeem((house.approval(), house.client.id.clone()), now, |_| ()).await.unwrap().0 {
        Redemption::Granted(first) => first,
        other => unreachable!("{other:?}"),
    }
}

/// Its next generation, judged as a refresh judges.
async fn rotate(house: &House, token: RefreshToken) -> RefreshToken {
    let now = house.app.clock.now();
    let lifetimes = house.app.settings.lifetimes;
    let limits = Limits { lifetime: lifetimes.refresh_token, grace: lifetimes.refresh_grace };
    let decide = move |grant: &_| match judge(grant, token.generation, now, limits) {
        Move::Rotate => Turn::Rotate(token.successor()),
        other => unreachable!("{other:?}"),
    };
    house.app.store.take_turn(token.grant, now, decide).await.unwrap().unwrap()
}
