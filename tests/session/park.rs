//! A session that outlives its vault: the next one goes on with it, and never sends a refresh token that may be spent.

use keyward::protocol::error::Code;
use keyward::session::event::Ticket;
use keyward::session::{Command, NetworkFailure, SignIn};

use crate::driver::{Driver, HOUR, SECOND};
use crate::provider::{DISCOVERY, REVOKE, TOKEN, metadata, oauth_error, text_answer};

/// Another vault that starts with what the page's vault had parked.
fn next_vault(page: &Driver) -> Driver {
    let mut next = Driver::seeded(9, serde_json::json!({}));
    next.now = page.now;
    next.unpark(&page.park().unwrap());
    next
}

/// Asks for a refresh in a vault that does not know the provider yet.
fn refresh(next: &mut Driver) -> Ticket {
    let ticket = next.ask(Command::Refresh);
    // It has heard nothing of the provider yet: whether anybody answers is asked first.
    next.pass_probe();
    next.answer(DISCOVERY, metadata());
    ticket
}

#[test]
fn the_next_vault_goes_on_with_user_token_and_grant() {
    let page = Driver::signed_in();
    let mut next = next_vault(&page);
    assert_eq!(next.session_id(), page.session_id());
    assert_eq!(
        (next.user(), next.expires_at()),
        (page.user(), page.expires_at())
    );
    assert_eq!((next.last_error(), next.states()), (None, 1));
    assert_eq!(next.access_token(), "AT~1");
    assert_eq!(next.park(), page.park(), "nothing worth keeping changed");
    let ticket = refresh(&mut next);
    assert_eq!(next.sends_of("RT~1"), 1);
    next.answer(TOKEN, next.tokens("2").without_id_token());
    assert!(next.reply(ticket).is_ok());
    assert_ne!(next.park(), page.park());
    assert_eq!(next_vault(&next).access_token(), "AT~2");
}

#[test]
fn a_refresh_token_on_its_way_is_not_sent_again() {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    let mut next = next_vault(&page);
    assert_eq!(next.last_error(), Some(Code::ReauthenticationNeeded));
    assert_eq!(next.access_token(), "AT~1", "it lasts as long as it lasts");
    next.now += 2 * HOUR;
    let late = next.ask(Command::Refresh);
    assert_eq!(next.code(late), Code::ReauthenticationNeeded);
    assert_eq!(next.count(TOKEN), 0);
    // The probe: without a request on its way the next vault sends.
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
    let mut next = next_vault(&page);
    let second = refresh(&mut next);
    assert_eq!(next.sends_of("RT~2"), 1);
    next.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(next.code(second), Code::ReauthenticationNeeded);
    assert_eq!(
        next_vault(&next).last_error(),
        Some(Code::ReauthenticationNeeded)
    );
}

#[test]
fn a_token_that_was_not_used_up_may_be_sent_by_the_next() {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    page.answer(TOKEN, oauth_error(429, "slow_down"));
    let mut next = next_vault(&page);
    assert_eq!(next.last_error(), None);
    let other = refresh(&mut next);
    assert_eq!(next.sends_of("RT~1"), 1);
    next.answer(TOKEN, next.tokens("2").without_id_token());
    assert!(next.reply(other).is_ok());
    page.pass(3 * SECOND);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn a_vault_that_gives_way_waits_for_what_spends_a_token() {
    let mut page = Driver::signed_in();
    let idle = page.ask(Command::Settle);
    assert!(page.reply(idle).is_ok(), "nothing is on its way");
    let ticket = page.start_refresh();
    let settled = page.ask(Command::Settle);
    assert!(page.is_open(settled));
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok() && page.reply(settled).is_ok());
    assert_eq!(next_vault(&page).access_token(), "AT~2");
}

#[test]
fn a_vault_that_gives_way_waits_for_a_code_and_for_a_sign_out() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    let settled = page.ask(Command::Settle);
    assert!(page.is_open(settled), "the code is on its way");
    page.answer_keys();
    page.answer(TOKEN, page.tokens("1").answer());
    assert!(page.is_open(settled), "and then its ID token is judged");
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
    assert!(page.reply(settled).is_ok());
    let left = page.ask(Command::SignOut);
    let settled = page.ask(Command::Settle);
    assert!(page.is_open(settled));
    page.answer(REVOKE, text_answer(200, ""));
    assert!(page.reply(left).is_ok() && page.reply(settled).is_ok());
}

#[test]
fn nobody_is_parked_when_nobody_is_signed_in() {
    let mut page = Driver::signed_in();
    assert!(page.park().is_some());
    let ticket = page.ask(Command::Drop { revoke: false });
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.park(), None);
}

#[test]
fn what_is_no_parked_session_of_this_provider_changes_nothing() {
    let text = Driver::signed_in().park().unwrap();
    let other = text.replace("id.example", "id.exampla");
    for bad in [
        "",
        "{}",
        "null",
        &text[..text.len() - 1],
        &text.replacen("1", "2", 1),
        &other,
    ] {
        let mut page = Driver::new();
        page.unpark(bad);
        assert!(!page.is_signed_in(), "{bad}");
    }
    // Who is signed in stays that.
    let mut page = Driver::signed_in();
    let session = page.session_id();
    let mut stranger = Driver::seeded(5, serde_json::json!({}));
    stranger.sign_in();
    page.unpark(&stranger.park().unwrap());
    assert_eq!(page.session_id(), session);
}
