//! What another tab did: it signed out, or the same user, or another one, signed in there.

use keyward::protocol::error::Code;
use keyward::session::effect::SignedOutReason;
use keyward::session::tabs::{Mark, SessionId, user_hash};
use keyward::session::{Command, NetworkFailure, Reply};
use serde_json::json;

use crate::driver::{Driver, HOUR};
use crate::provider::{ISSUER, REVOKE, TOKEN, text_answer};

/// The mark of another session of this user.
fn mark_of(user: &str) -> Mark {
    let session = SessionId::from_random(&[42; 16]);
    let user_hash = user_hash(&session, ISSUER, user);
    Mark {
        tombstone: false,
        session,
        user_hash,
    }
}

#[test]
fn o_61_another_tabs_sign_out_ends_the_session_here_with_one_event() {
    for revoke in [false, true] {
        let mut page = Driver::signed_in();
        let told = page.states();
        let (call, waiting) = (page.call(), page.start_refresh());
        let ticket = page.ask(Command::Drop { revoke });
        assert!(matches!(page.reply(ticket), Ok(Reply::Done)));
        assert_eq!(page.code(call), Code::LoginRequired);
        assert_eq!(page.code(waiting), Code::LoginRequired);
        assert_eq!(page.reason(), SignedOutReason::SignedOutElsewhere);
        assert_eq!((page.states(), page.last_error()), (told + 1, None));
        assert!(!page.ends_everywhere(), "it came from there");
        page.fail(TOKEN, NetworkFailure::Timeout);
        page.pass(2 * HOUR);
        assert_eq!(page.count(TOKEN), 2);
        assert_eq!(page.count(REVOKE), usize::from(revoke));
    }
}

#[test]
fn a_drop_revokes_only_where_the_tombstone_was_seen() {
    let mut page = Driver::signed_in();
    let ticket = page.ask(Command::Drop { revoke: true });
    assert!(
        page.reply(ticket).is_ok(),
        "nobody waits for the revocation"
    );
    assert_eq!(page.field(REVOKE, "token").as_deref(), Some("RT~1"));
    page.answer(REVOKE, text_answer(503, ""));
    assert_eq!(page.diagnoses(), [Code::RevocationFailed]);
}

#[test]
fn a_drop_of_what_is_not_there_does_nothing() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::Drop { revoke: true });
    assert!(page.reply(ticket).is_ok());
    assert!(page.sent.is_empty() && page.notices.is_empty());
}

#[test]
fn a_user_hash_says_nothing_of_the_user_and_fits_one_session() {
    let mark = mark_of("alice");
    assert!(mark.names(ISSUER, "alice"));
    assert!(!mark.names("https://other.example", "alice"));
    let other = Mark {
        session: SessionId::from_random(&[43; 16]),
        ..mark.clone()
    };
    assert!(!other.names(ISSUER, "alice"));
    assert!(!mark.user_hash.contains("alice"));
    assert_eq!(mark.user_hash.len(), 43);
}

#[test]
fn an_invalid_grant_signs_out_this_tab_only_and_the_mark_stays() {
    let mut page = Driver::signed_in();
    let mark = page.mark.clone();
    let waiting = page.start_refresh();
    page.answer(TOKEN, crate::provider::oauth_error(400, "invalid_grant"));
    assert_eq!(page.code(waiting), Code::LoginRequired);
    assert_eq!(page.mark, mark);
    // The next load restores, and joins.
    let trip = page.leave_to_restore();
    page.sign_in_after(&trip);
    assert_eq!(page.mark, mark);
}

#[test]
fn a_failed_check_of_an_id_token_leaves_a_tombstone() {
    let mut page = Driver::signed_in();
    let waiting = page.start_refresh();
    page.answer(
        TOKEN,
        page.tokens("2").claims(json!({ "sub": "bob" })).answer(),
    );
    assert_eq!(page.code(waiting), Code::LoginRequired);
    assert!(page.mark.as_ref().unwrap().tombstone);
}
