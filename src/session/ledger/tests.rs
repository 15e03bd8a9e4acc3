//! The transitions one by one, each with the condition of the rule that it keeps.

use super::claim::CLAIM_MS;
use super::*;
use crate::session::tabs::SessionId;

const NOW: u64 = 1_700_000_000_000;

fn session(number: u8) -> SessionId {
    SessionId::from_random(&[number; 16])
}

fn name(number: u8) -> Name {
    Name::from_random(&[number; 16])
}

fn who(subject: &str) -> Who {
    Who {
        issuer: "https://id.example".into(),
        subject: subject.into(),
    }
}

fn sent(generation: u64) -> Sent {
    Sent {
        session: session(1),
        grant: name(2),
        generation,
    }
}

fn win(generation: u64, owner: u8) -> Step {
    Step::Win {
        sent: sent(generation),
        owner: name(owner),
        grace_ms: 0,
    }
}

fn take_back(owner: u8, not_before: u64) -> Step {
    Step::TakeBack {
        sent: sent(0),
        owner: name(owner),
        not_before,
    }
}

fn end(subject: &str) -> Step {
    Step::End {
        sent: sent(0),
        who: who(subject),
    }
}

fn accept(claimed: Option<u8>, subject: &str) -> Step {
    Step::Accept {
        claimed: claimed.map(session),
        session: session(8),
        who: who(subject),
        grant: name(9),
    }
}

/// A database that is never in the way.
#[derive(Default)]
struct Store(Option<String>);

impl Store {
    /// Alice is signed in to session 1 with grant 2.
    fn signed_in() -> Self {
        let mut store = Self::default();
        let begin = Step::Begin {
            session: session(1),
            who: who("alice"),
            grant: name(2),
        };
        assert_eq!(store.run(&begin, NOW), Verdict::Done);
        store
    }

    fn run(&mut self, step: &Step, now: u64) -> Verdict {
        let (outcome, new) = apply(self.0.as_deref(), step, now);
        let shown = outcome.record.as_ref().map(Record::to_json);
        if let Some(new) = new {
            self.0 = Some(new);
        }
        let left = self.0.as_deref().and_then(Record::from_json);
        assert_eq!(
            shown,
            left.map(|it| it.to_json()),
            "the outcome shows what the transaction left"
        );
        outcome.verdict
    }

    fn done(&mut self, step: &Step, now: u64) {
        assert_eq!(self.run(step, now), Verdict::Done, "{step:?}");
    }

    fn refused(&mut self, step: &Step, now: u64) {
        assert_eq!(self.run(step, now), Verdict::Refused, "{step:?}");
    }

    fn record(&self) -> Record {
        Record::from_json(self.0.as_deref().unwrap()).unwrap()
    }

    /// A tab claims that asked its siblings for the grant that stands.
    fn claim(&self, owner: u8) -> Step {
        let record = self.0.as_deref().and_then(Record::from_json);
        let living = record.as_ref().and_then(Record::living);
        Step::Claim {
            owner: name(owner),
            asked: living.map(|standing| standing.grant.clone()),
        }
    }

    fn standing(&self) -> Standing {
        self.record().standing.unwrap()
    }
}

#[test]
fn a_record_survives_storage_and_anything_else_is_a_missing_one() {
    let mut store = Store::signed_in();
    store.done(&win(0, 3), NOW);
    store.done(&store.claim(4), NOW);
    let text = store.0.clone().unwrap();
    assert_eq!(Record::from_json(&text).unwrap().to_json(), text);
    for end in 0..text.len() {
        assert!(Record::from_json(&text[..end]).is_none());
    }
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"gen\":0", "\"gen\":-1"),
        ("\"gen\":0", "\"gen\":0.5"),
        ("\"ended\":false", "\"ended\":0"),
        ("\"count\":1", "\"count\":1,\"more\":1"),
        ("{\"v\"", "{ \"v\""),
        ("\"claim\":\"", "\"claim\":\"x"),
    ] {
        assert!(text.contains(from) && Record::from_json(&text.replace(from, to)).is_none());
    }
    assert!(Record::from_json("{}").is_none());
    let empty = Record::default().to_json();
    assert_eq!(Record::from_json(&empty), Some(Record::default()));
}

#[test]
fn one_vault_wins_the_intent() {
    let mut store = Store::signed_in();
    store.done(&win(0, 3), NOW);
    store.refused(&win(0, 4), NOW);
    store.refused(&win(0, 3), NOW + 1);
    assert_eq!(store.standing().intent.unwrap().deadline, NOW + 12_000);
    store.refused(&win(0, 4), NOW + 1_000_000);
}

#[test]
fn nobody_sends_for_another_session_grant_or_generation_or_for_what_ended() {
    let mut store = Store::signed_in();
    store.refused(&win(1, 3), NOW);
    for sent in [
        Sent {
            session: session(7),
            ..sent(0)
        },
        Sent {
            grant: name(7),
            ..sent(0)
        },
    ] {
        let step = Step::Win {
            sent,
            owner: name(3),
            grace_ms: 0,
        };
        store.refused(&step, NOW);
    }
    store.done(&end("alice"), NOW);
    store.refused(&win(0, 3), NOW);
    Store::default().refused(&win(0, 3), NOW);
    Store(Some("{}".into())).refused(&win(0, 3), NOW);
}

#[test]
fn an_intent_is_taken_back_by_its_owner_and_leaves_a_time() {
    let mut store = Store::signed_in();
    store.done(&win(0, 3), NOW);
    store.refused(&take_back(4, 0), NOW);
    store.done(&take_back(3, NOW + 5_000), NOW);
    store.refused(&take_back(3, 0), NOW);
    store.refused(&win(0, 4), NOW + 4_999);
    store.done(&win(0, 4), NOW + 5_000);
}

#[test]
fn a_declared_grace_lets_the_owner_send_once_more_and_nobody_else() {
    let again = |owner: u8| Step::Win {
        sent: sent(0),
        owner: name(owner),
        grace_ms: 10_000,
    };
    let mut store = Store::signed_in();
    store.done(&again(3), NOW);
    store.refused(&again(4), NOW + 1);
    store.refused(&again(3), NOW - 1);
    store.refused(&again(3), NOW + 9_000);
    store.done(&again(3), NOW + 8_999);
}

#[test]
fn a_commit_clears_the_intent_and_a_record_that_is_further_stays() {
    let mut store = Store::signed_in();
    store.done(&win(0, 3), NOW);
    store.done(&Step::Commit(sent(0)), NOW);
    assert_eq!(store.standing().generation, 1);
    store.done(&win(1, 4), NOW);
    store.refused(&Step::Commit(sent(0)), NOW);
    assert!(store.standing().intent.is_some(), "it is vault 4's");
    store.done(&end("alice"), NOW);
    store.refused(&Step::Commit(sent(1)), NOW);
    assert!(store.standing().ended && store.standing().intent.is_some());
    Store::default().refused(&Step::Commit(sent(0)), NOW);
}

#[test]
fn a_refused_token_ends_the_session_only_while_it_is_the_records() {
    let mut store = Store::signed_in();
    store.done(&win(0, 3), NOW);
    store.done(&Step::Commit(sent(0)), NOW);
    store.refused(&Step::Reject(sent(0)), NOW);
    assert!(!store.standing().ended);
    store.done(&Step::Reject(sent(1)), NOW);
    assert!(store.standing().ended);
}

#[test]
fn a_sign_out_ends_what_is_the_users_and_leaves_another_user_alone() {
    let mut store = Store::signed_in();
    store.done(&win(0, 3), NOW);
    store.done(&end("bob"), NOW);
    let tombstone = store.standing();
    assert!(tombstone.ended && tombstone.intent.is_some() && tombstone.grant == name(2));
    let begin = |subject: &str| Step::Begin {
        session: session(5),
        who: who(subject),
        grant: name(6),
    };
    store.done(&begin("bob"), NOW);
    store.refused(&end("alice"), NOW);
    assert!(!store.standing().ended);
    store.done(&begin("alice"), NOW);
    store.done(&end("alice"), NOW);
    assert!(store.standing().ended && store.standing().session == session(5));
    let mut empty = Store::default();
    empty.done(&end("alice"), NOW);
    assert!(empty.standing().ended && empty.standing().session == session(1));
}

#[test]
fn a_lifted_tombstone_lets_a_restore_begin_another_session() {
    let mut store = Store::signed_in();
    store.refused(&Step::Lift, NOW);
    store.done(&end("alice"), NOW);
    store.refused(&store.claim(4), NOW);
    store.done(&Step::Lift, NOW);
    let tombstone = store.standing();
    assert!(tombstone.ended && tombstone.session == session(1));
    store.done(&end("alice"), NOW);
    store.refused(&store.claim(4), NOW);
    store.done(&Step::Lift, NOW);
    // Who left before the sign-out comes too late all the same.
    store.refused(&accept(Some(1), "alice"), NOW);
    store.done(&store.claim(4), NOW);
    store.done(&accept(None, "alice"), NOW);
    let standing = store.standing();
    assert!(standing.session == session(8) && !standing.ended && !standing.lifted);
}

#[test]
fn a_claim_is_one_tabs_for_a_while_and_its_own_to_renew() {
    let mut store = Store::default();
    store.done(&store.claim(1), NOW);
    store.refused(&store.claim(2), NOW + CLAIM_MS - 1);
    store.done(&store.claim(1), NOW + 1_000);
    store.refused(&store.claim(2), NOW + CLAIM_MS);
    store.done(&store.claim(2), NOW + CLAIM_MS + 1_000);
    let answered = Step::Answered {
        owner: name(1),
        closes: false,
    };
    store.done(&answered, NOW + 16_500);
    let claim = store.record().restore.claim.unwrap();
    assert_eq!(claim.owner, name(2), "tab 1's time is over");
}

#[test]
fn nobody_claims_who_has_not_asked_for_the_grant_that_stands() {
    let mut store = Store::signed_in();
    let claim = |asked| Step::Claim {
        owner: name(4),
        asked,
    };
    store.refused(&claim(None), NOW);
    store.refused(&claim(Some(name(9))), NOW);
    store.done(&claim(Some(name(2))), NOW);
}

#[test]
fn three_attempts_without_an_answer_close_restore_for_ten_minutes() {
    let mut store = Store::default();
    for at in 0..3 {
        store.done(&store.claim(1), NOW + at * 30_000);
    }
    store.refused(&store.claim(1), NOW + 90_000);
    store.refused(&store.claim(2), NOW + 600_000);
    store.done(&store.claim(2), NOW + 690_000);
}

#[test]
fn five_attempts_in_a_minute_close_restore_also_when_each_is_answered() {
    let mut store = Store::signed_in();
    for at in 0..5 {
        store.done(&store.claim(1), NOW + at);
        store.done(&accept(Some(1), "alice"), NOW + at);
    }
    store.refused(&store.claim(1), NOW + 6);
    store.refused(&store.claim(1), NOW + 60_006);
    store.done(&accept(Some(1), "alice"), NOW + 60_007);
    store.done(&store.claim(1), NOW + 60_007);
}

#[test]
fn an_error_that_is_no_sign_out_closes_restore_and_a_session_reopens_it() {
    let mut store = Store::default();
    store.done(&store.claim(1), NOW);
    let answered = Step::Answered {
        owner: name(1),
        closes: true,
    };
    store.done(&answered, NOW);
    store.refused(&store.claim(2), NOW + 599_999);
    store.done(&accept(None, "alice"), NOW);
    store.done(&store.claim(2), NOW);
}

#[test]
fn a_restore_joins_its_own_user_and_begins_a_session_for_another() {
    let mut store = Store::signed_in();
    store.done(&accept(Some(1), "alice"), NOW);
    assert_eq!(store.standing().session, session(1));
    assert_eq!(store.standing().grant, name(9));
    store.done(&accept(Some(1), "bob"), NOW);
    assert_eq!(store.standing().session, session(8));
}

#[test]
fn a_restore_is_dropped_after_a_sign_out_another_session_or_a_cleared_storage() {
    let mut store = Store::signed_in();
    store.refused(&accept(Some(7), "alice"), NOW);
    store.refused(&accept(None, "alice"), NOW);
    store.done(&end("alice"), NOW);
    store.refused(&accept(Some(1), "alice"), NOW);
    store.refused(&store.claim(1), NOW);
    Store::default().refused(&accept(Some(1), "alice"), NOW);
    Store::default().refused(&accept(None, "alice"), NOW);
}

#[test]
fn a_tab_that_slept_through_its_transaction_sends_nothing() {
    let outcome = || apply(Store::signed_in().0.as_deref(), &win(0, 3), NOW).0;
    assert_eq!(outcome().completed(NOW, NOW + 2_000).verdict, Verdict::Done);
    assert_eq!(
        outcome().completed(NOW, NOW + 2_001).verdict,
        Verdict::TooLate
    );
    assert_eq!(outcome().completed(NOW, NOW - 1).verdict, Verdict::TooLate);
}
