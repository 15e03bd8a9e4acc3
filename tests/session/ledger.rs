//! One session in many tabs, by way of the ledger. Names carry the sections of the protocol that they prove.

use keyward::protocol::error::Code;
use keyward::session::effect::{SignInOrigin, SignedOutReason};
use keyward::session::tabs::Mark;
use keyward::session::{Command, Event, NetworkFailure, Reply};
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE, SECOND};
use crate::provider::{DISCOVERY, REVOKE, TOKEN, metadata, oauth_error, retry_after, text_answer};

fn signed_in() -> Driver {
    let mut page = Driver::with_ledger();
    page.sign_in();
    page.shell.story.clear();
    page
}

fn publish(from: &Driver, to: &mut Driver) {
    let text = from.shell.published.last().unwrap().to_json();
    let handover = to.read_handover(&text).unwrap();
    to.happen(Event::Published(Box::new(handover)));
}

/// One tab signs out, and the other one sends nothing any more.
fn assert_over_after_sign_out(mut first: Driver, second: &mut Driver) {
    let ticket = first.ask(Command::SignOut);
    first.answer(REVOKE, text_answer(200, ""));
    assert!(first.reply(ticket).is_ok());
    let sent = second.count(TOKEN);
    let ticket = second.ask(Command::Refresh);
    assert_eq!(second.code(ticket), Code::LoginRequired);
    assert_eq!(second.reason(), SignedOutReason::SignedOutElsewhere);
    assert_eq!(second.count(TOKEN), sent);
}

/// The first tab waits for its answer; the second one needs a token as well.
fn second_in_line() -> (Driver, Driver, u32) {
    let mut first = signed_in();
    let mut second = first.signed_in_sibling();
    first.start_refresh();
    let ticket = second.need_refresh();
    assert_eq!((second.count(TOKEN), second.shell.asked), (0, 2));
    (first, second, ticket)
}

#[test]
fn t_3_what_no_sibling_writes_and_what_another_issuer_gave_is_nothing() {
    let page = signed_in();
    let text = page.handover().unwrap().to_json();
    assert!(page.read_handover(&text).is_some());
    for end in 0..text.len() {
        let cut = text.get(..end).unwrap_or_default();
        assert!(page.read_handover(cut).is_none(), "{cut}");
    }
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("https://id.example", "https://evil.example"),
        ("\"grant\":\"", "\"grant\":\"x"),
        ("\"generation\":0", "\"generation\":\"0\""),
        ("\"refreshToken\"", "\"refresh\""),
    ] {
        assert!(text.contains(from), "{from}");
        let other = text.replace(from, to);
        assert!(page.read_handover(&other).is_none(), "{to}");
    }
}

#[test]
fn t_4_a_tab_whose_siblings_had_nothing_asks_again_when_another_one_came_back_meanwhile() {
    let gone = signed_in();
    let mut late = gone.sibling();
    let restore = Command::Restore {
        return_to: "/".into(),
        mark: late.mark.clone(),
        carry: None,
    };
    // Nobody has the grant that stands there, and the metadata is on its way.
    let ticket = late.ask_as(None, restore);
    assert_eq!((late.shell.asked, late.is_open(ticket)), (1, true));
    let mut other = gone.sibling();
    let trip = other.leave_to_restore();
    other.sign_in_after(&trip);
    late.shell.sibling = late.given_by(&other);
    late.answer(DISCOVERY, metadata());
    assert!(matches!(late.reply(ticket), Ok(Reply::SignedIn { .. })));
    assert_eq!(late.count(TOKEN), 0);
}

#[test]
fn t_2_a_refresh_wins_its_intent_sends_publishes_and_commits_in_this_order() {
    let mut page = signed_in();
    let ticket = page.start_refresh();
    assert!(page.standing().intent.is_some());
    page.answer(TOKEN, page.tokens("2").answer());
    page.judge_signatures();
    assert!(matches!(page.reply(ticket), Ok(Reply::Done)));
    assert_eq!(page.shell.story, ["win", "send", "publish", "commit"]);
    assert_eq!(page.standing().generation, 1);
    assert!(page.standing().intent.is_none());
}

#[test]
fn t_2_2_without_the_network_there_is_no_intent() {
    let mut page = signed_in();
    page.pass(HOUR / 2);
    let ticket = page.ask(Command::Refresh);
    let probe = page.open_probe().unwrap();
    page.answer_call(probe, Err(NetworkFailure::Unreachable));
    assert_eq!(page.code(ticket), Code::Offline);
    assert!(page.shell.story.is_empty());
}

#[test]
fn t_2_5_a_tab_that_slept_through_its_transaction_takes_the_intent_back() {
    let mut page = signed_in();
    page.shell.sleeps = 5 * MINUTE;
    let ticket = page.ask(Command::Refresh);
    assert_eq!(page.count(TOKEN), 1, "the code's exchange");
    assert!(page.standing().intent.is_none());
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").answer());
    page.judge_signatures();
    assert!(matches!(page.reply(ticket), Ok(Reply::Done)));
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn t_2_6_keys_that_cannot_be_fetched_hold_the_access_token_back_and_nothing_else() {
    let mut page = signed_in();
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").signed_by("k2").answer());
    page.fail(crate::provider::JWKS, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::JwksUnavailable);
    assert_eq!(page.shell.story, ["win", "send", "publish", "commit"]);
}

#[test]
fn t_2_6_a_refused_token_ends_the_session_only_while_the_record_shows_it() {
    for newer in [false, true] {
        let mut first = signed_in();
        let mut second = first.signed_in_sibling();
        first.start_refresh();
        if newer {
            // The same user signs in anew in the other tab.
            second.sign_in();
            first.shell.sibling = second.handover();
        }
        first.answer(TOKEN, oauth_error(400, "invalid_grant"));
        assert_eq!(first.standing().ended, !newer);
        assert_eq!(first.ends_everywhere(), !newer);
        assert_eq!(first.session_id().is_some(), newer);
        if newer {
            assert_eq!(first.session_id(), second.session_id());
        } else {
            assert_eq!(first.reason(), SignedOutReason::SessionEnded);
        }
    }
}

#[test]
fn t_2_6_what_was_not_used_is_taken_back_and_leaves_a_time_for_all() {
    let mut first = signed_in();
    let mut second = first.signed_in_sibling();
    first.start_refresh();
    first.answer(TOKEN, retry_after(text_answer(503, ""), "60"));
    assert!(first.standing().intent.is_none());
    assert_eq!(first.standing().not_before, first.now + MINUTE);
    let ticket = second.need_refresh();
    assert_eq!(second.error(ticket).retry_after, Some(60));
    assert_eq!(second.count(TOKEN), 0);
}

#[test]
fn t_2_6_what_may_have_been_used_is_left_to_its_intent() {
    let mut page = signed_in();
    let ticket = page.start_refresh();
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    assert!(page.is_signed_in() && page.standing().intent.is_some());
    let again = page.ask(Command::Refresh);
    page.pass(MINUTE);
    assert_eq!(page.code(again), Code::ReauthenticationNeeded);
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn t_2_6_a_declared_grace_lets_the_owner_of_the_intent_send_once_more() {
    let mut page = Driver::with(json!({ "ledger": true, "rotationGrace": 30 }));
    page.sign_in();
    page.shell.story.clear();
    let ticket = page.start_refresh();
    page.fail(TOKEN, NetworkFailure::Timeout);
    page.pass_probe();
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    assert_eq!(page.shell.story, ["win", "send", "win", "send"]);
}

#[test]
fn t_2_7_whoever_finds_an_intent_waits_for_its_deadline_and_recovers_without_sending() {
    let (mut first, mut second, ticket) = second_in_line();
    second.pass(11 * SECOND);
    assert!(second.is_open(ticket));
    second.pass(2 * SECOND);
    assert_eq!(second.code(ticket), Code::ReauthenticationNeeded);
    assert_eq!(second.last_error(), Some(Code::ReauthenticationNeeded));
    assert!(second.is_signed_in() && second.count(TOKEN) == 0);
    first.fail(TOKEN, NetworkFailure::Timeout);
}

#[test]
fn t_2_7_a_published_result_serves_those_who_wait() {
    let (mut first, mut second, ticket) = second_in_line();
    first.answer(TOKEN, first.tokens("2").answer());
    first.judge_signatures();
    publish(&first, &mut second);
    assert!(matches!(second.reply(ticket), Ok(Reply::Done)));
    assert_eq!(second.access_token(), "AT~2");
}

#[test]
fn t_2_7_a_result_that_comes_late_clears_the_recovery() {
    let (mut first, mut second, ticket) = second_in_line();
    second.pass(13 * SECOND);
    assert_eq!(second.code(ticket), Code::ReauthenticationNeeded);
    first.answer(TOKEN, first.tokens("2").answer());
    first.judge_signatures();
    publish(&first, &mut second);
    assert_eq!(second.last_error(), None);
    assert_eq!(second.access_token(), "AT~2");
}

#[test]
fn t_2_7_each_later_need_asks_again() {
    let (mut first, mut second, ticket) = second_in_line();
    second.pass(13 * SECOND);
    assert_eq!(second.code(ticket), Code::ReauthenticationNeeded);
    first.answer(TOKEN, first.tokens("2").answer());
    first.judge_signatures();
    second.shell.sibling = first.handover();
    let again = second.ask(Command::Refresh);
    assert!(matches!(second.reply(again), Ok(Reply::Done)));
    assert_eq!((second.last_error(), second.count(TOKEN)), (None, 0));
}

#[test]
fn t_2_6_a_sender_that_died_after_it_published_is_committed_for() {
    let (mut first, mut second, ticket) = second_in_line();
    first.shell.blocked = true;
    first.answer(TOKEN, first.tokens("2").answer());
    first.judge_signatures();
    assert_eq!(second.standing().generation, 0);
    publish(&first, &mut second);
    assert!(matches!(second.reply(ticket), Ok(Reply::Done)));
    assert_eq!(second.standing().generation, 1);
    assert!(second.standing().intent.is_none());
}

#[test]
fn t_2_4_a_cleared_storage_stops_every_refresh_and_ends_no_session() {
    let mut page = signed_in();
    *page.shell.stored.borrow_mut() = None;
    let ticket = page.ask(Command::Refresh);
    page.pass_probe();
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    assert!(page.is_signed_in() && page.count(TOKEN) == 1);
}

#[test]
fn t_1_a_denied_ledger_leaves_a_grant_of_the_tabs_own() {
    let mut page = Driver::with_ledger();
    page.shell.denied = true;
    page.sign_in();
    assert!(page.handover().is_none());
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").answer());
    page.judge_signatures();
    assert!(matches!(page.reply(ticket), Ok(Reply::Done)));
    assert_eq!(page.shell.story, ["begin", "look"]);
}

#[test]
fn t_1_a_grant_of_the_tabs_own_is_renewed_only_while_its_session_stands() {
    let mut page = Driver::with_ledger();
    page.shell.denied = true;
    page.sign_in();
    page.shell.denied = false;
    let mut other = page.sibling();
    other.sign_in();
    page.compare(other.mark.clone());
    assert_eq!(
        page.session_id(),
        other.session_id(),
        "the same user signed in again"
    );
    // No mark tells of it.
    assert_over_after_sign_out(other, &mut page);
}

#[test]
fn t_1_without_hand_over_each_tab_has_a_grant_of_its_own_and_the_session_in_common() {
    let mut first = Driver::without_handover();
    first.sign_in();
    assert!(first.handover().is_none());
    let mut second = first.sibling_with(json!({ "ledger": true, "handover": false }));
    let trip = second.leave_to_restore();
    second.sign_in_after(&trip);
    assert_eq!(second.session_id(), first.session_id());
    for tab in [&mut first, &mut second] {
        let ticket = tab.start_refresh();
        tab.answer(TOKEN, tab.tokens("2").answer());
        tab.judge_signatures();
        assert!(matches!(tab.reply(ticket), Ok(Reply::Done)));
    }
    assert!(second.standing().intent.is_none() && second.standing().generation == 0);
    assert_over_after_sign_out(first, &mut second);
}

#[test]
fn t_5_a_sign_out_writes_the_tombstone_and_then_revokes() {
    let mut page = signed_in();
    let other = page.signed_in_sibling();
    let ticket = page.ask(Command::SignOut);
    assert!(other.standing().ended && page.is_waiting(REVOKE));
    page.answer(REVOKE, text_answer(200, ""));
    assert!(matches!(page.reply(ticket), Ok(Reply::SignedOut { .. })));
}

#[test]
fn t_5_a_tab_that_never_asked_the_provider_revokes_too_unless_the_user_is_back() {
    for back in [false, true] {
        let mut first = signed_in();
        let mut second = first.sibling();
        second.shell.sibling = second.given_by(&first);
        let restore = Command::Restore {
            return_to: "/".into(),
            mark: first.mark.clone(),
            carry: None,
        };
        let ticket = second.ask_as(None, restore);
        assert!(matches!(second.reply(ticket), Ok(Reply::SignedIn { .. })));
        assert_eq!(
            second.count(DISCOVERY),
            0,
            "the probe: it knows no endpoint"
        );
        let ticket = second.ask(Command::SignOut);
        assert!(first.standing().ended && second.is_waiting(DISCOVERY));
        if back {
            first.compare(second.mark.clone());
            first.sign_in();
        }
        second.answer(DISCOVERY, metadata());
        assert_eq!(second.is_waiting(REVOKE), !back);
        if !back {
            second.answer(REVOKE, text_answer(200, ""));
        }
        let reply = second.reply(ticket);
        let end_session = matches!(
            reply,
            Ok(Reply::SignedOut {
                end_session: Some(_)
            })
        );
        assert!(end_session, "{reply:?}");
    }
}

#[test]
fn t_5_a_silent_ledger_holds_a_sign_out_up_for_half_a_second_and_nothing_is_revoked() {
    let mut page = signed_in();
    page.shell.blocked = true;
    let ticket = page.ask(Command::SignOut);
    page.pass(499);
    assert!(page.is_open(ticket));
    page.pass(1);
    assert!(matches!(page.reply(ticket), Ok(Reply::SignedOut { .. })));
    assert_eq!(page.count(REVOKE), 0, "the user may have signed in again");
}

#[test]
fn t_5_another_tabs_sign_out_ends_this_one_and_revokes_nothing() {
    let mut first = signed_in();
    let mut second = first.signed_in_sibling();
    let ticket = first.ask(Command::SignOut);
    first.answer(REVOKE, text_answer(200, ""));
    assert!(first.reply(ticket).is_ok());
    second.compare(None);
    assert_eq!(second.reason(), SignedOutReason::SignedOutElsewhere);
    assert!(second.shell.repaired.take().unwrap().tombstone);
    assert_eq!(second.count(REVOKE), 0);
}

#[test]
fn t_5_the_ledger_wins_over_a_mark_that_is_wrong() {
    let mut page = signed_in();
    let own = page.mark.clone().unwrap();
    page.compare(None);
    assert!(page.is_signed_in());
    assert_eq!(page.shell.repaired, Some(own.clone()));
    let tombstone = true;
    page.compare(Some(Mark { tombstone, ..own }));
    assert!(!page.is_signed_in(), "its own tombstone needs no ledger");
}

#[test]
fn t_5_a_tombstone_whose_record_was_never_written_stands() {
    let mut first = signed_in();
    let mut other = first.sibling();
    first.bury();
    other.compare(first.mark.clone());
    assert!(!other.standing().ended, "a tombstone asks for nothing");
    let mut second = first.signed_in_sibling();
    first.shell.blocked = true;
    let mark = first.mark.clone();
    second.compare(mark);
    assert!(!second.is_signed_in());
}

#[test]
fn t_5_a_session_that_is_over_here_does_not_come_back_while_the_record_shows_it_still() {
    let first = signed_in();
    let mut second = first.signed_in_sibling();
    let own = first.mark.clone().unwrap();
    let tombstone = true;
    // The message was faster than storage and ledger, and the sibling has not wiped its tokens yet.
    second.compare(Some(Mark {
        tombstone,
        ..own.clone()
    }));
    assert!(!second.is_signed_in() && !second.standing().ended);
    second.shell.sibling = first.handover();
    let asked = second.shell.asked;
    second.compare(Some(own));
    assert_eq!(second.shell.asked, asked, "nobody is asked for it");
    assert!(!second.is_signed_in());
    // The probe: another session of the same user is asked for, and taken.
    let mut third = first.sibling();
    third.sign_in();
    second.shell.sibling = third.handover();
    second.compare(third.mark.clone());
    assert_eq!(second.session_id(), third.session_id());
}

/// A tab that saw the end of what the record still shows, and signed in anew while nothing could be written.
fn outvoted(first: &Driver) -> Driver {
    let mut second = first.signed_in_sibling();
    second.compare(first.mark.clone().map(buried));
    second.shell.denied = true;
    second.sign_in();
    second.shell.denied = false;
    second.shell.repaired = None;
    assert_ne!(second.session_id(), first.session_id());
    second
}

fn buried(mark: Mark) -> Mark {
    let tombstone = true;
    Mark { tombstone, ..mark }
}

#[test]
fn t_5_who_is_outvoted_by_record_and_mark_writes_no_mark_over_theirs() {
    let first = signed_in();
    let mut second = outvoted(&first);
    second.compare(first.mark.clone());
    assert_eq!(second.shell.repaired, None);
    // The probe: where no mark speaks for the record, its own is written.
    second.compare(None);
    assert_eq!(second.shell.repaired, second.mark);
}

#[test]
fn t_5_every_session_that_ended_here_stays_over_and_not_the_last_alone() {
    let first = signed_in();
    let mut second = outvoted(&first);
    second.compare(second.mark.clone().map(buried));
    assert!(!second.is_signed_in());
    let asked = second.shell.asked;
    second.compare(first.mark.clone());
    assert_eq!(second.shell.asked, asked, "nobody is asked for it");
}

#[test]
fn t_4_8_an_answer_brings_nothing_back_that_ended_here_meanwhile() {
    let first = signed_in();
    let mut second = first.sibling();
    let trip = second.leave_to_restore();
    let late = second.given_by(&first).unwrap();
    second.happen(Event::Published(Box::new(late)));
    assert!(second.is_signed_in());
    second.compare(first.mark.clone().map(buried));
    let ticket = second.redeem(&trip, second.tokens("1").answer());
    assert_eq!(second.code(ticket), Code::SessionChanged);
    assert!(second.standing().ended && !second.is_signed_in());
}

#[test]
fn t_2_9_the_same_users_new_session_is_followed_and_its_grant_taken() {
    let first = signed_in();
    let mut second = first.signed_in_sibling();
    let mut third = first.signed_in_sibling();
    third.sign_in();
    second.compare(third.mark.clone());
    assert_eq!(second.session_id(), third.session_id());
    second.shell.sibling = third.handover();
    let ticket = second.need_refresh();
    assert!(matches!(second.reply(ticket), Ok(Reply::Done)));
    assert_eq!((second.count(TOKEN), second.count(REVOKE)), (0, 0));
}

#[test]
fn t_4_a_restore_claims_before_it_leaves_and_the_others_wait() {
    let first = signed_in();
    let (mut second, mut third) = (first.sibling(), first.sibling());
    let trip = second.leave_to_restore();
    let waiting = third.ask_to_restore();
    assert!(matches!(third.reply(waiting), Ok(Reply::Done)));
    second.sign_in_after(&trip);
    assert_eq!(second.origin(), Some(SignInOrigin::Joined));
    assert_eq!(second.session_id(), first.session_id());
    assert!(second.record().unwrap().restore.claim.is_none());
}

#[test]
fn t_4_1_the_return_from_a_sign_out_lets_a_load_ask_the_provider_again() {
    let mut first = signed_in();
    let ticket = first.ask(Command::SignOut);
    first.answer(REVOKE, text_answer(200, ""));
    assert!(first.reply(ticket).is_ok());
    first.mark = None;
    first.ask(Command::Lift);
    let mut third = first.sibling();
    let trip = third.leave_to_restore();
    let ticket = third.redeem(&trip, third.tokens("1").answer());
    assert!(third.reply(ticket).is_ok() && third.is_signed_in());
    assert!(!third.standing().ended);
}

#[test]
fn t_4_8_a_sign_out_while_the_browser_is_away_fences_the_answer_off() {
    let mut first = signed_in();
    let mut second = first.sibling();
    let trip = second.leave_to_restore();
    let ticket = first.ask(Command::SignOut);
    first.answer(REVOKE, text_answer(200, ""));
    assert!(first.reply(ticket).is_ok());
    let ticket = second.redeem(&trip, second.tokens("1").answer());
    assert_eq!(second.code(ticket), Code::SessionChanged);
    assert!(second.standing().ended && !second.is_signed_in());
}

#[test]
fn t_4_6_an_answer_that_nobody_is_signed_in_frees_the_claim_and_another_error_closes_restore() {
    for (error, closed) in [("login_required", false), ("server_error", true)] {
        let first = signed_in();
        let mut second = first.sibling();
        let trip = second.leave_to_restore();
        let query = trip.query(&format!("error={error}&iss=https%3A%2F%2Fid.example"));
        let ticket = second.come_back_with(&query, &trip);
        assert!(second.reply(ticket).is_err());
        let restore = second.record().unwrap().restore;
        assert!(restore.claim.is_none());
        assert_eq!(restore.is_closed(second.now), closed);
    }
}
