//! A session that ends after a time without the user, or some time after the sign-in.

use keyward::protocol::error::Code;
use keyward::session::effect::SignedOutReason;
use keyward::session::{Command, Config, Notice};
use serde_json::{Value, json};

use crate::driver::{Driver, HOUR, MINUTE, SECOND};
use crate::provider::{REVOKE, TOKEN, text_answer};

fn signed_in(options: Value) -> Driver {
    let mut page = Driver::with(options);
    page.sign_in();
    page
}

/// The user does something in this tab.
fn touch(page: &mut Driver) {
    touch_at(page, page.now);
}

fn touch_at(page: &mut Driver, at: u64) {
    let ticket = page.ask(Command::Touch(at));
    assert!(page.reply(ticket).is_ok());
}

/// What the app was told of the end: by which limit and in how many seconds, or that it was put off.
fn told(page: &mut Driver) -> Vec<Option<(Code, u64)>> {
    let now = page.now;
    let told = |notice: &Notice| match notice {
        Notice::Expiring { ends_at, code } => {
            Some(Some((*code, ends_at.saturating_sub(now) / SECOND)))
        }
        Notice::Extended => Some(None),
        _ => None,
    };
    let all = page.notices.iter().filter_map(told).collect();
    page.notices.clear();
    all
}

fn assert_ended(page: &Driver, code: Code) {
    assert!(!page.is_signed_in());
    assert_eq!(page.reason(), SignedOutReason::Expired);
    assert_eq!(page.last_error(), Some(code));
    assert!(page.ends_everywhere(), "every tab is told");
    assert_eq!(page.count(REVOKE), 1, "the grant is given back");
}

#[test]
fn an_idle_session_is_warned_of_and_ends() {
    let mut page = signed_in(json!({ "idle": 900 }));
    page.pass(13 * MINUTE);
    assert_eq!(told(&mut page), []);
    page.pass(MINUTE);
    assert_eq!(told(&mut page), [Some((Code::SessionIdle, 60))]);
    page.pass(59 * SECOND);
    assert!(page.is_signed_in());
    page.pass(3 * SECOND);
    assert_ended(&page, Code::SessionIdle);
    page.answer(REVOKE, text_answer(200, ""));
    let late = page.ask(Command::Refresh);
    assert_eq!(page.code(late), Code::LoginRequired);
    assert_eq!(page.count(TOKEN), 1);
}

#[test]
fn activity_puts_the_end_off_and_takes_the_warning_back() {
    let mut page = signed_in(json!({ "idle": 900, "warnBefore": 120 }));
    page.pass(13 * MINUTE);
    assert_eq!(told(&mut page), [Some((Code::SessionIdle, 120))]);
    touch(&mut page);
    assert_eq!(told(&mut page), [None]);
    page.pass(12 * MINUTE);
    assert_eq!(told(&mut page), []);
    page.pass(MINUTE);
    assert_eq!(told(&mut page), [Some((Code::SessionIdle, 120))]);
    page.pass(3 * MINUTE);
    assert_ended(&page, Code::SessionIdle);
}

#[test]
fn a_silent_renewal_is_no_activity() {
    let mut page = signed_in(json!({ "idle": 7_200 }));
    assert!(page.wait_for_refresh(HOUR), "the timer renews");
    page.answer(TOKEN, page.tokens("2").without_id_token());
    page.pass(2 * HOUR);
    assert_ended(&page, Code::SessionIdle);
}

#[test]
fn the_sign_ins_age_ends_the_session_however_active_the_user_is() {
    let mut page = signed_in(json!({ "maxAge": 1_800, "idle": 3_600 }));
    for _ in 0..29 {
        page.pass(MINUTE);
        touch(&mut page);
    }
    assert_eq!(told(&mut page), [Some((Code::SessionMaxAge, 60))]);
    page.pass(59 * SECOND);
    assert!(page.is_signed_in());
    page.pass(SECOND);
    assert_ended(&page, Code::SessionMaxAge);
}

#[test]
fn after_a_sleep_the_first_command_finds_the_session_over() {
    for options in [json!({ "idle": 900 }), json!({ "maxAge": 900 })] {
        let mut page = signed_in(options);
        // No timer fired.
        page.now += HOUR;
        let call = page.call();
        assert_eq!(page.code(call), Code::LoginRequired);
        assert!(!page.is_signed_in() && page.ends_everywhere());
    }
}

#[test]
fn activity_that_is_over_again_comes_too_late() {
    let mut page = signed_in(json!({ "idle": 900 }));
    let earlier = page.now + 10 * MINUTE;
    page.now += HOUR;
    touch_at(&mut page, earlier);
    page.pass(2 * SECOND);
    assert_ended(&page, Code::SessionIdle);
}

#[test]
fn a_tab_that_slept_for_longer_than_its_time_goes_on_with_the_others() {
    let mut page = signed_in(json!({ "idle": 900 }));
    // Somebody used another tab all the while.
    let latest = page.now + 55 * MINUTE;
    page.now += HOUR;
    touch_at(&mut page, latest);
    page.pass(2 * SECOND);
    assert!(page.is_signed_in());
    page.pass(10 * MINUTE);
    assert_ended(&page, Code::SessionIdle);
}

#[test]
fn a_tab_that_slept_learns_of_the_activity_in_another_one_in_time() {
    let mut page = signed_in(json!({ "idle": 900 }));
    let earlier = page.now + 10 * MINUTE;
    page.now += 20 * MINUTE;
    page.pass(0);
    assert!(
        page.is_signed_in(),
        "whoever knows of later activity is asked once"
    );
    assert_eq!(told(&mut page), [Some((Code::SessionIdle, 0))]);
    touch_at(&mut page, earlier);
    page.pass(2 * SECOND);
    assert!(page.is_signed_in());
    page.pass(5 * MINUTE);
    assert_ended(&page, Code::SessionIdle);
}

#[test]
fn what_is_said_of_activity_in_the_future_or_long_ago_counts_for_nothing() {
    let mut page = signed_in(json!({ "idle": 900, "maxAge": 3_600 }));
    let now = page.now;
    for at in [0, now - HOUR, now + MINUTE, now + 10 * HOUR, u64::MAX] {
        touch_at(&mut page, at);
    }
    page.pass(15 * MINUTE + 2 * SECOND);
    assert_ended(&page, Code::SessionIdle);
}

#[test]
fn a_clock_that_is_set_back_gives_no_time() {
    let mut page = signed_in(json!({ "maxAge": 900 }));
    for back in [0, 2 * HOUR] {
        page.now -= back;
        let ticket = page.ask(Command::Wake);
        assert!(page.reply(ticket).is_ok());
        page.pass(5 * MINUTE);
        let ticket = page.ask(Command::Wake);
        assert!(page.reply(ticket).is_ok());
    }
    page.pass(5 * MINUTE);
    assert_ended(&page, Code::SessionMaxAge);
}

#[test]
fn a_restore_asks_the_provider_for_no_older_sign_in_and_counts_from_it() {
    let mut page = Driver::with(json!({ "maxAge": 3_600 }));
    let trip = page.leave_to_restore();
    assert_eq!(trip.parameter("max_age").as_deref(), Some("3600"));
    let half_an_hour_ago = (page.now - HOUR / 2) / SECOND;
    let tokens = page
        .tokens("1")
        .claims(json!({ "auth_time": half_an_hour_ago }));
    let ticket = page.redeem(&trip, tokens.answer());
    assert!(page.reply(ticket).is_ok());
    page.pass(30 * MINUTE);
    assert_ended(&page, Code::SessionMaxAge);
    // One that says nothing of it is refused.
    let mut page = Driver::with(json!({ "maxAge": 3_600 }));
    let trip = page.leave_to_restore();
    let ticket = page.redeem(&trip, page.tokens("1").answer());
    assert!(page.reply(ticket).is_err());
}

#[test]
fn a_refresh_that_comes_late_is_given_back() {
    let mut page = signed_in(json!({ "maxAge": 900 }));
    page.start_refresh();
    page.pass(16 * MINUTE);
    assert_ended(&page, Code::SessionMaxAge);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.count(REVOKE), 2);
    assert!(!page.is_signed_in());
}

#[cfg(feature = "worker")]
#[test]
fn the_limits_outlive_a_vault() {
    let options = json!({ "idle": 900, "maxAge": 1_800 });
    let mut page = signed_in(options.clone());
    page.pass(10 * MINUTE);
    touch(&mut page);
    let text = page.park().unwrap();
    let resumed = |after: u64| {
        let mut next = Driver::seeded(9, options.clone());
        next.now = page.now + after;
        next.unpark(&text);
        next
    };
    assert!(resumed(14 * MINUTE).is_signed_in());
    let mut next = resumed(16 * MINUTE);
    next.pass(2 * SECOND);
    assert!(!next.is_signed_in());
    assert_eq!(next.last_error(), Some(Code::SessionIdle));
    let mut next = resumed(MINUTE);
    for _ in 0..20 {
        touch(&mut next);
        next.pass(MINUTE);
    }
    assert_eq!(next.last_error(), Some(Code::SessionMaxAge));
}

#[test]
fn nonsense_is_refused_and_the_idle_limit_may_be_the_longer_one() {
    let read = |options: Value| {
        let mut all = json!({ "issuer": "https://id.example", "clientId": "spa", "redirectUri": "https://app.example/" });
        all.as_object_mut()
            .unwrap()
            .extend(options.as_object().unwrap().clone());
        Config::from_json(&all.to_string(), "https://app.example")
    };
    for name in ["idle", "maxAge", "warnBefore"] {
        for bad in [
            json!(-1),
            json!(1.5),
            json!("900"),
            json!(true),
            json!(1e300),
        ] {
            let error = read(json!({ name: bad.clone() })).unwrap_err();
            assert_eq!(error.code, Code::ConfigInvalid, "{name}: {bad}");
            assert!(error.detail.as_ref().unwrap().contains(name));
        }
    }
    for name in ["idle", "maxAge"] {
        assert!(read(json!({ name: 0 })).is_err());
    }
    assert!(read(json!({ "idle": 3_600, "maxAge": 900, "warnBefore": 0 })).is_ok());
    assert!(read(json!({ "idle": null })).is_ok());
}

/// Another tab of the same client with one grant for all tabs, signed in by what the first one gives.
#[cfg(feature = "ledger")]
fn with_sibling(options: &Value, after: u64) -> (Driver, Driver) {
    let mut options = options.clone();
    options["ledger"] = json!(true);
    let mut first = signed_in(options.clone());
    first.pass(after);
    let second = first.signed_in_sibling_with(options);
    (first, second)
}

#[cfg(feature = "ledger")]
#[test]
fn a_session_from_a_sibling_is_as_old_as_it_is_there() {
    let (_, mut second) = with_sibling(&json!({ "maxAge": 1_800 }), 20 * MINUTE);
    second.pass(10 * MINUTE - SECOND);
    assert!(second.is_signed_in());
    second.pass(SECOND);
    assert_eq!(second.last_error(), Some(Code::SessionMaxAge));
    assert!(second.standing().ended, "every tab's session is over");
    let (_, mut second) = with_sibling(&json!({ "idle": 900 }), 10 * MINUTE);
    second.pass(5 * MINUTE + 2 * SECOND);
    assert_eq!(second.last_error(), Some(Code::SessionIdle));
}

#[cfg(feature = "ledger")]
#[test]
fn the_same_users_next_sign_in_elsewhere_counts_anew() {
    let (mut first, mut second) = with_sibling(&json!({ "maxAge": 1_800 }), 20 * MINUTE);
    first.sign_in();
    second.shell.sibling = second.given_by(&first);
    second.now = first.now;
    second.compare(first.mark.clone());
    second.pass(20 * MINUTE);
    assert!(second.is_signed_in());
    second.pass(10 * MINUTE);
    assert_eq!(second.last_error(), Some(Code::SessionMaxAge));
}

#[cfg(feature = "ledger")]
#[test]
fn with_one_grant_a_limit_gives_it_back_after_the_tombstone() {
    let mut page = signed_in(json!({ "maxAge": 900, "ledger": true }));
    page.shell.story.clear();
    page.pass(15 * MINUTE);
    assert_ended(&page, Code::SessionMaxAge);
    assert_eq!(page.shell.story, ["end"]);
    assert!(page.standing().ended);
}

#[cfg(feature = "ledger")]
#[test]
fn with_one_grant_a_tab_that_does_not_know_where_to_asks_for_nothing() {
    let (mut first, mut second) = with_sibling(&json!({ "maxAge": 900 }), MINUTE);
    for page in [&mut second, &mut first] {
        page.pass(15 * MINUTE);
        assert_eq!(page.last_error(), Some(Code::SessionMaxAge));
    }
    assert_eq!((second.sent.len(), first.count(REVOKE)), (0, 1));
}

#[cfg(feature = "ledger")]
#[test]
fn with_one_grant_a_restore_asks_for_no_older_sign_in_either() {
    let mut page = signed_in(json!({ "maxAge": 900, "ledger": true }));
    let mut other = page.sibling_with(json!({ "maxAge": 900, "ledger": true }));
    let trip = other.leave_to_restore();
    assert_eq!(trip.parameter("max_age").as_deref(), Some("900"));
    assert_eq!(page.shell.story.pop(), Some("begin"));
}
