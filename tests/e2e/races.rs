//! Many at once: one of them wins, all of them are answered, and what is left is in order.

use std::{collections::BTreeSet, future::Future};

use conformance::{
    actor::{Actor, Landing, Request, TokenSet},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use futures_util::future::join_all;

use crate::negative::check::refused;

const MANY: usize = 64;
const GRANT: (u16, &str) = (400, "invalid_grant");

/// The same request many times at once.
async fn at_once(actor: &Actor, request: &Request, times: usize) -> Outcome<Vec<Reply>> {
    let one = |_| {
        let (mut actor, request) = (actor.clone(), request.clone());
        async move { actor.send(request).await }
    };
    all((0..times).map(one)).await
}

async fn all<T>(futures: impl IntoIterator<Item = impl Future<Output = Outcome<T>>>) -> Outcome<Vec<T>> {
    join_all(futures).await.into_iter().collect()
}

#[tokio::test]
async fn one_of_many_redemptions_wins() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for _ in 0..3 {
        let code = actor.approve().await?;
        let replies = at_once(&actor, &actor.token_request(&code), MANY).await?;
        let (won, lost): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|reply| reply.status == 200);
        assert_eq!(won.len(), 1, "{:?}", replies.iter().map(Reply::line).collect::<Vec<_>>());
        for reply in lost {
            refused("a loser", reply, GRANT);
        }
        // A code that came twice may be stolen, so the winner's grant is over too.
        let tokens = TokenSet::of(won[0])?;
        let refresh = actor.refresh_request(&tokens.refresh);
        refused("what the winner got", &actor.send(refresh).await?, GRANT);
    }
    actor.sign_in().await?;
    Ok(())
}

/// Different codes do not get into each other's way.
#[tokio::test]
async fn every_one_of_many_codes_is_redeemed() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut codes = Vec::new();
    for _ in 0..MANY {
        codes.push(actor.approve().await?);
    }
    let tokens = all(codes.iter().map(|code| {
        let mut actor = actor.clone();
        async move { actor.redeem(code).await }
    }))
    .await?;
    let refreshed = all(tokens.iter().map(|tokens| {
        let mut actor = actor.clone();
        async move { actor.refresh(&tokens.refresh).await }
    }))
    .await?;
    let different: BTreeSet<&str> = refreshed.iter().map(|tokens| tokens.refresh.as_str()).collect();
    assert_eq!(different.len(), MANY);
    Ok(())
}

#[tokio::test]
async fn many_refreshes_leave_one_generation_and_the_user_signed_in() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?.refresh;
    let mut token = first.clone();
    for _ in 0..3 {
        let replies = at_once(&actor, &actor.refresh_request(&token), MANY).await?;
        let answers = replies.iter().map(TokenSet::of).collect::<Outcome<Vec<_>>>()?;
        let successors: BTreeSet<&str> = answers.iter().map(|tokens| tokens.refresh.as_str()).collect();
        assert_eq!(successors.len(), 1, "one generation lives");
        let access: BTreeSet<&str> = answers.iter().map(|tokens| tokens.access.as_str()).collect();
        assert_eq!(access.len(), MANY, "each caller has a token of its own");
        let last = answers.last().map(|tokens| tokens.access.clone()).unwrap_or_default();
        assert_eq!(actor.call_tool(&last, "list_notes").await?.status, 200);
        successors.first().map_or("", |token| *token).clone_into(&mut token);
    }
    actor.refresh(&token).await?;
    refused("the first of all", &actor.send(actor.refresh_request(&first)).await?, GRANT);
    Ok(())
}

/// Without a grace one refresh wins, and the others are reuse: they end the grant, and nothing is minted after that.
#[tokio::test]
async fn without_a_grace_many_refreshes_end_the_grant() -> Outcome {
    let world = World::builder().auth("REFRESH_GRACE", "0").start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?.refresh;
    let replies = at_once(&actor, &actor.refresh_request(&first), MANY).await?;
    let (won, lost): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(won.len(), 1);
    for reply in lost {
        refused("reuse", reply, GRANT);
    }
    let next = TokenSet::of(won[0])?;
    refused("the winner's", &actor.send(actor.refresh_request(&next.refresh)).await?, GRANT);
    Ok(())
}

#[tokio::test]
async fn nothing_is_minted_after_a_revocation_was_answered() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for place in [0, 8, 24] {
        let token = actor.sign_in().await?.refresh;
        let refreshes = (0..32).map(|_| actor.refresh_request(&token));
        let mut requests: Vec<Request> = refreshes.collect();
        requests.insert(place, actor.revoke_request(&token));
        let replies = all(requests.into_iter().map(|request| {
            let mut actor = actor.clone();
            async move { actor.send(request).await }
        }))
        .await?;
        assert_eq!(replies[place].status, 200, "{}", replies[place].line());
        let mut tokens = BTreeSet::from([token.clone()]);
        for reply in replies.iter().enumerate().filter_map(|(at, reply)| (at != place).then_some(reply)) {
            match reply.status {
                200 => drop(tokens.insert(TokenSet::of(reply)?.refresh)),
                _ => refused("a refresh that came too late", reply, GRANT),
            }
        }
        assert!(tokens.len() <= 2, "one generation was minted at most");
        for token in &tokens {
            let late = at_once(&actor, &actor.refresh_request(token), 4).await?;
            late.iter().for_each(|reply| refused("after the revocation", reply, GRANT));
        }
    }
    Ok(())
}

#[tokio::test]
async fn many_registrations_are_many_clients() -> Outcome {
    let world = World::start().await?;
    let actor = world.stranger()?;
    // One that is its own id, and one that is so large that it is stored.
    let small = actor.register_request();
    let uris: Vec<String> = (0..20).map(|port| format!("http://localhost:{port}/a-longer-path")).collect();
    let large = small.clone().with("redirect_uris", uris);
    for request in [small, large] {
        let replies = at_once(&actor, &request, MANY).await?;
        let ids: BTreeSet<String> = replies
            .iter()
            .filter(|reply| reply.status == 201)
            .filter_map(|reply| reply.json()?["client_id"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(ids.len(), MANY, "{}", replies[0].line());
        assert!(ids.iter().all(|id| id.len() <= 255));
    }
    Ok(())
}

#[tokio::test]
async fn many_people_sign_in() -> Outcome {
    let world = World::start().await?;
    let actor = world.actor().await?;
    let signed_in = all((0..48).map(|_| {
        let mut actor = actor.clone();
        async move {
            actor.fresh();
            let tokens = actor.sign_in().await?;
            Ok((actor.jar.value("gatehouse").map(str::to_owned), tokens))
        }
    }))
    .await?;
    let cookies: BTreeSet<&str> = signed_in.iter().filter_map(|(cookie, _)| cookie.as_deref()).collect();
    assert_eq!(cookies.len(), 48, "each browser has a cookie of its own");
    let grants: BTreeSet<&str> = signed_in.iter().map(|(_, tokens)| tokens.refresh.as_str()).collect();
    assert_eq!(grants.len(), 48);
    Ok(())
}

/// One form sent many times at once gives as many codes, each good for itself.
#[tokio::test]
async fn many_clicks_do_no_harm() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let page = actor.open(actor.authorize_request()).await?;
    let replies = at_once(&actor, &actor.decision_request(&page, "allow")?, 16).await?;
    let codes = replies.iter().map(|reply| Landing::of(reply)?.code()).collect::<Outcome<BTreeSet<_>>>()?;
    assert_eq!(codes.len(), 16);
    all(codes.iter().map(|code| {
        let mut actor = actor.clone();
        async move { actor.redeem(code).await }
    }))
    .await?;
    Ok(())
}
