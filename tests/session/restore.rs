//! Getting a session back at load: what is asked, which session the answer becomes, and what makes it worthless.

use keyward::protocol::error::Code;
use keyward::session::effect::SignInOrigin;
use keyward::session::tabs::{Mark, SessionId};
use keyward::session::{Command, Reply, SignIn};
use serde_json::json;

use crate::driver::{Driver, Trip};
use crate::provider::{DISCOVERY, TOKEN, metadata_with};

/// A page after a reload: the mark of Alice's session is there, the session is not.
fn reloaded() -> Driver {
    let before = Driver::signed_in();
    let mut page = Driver::seeded(1, json!({}));
    page.mark = before.mark.clone();
    page
}

fn named(page: &Driver) -> SessionId {
    page.mark.as_ref().unwrap().session.clone()
}

/// A restore whose answer is dropped without a token request.
fn is_dropped(page: &mut Driver, trip: &Trip) {
    let ticket = page.come_back(trip);
    assert_eq!(page.code(ticket), Code::SessionChanged);
    assert_eq!(page.count(TOKEN), 0);
    assert!(!page.is_signed_in());
}

#[test]
fn a_restore_asks_with_prompt_none_like_any_other_request() {
    let mut page = reloaded();
    let trip = page.leave_to_restore();
    assert_eq!(trip.parameter("prompt").as_deref(), Some("none"));
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(trip.parameter(name).unwrap().len(), 43, "{name}");
    }
}

#[test]
fn a_restored_user_joins_the_session_of_the_mark() {
    let mut page = reloaded();
    let (mark, trip) = (page.mark.clone(), page.leave_to_restore());
    page.sign_in_after(&trip);
    assert_eq!(page.origin(), Some(SignInOrigin::Joined));
    assert_eq!(page.session_id(), Some(named(&page)));
    assert_eq!(page.mark, mark, "no other tab has a reason to reload");
}

#[test]
fn another_user_at_the_provider_is_a_new_session() {
    let mut page = reloaded();
    let (before, trip) = (named(&page), page.leave_to_restore());
    let ticket = page.redeem(
        &trip,
        page.tokens("1").claims(json!({ "sub": "bob" })).answer(),
    );
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.origin(), Some(SignInOrigin::Restored));
    assert_ne!(page.session_id(), Some(before));
    assert_eq!(page.user().unwrap()["sub"], "bob");
}

#[test]
fn without_a_mark_a_restore_is_a_new_session() {
    let mut page = Driver::new();
    let trip = page.leave_to_restore();
    page.sign_in_after(&trip);
    assert_eq!(page.origin(), Some(SignInOrigin::Restored));
}

#[test]
fn r_134_a_sign_out_while_away_makes_the_answer_worthless() {
    let mut page = reloaded();
    let trip = page.leave_to_restore();
    page.bury();
    is_dropped(&mut page, &trip);
}

#[test]
fn r_134_a_cleared_or_other_mark_makes_the_answer_worthless() {
    let mut page = reloaded();
    let trip = page.leave_to_restore();
    page.mark = None;
    is_dropped(&mut page, &trip);

    let mut page = reloaded();
    let trip = page.leave_to_restore();
    let session = SessionId::from_random(&[9; 16]);
    page.mark = page.mark.take().map(|mark| Mark { session, ..mark });
    is_dropped(&mut page, &trip);
}

#[test]
fn r_134_a_sign_out_during_the_exchange_stops_a_restore() {
    let mut page = reloaded();
    let trip = page.leave_to_restore();
    let ticket = page.come_back(&trip);
    let dropped = page.ask_as(None, Command::Drop { revoke: true });
    assert!(page.reply(dropped).is_ok());
    assert_eq!(page.code(ticket), Code::LoginRequired);
    page.answer(TOKEN, page.tokens("1").answer());
    page.judge_signatures();
    assert!(!page.is_signed_in());
}

#[test]
fn an_interactive_sign_in_started_earlier_may_finish_over_a_tombstone() {
    let mut page = reloaded();
    let trip = page.leave(SignIn::default());
    page.bury();
    page.sign_in_after(&trip);
    assert_eq!(page.origin(), Some(SignInOrigin::Interactive));
}

#[test]
fn an_interactive_sign_in_of_the_same_user_is_a_new_session() {
    let mut page = reloaded();
    let before = named(&page);
    let trip = page.leave(SignIn::default());
    page.sign_in_after(&trip);
    assert_eq!(page.origin(), Some(SignInOrigin::Interactive));
    assert_ne!(page.session_id(), Some(before));
}

#[test]
fn r_052_the_issuer_of_a_restores_answer_is_checked_first() {
    let mut page = reloaded();
    let trip = page.leave_to_restore();
    page.bury();
    let query = trip.query("error=login_required&iss=https%3A%2F%2Fevil.example");
    let ticket = page.come_back_with(&query, &trip);
    assert_eq!(page.code(ticket), Code::CallbackIssMismatch);
}

#[test]
fn login_required_at_the_provider_is_told_by_its_name() {
    let mut page = reloaded();
    let trip = page.leave_to_restore();
    let ticket = page.come_back_with(&trip.query("error=login_required"), &trip);
    assert_eq!(page.code(ticket), Code::LoginRequired);
    assert_eq!(page.count(TOKEN), 0);
}

#[test]
fn a_provider_that_knows_no_prompt_none_is_not_asked() {
    let mut page = reloaded();
    let command = Command::Restore {
        return_to: "/".into(),
        mark: None,
        carry: None,
    };
    let ticket = page.ask_as(None, command);
    let prompts = json!({ "prompt_values_supported": ["login", "consent"] });
    page.answer(DISCOVERY, metadata_with(&prompts));
    assert_eq!(page.code(ticket), Code::PromptNoneUnsupported);
}

#[test]
fn an_error_that_is_still_to_be_shown_is_carried_over_the_round_trip() {
    let mut page = reloaded();
    let command = Command::Restore {
        return_to: "/orders".into(),
        mark: page.mark.clone(),
        carry: Some("idp_error".into()),
    };
    let ticket = page.ask_as(None, command);
    let trip = page.arrive_at_provider(ticket);
    let ticket = page.redeem(&trip, page.tokens("1").answer());
    match page.reply(ticket) {
        Ok(Reply::SignedIn { return_to, carry }) => {
            assert_eq!(
                (return_to.as_str(), carry.as_deref()),
                ("/orders", Some("idp_error"))
            );
        }
        other => panic!("{other:?}"),
    }
}
