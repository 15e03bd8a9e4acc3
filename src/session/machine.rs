//! The state machine itself: what it remembers, and which module an event goes to.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::calls::{ApiCall, Waiter};
use super::config::Config;
use super::effect::{Effect, Notice, Reply, SendKind, SignedOutReason, Snapshot, Status};
use super::event::{CallId, Command, Event, NetworkFailure, Ticket};
use super::guards::{Guard, Guards};
#[cfg(feature = "limits")]
use super::limits::Limits;
use super::policy::Lifetime;
use super::proof::Proof;
use super::provider::{After, Provider};
use super::renewal::Renewal;
#[cfg(feature = "ledger")]
use super::shared::{Asker, Held, Job, Shared, Wish};
use super::sign_in::Exchange;
use super::sign_out::SignOutJob;
use super::tabs::SessionId;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Answer, Request, retry_after_seconds};
use crate::protocol::id_token::Claims;
use crate::protocol::secret::{AccessToken, IdToken, RefreshToken};
use crate::protocol::text::decimal;

/// Fills a buffer with bytes of a cryptographically secure source.
pub type Entropy = Box<dyn FnMut(&mut [u8])>;

/// One client's session at one provider.
///
/// ```
/// use keyward::session::{Command, Config, Effect, Event, Session};
/// let options = r#"{ "issuer": "https://id.example", "clientId": "spa", "redirectUri": "https://app.example/" }"#;
/// let config = Config::from_json(options, "https://app.example")?;
/// let mut session = Session::new(config, Box::new(|bytes| bytes.fill(7)));
/// let sign_in = Event::Command { ticket: 1, session: None, command: Command::SignIn(Default::default()) };
/// let effects = session.handle(sign_in, 1_700_000_000_000);
/// assert!(matches!(effects[0], Effect::Send { .. }), "the provider's metadata is asked for first");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Session {
    pub(super) config: Config,
    entropy: Entropy,
    pub(super) now: u64,
    out: Vec<Effect>,
    next_call: CallId,
    calls: Vec<(CallId, Purpose)>,
    wake_at: Option<u64>,
    pub(super) provider: Provider,
    pub(super) exchange: Option<Exchange>,
    pub(super) proofs: Vec<Proof>,
    pub(super) live: Option<Live>,
    pub(super) renewal: Renewal,
    pub(super) waiters: Vec<Waiter>,
    pub(super) api: Vec<ApiCall>,
    pub(super) sign_outs: Vec<SignOutJob>,
    /// Who waits until nothing is on its way that a copy of the session could not show.
    #[cfg(feature = "worker")]
    pub(super) settling: Vec<Ticket>,
    pub(super) guards: Guards,
    #[cfg(feature = "limits")]
    pub(super) limits: Limits,
    #[cfg(feature = "ledger")]
    pub(super) shared: Shared,
    last_error: Option<Error>,
    reason: SignedOutReason,
}

/// A session that lives, with the grant behind it.
pub(super) struct Live {
    pub(super) id: SessionId,
    pub(super) user_hash: String,
    pub(super) claims: Claims,
    /// The claims as they were when what an app sees of them last changed.
    pub(super) user: Claims,
    pub(super) id_token: Option<IdToken>,
    pub(super) scope: String,
    pub(super) access: AccessToken,
    pub(super) refresh: Option<RefreshToken>,
    /// Names the grant within this vault: the session's id can change while an answer is on its way.
    pub(super) grant: CallId,
    pub(super) life: Lifetime,
    /// Counts the access tokens of this grant.
    pub(super) generation: u32,
    /// Whether the access token was obtained because an API said 401.
    pub(super) from_401: bool,
    /// The nonce of the sign-in: a refreshed ID token that has one must repeat it.
    pub(super) nonce: String,
    /// The grant's place in the ledger.
    #[cfg(feature = "ledger")]
    pub(super) held: Option<Held>,
}

/// What a request on its way is for.
#[derive(Clone)]
pub(super) enum Purpose {
    Discovery,
    Jwks,
    Probe(CallId),
    Exchange(CallId),
    Refresh {
        grant: CallId,
        sent_at: u64,
    },
    UserInfo {
        ticket: Ticket,
        grant: CallId,
        generation: u32,
        replayed: bool,
    },
    Revocation,
    Signature,
    #[cfg(feature = "ledger")]
    Ledger(Box<Job>),
    /// A place in the queue, for an attempt.
    #[cfg(feature = "ledger")]
    Lock(CallId),
    /// A question to the siblings, and for how long to wait if nobody can tell.
    #[cfg(feature = "ledger")]
    Ask(Asker, u64),
}

impl Session {
    /// Makes a session that nobody is signed in to.
    #[must_use]
    pub fn new(
        config: Config,
        #[cfg_attr(not(feature = "ledger"), allow(unused_mut))] mut entropy: Entropy,
    ) -> Self {
        Self {
            #[cfg(feature = "ledger")]
            shared: Shared::new(&mut entropy),
            config,
            entropy,
            now: 0,
            out: Vec::new(),
            next_call: 0,
            calls: Vec::new(),
            wake_at: None,
            provider: Provider::default(),
            exchange: None,
            proofs: Vec::new(),
            live: None,
            renewal: Renewal::default(),
            waiters: Vec::new(),
            api: Vec::new(),
            sign_outs: Vec::new(),
            #[cfg(feature = "worker")]
            settling: Vec::new(),
            guards: Guards::default(),
            #[cfg(feature = "limits")]
            limits: Limits::default(),
            last_error: None,
            reason: SignedOutReason::NeverSignedIn,
        }
    }

    /// Takes one event at wall-clock time `now` (milliseconds since 1970) and returns what is to be done, in order.
    pub fn handle(&mut self, event: Event, now: u64) -> Vec<Effect> {
        self.now = now;
        if let Some(live) = &mut self.live {
            live.life.observe(now);
        }
        #[cfg(feature = "limits")]
        self.observe_limits(&event);
        match event {
            Event::Command {
                ticket,
                session,
                command,
            } => self.command(ticket, session, command),
            Event::Answered { call, mut answer } => {
                if let Ok(answer) = &mut answer {
                    count_from_our_clock(answer, now);
                }
                // An answer that nobody waits for is late, doubled or made up.
                if let Some(purpose) = self.take_call(call) {
                    self.provider.heard(&answer, now);
                    self.answered(call, purpose, answer);
                }
            }
            Event::Verified { call, valid } => {
                if self.take_call(call).is_some() {
                    self.verified(call, valid);
                }
            }
            Event::ApiAnswered {
                ticket,
                status,
                challenge,
            } => {
                self.api_answered(ticket, status, challenge.as_deref());
            }
            Event::ApiFailed { ticket } => self.forget_call(ticket),
            #[cfg(feature = "ledger")]
            Event::Ledger { call, outcome } => {
                if let Some(Purpose::Ledger(job)) = self.take_call(call) {
                    self.ledger_answered(*job, &outcome);
                }
            }
            #[cfg(feature = "ledger")]
            Event::Locked { call } => {
                if let Some(Purpose::Lock(attempt)) = self.take_call(call) {
                    self.go_ahead(attempt);
                }
            }
            #[cfg(feature = "ledger")]
            Event::Shared { call, handover } => {
                if let Some(Purpose::Ask(asker, wait)) = self.take_call(call) {
                    self.given(asker, wait, handover.map(|it| *it));
                }
            }
            #[cfg(feature = "ledger")]
            Event::Published(handover) => self.published(*handover),
            Event::Tick => self.wake_at = None,
        }
        self.keep_time();
        core::mem::take(&mut self.out)
    }

    /// The observable state.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let status = match &self.live {
            None => Status::SignedOut(self.reason),
            Some(live) => Status::SignedIn {
                session: live.id.clone(),
                user_hash: live.user_hash.clone(),
                user: live.user.clone(),
                scope: live.scope.clone(),
                expires_at: live.life.ends_at(),
            },
        };
        Snapshot {
            status,
            last_error: self.last_error.clone(),
        }
    }

    fn command(&mut self, ticket: Ticket, session: Option<SessionId>, command: Command) {
        if let Err(error) = self.check_session(session.as_ref(), &command) {
            return self.reply(ticket, Err(error));
        }
        match command {
            Command::SignIn(want) => {
                self.with_metadata(After::SignIn(ticket, Box::new(want), None))
            }
            #[cfg(feature = "ledger")]
            Command::Restore {
                return_to,
                mark,
                carry,
            } if self.config.ledger => self.seek(Wish {
                ticket,
                return_to,
                mark,
                carry,
                asked: None,
            }),
            Command::Restore {
                return_to,
                mark,
                carry,
            } => {
                self.restore(ticket, return_to, mark, carry);
            }
            Command::Callback {
                query,
                record,
                mark,
            } => {
                self.callback(ticket, &query, record.as_deref(), mark);
            }
            Command::Call(request) => self.call(ticket, &request),
            Command::UserInfo => self.need(Waiter::user_info(ticket, false)),
            Command::Refresh => self.need(Waiter::refresh(ticket)),
            Command::AccessToken => self.need(Waiter::access_token(ticket)),
            Command::SignOut => self.sign_out(ticket),
            Command::Drop { revoke } => self.drop_session(ticket, revoke),
            #[cfg(feature = "ledger")]
            Command::Compare(mark) => self.compare(ticket, mark),
            #[cfg(feature = "ledger")]
            Command::MarkWritten => self.mark_written(ticket),
            #[cfg(feature = "ledger")]
            Command::Lift => self.lift(ticket),
            Command::Wake => {
                #[cfg(feature = "ledger")]
                self.look_after_sleep();
                self.provider.doubt();
                self.reply(ticket, Ok(Reply::Done));
            }
            #[cfg(feature = "limits")]
            Command::Touch(at) => {
                self.touch(at);
                self.reply(ticket, Ok(Reply::Done));
            }
            #[cfg(feature = "worker")]
            Command::Settle => self.settling.push(ticket),
        }
    }

    /// A page that still shows one session must never reach another one's tokens.
    fn check_session(&self, named: Option<&SessionId>, command: &Command) -> Result<(), Error> {
        let needs_session = matches!(
            command,
            Command::Call(_) | Command::UserInfo | Command::Refresh | Command::AccessToken
        );
        let named_only = self.guards.hold(Guard::SessionIsNamed);
        match (&self.live, named) {
            (Some(live), Some(named)) if live.id != *named && named_only => {
                Err(Error::new(Code::SessionChanged))
            }
            (None, _) if needs_session => Err(Error::new(Code::LoginRequired)),
            (Some(_), None) if needs_session => Err(Error::new(Code::SessionChanged)),
            _ => Ok(()),
        }
    }

    fn answered(&mut self, call: CallId, purpose: Purpose, answer: Result<Answer, NetworkFailure>) {
        match purpose {
            Purpose::Discovery => self.discovered(answer),
            Purpose::Jwks => self.keys_answered(answer),
            Purpose::Probe(attempt) => self.probed(attempt, answer.is_ok()),
            Purpose::Exchange(attempt) => self.exchanged(attempt, answer),
            Purpose::Refresh { grant, sent_at } => self.refreshed(grant, sent_at, answer),
            Purpose::UserInfo {
                ticket,
                grant,
                generation,
                replayed,
            } => {
                self.user_info_answered(ticket, grant, generation, replayed, answer);
            }
            Purpose::Revocation => self.revoked(call, answer),
            Purpose::Signature => {}
            #[cfg(feature = "ledger")]
            Purpose::Ledger(_) | Purpose::Lock(_) | Purpose::Ask(..) => {}
        }
    }

    /// Renews, ends or retries what is due, and asks to be woken when the next thing will be.
    fn keep_time(&mut self) {
        self.renew_if_due();
        #[cfg(feature = "ledger")]
        {
            self.leave_without_tombstone();
            self.keep_queue();
        }
        #[cfg(feature = "limits")]
        self.tell_limits();
        #[cfg(feature = "worker")]
        self.tell_settled();
        let next = self.next_deadline();
        #[cfg(feature = "limits")]
        let next = next.into_iter().chain(self.limit_deadline()).min();
        #[cfg(feature = "ledger")]
        let next = next.into_iter().chain(self.tombstone_deadline()).min();
        if next.is_some() && next != self.wake_at {
            self.out.extend(next.map(Effect::WakeAt));
        }
        self.wake_at = next;
    }
}

/// What the other modules of the machine use.
impl Session {
    pub(super) fn push(&mut self, effect: Effect) {
        self.out.push(effect);
    }

    pub(super) fn reply(&mut self, ticket: Ticket, reply: Result<Reply, Error>) {
        self.push(Effect::Reply { ticket, reply });
    }

    pub(super) fn tell(&mut self, notice: Notice) {
        self.push(Effect::Tell(notice));
    }

    pub(super) fn tell_state(&mut self, last_error: Option<Error>) {
        self.last_error = last_error;
        self.tell(Notice::State(self.snapshot()));
    }

    pub(super) fn clear_error(&mut self) -> bool {
        self.last_error.take().is_some()
    }

    pub(super) fn send(
        &mut self,
        purpose: Purpose,
        request: Request,
        deadline_ms: u32,
        kind: SendKind,
    ) -> CallId {
        let call = self.name_call(purpose);
        self.push(Effect::Send {
            call,
            request,
            deadline_ms,
            kind,
        });
        call
    }

    pub(super) fn name_call(&mut self, purpose: Purpose) -> CallId {
        let call = self.next_name();
        self.calls.push((call, purpose));
        call
    }

    fn take_call(&mut self, call: CallId) -> Option<Purpose> {
        let at = self.calls.iter().position(|(known, _)| *known == call)?;
        if !self.guards.hold(Guard::FirstAnswerOnly) {
            return self.calls.get(at).map(|(_, purpose)| purpose.clone());
        }
        Some(self.calls.swap_remove(at).1)
    }

    #[cfg(feature = "worker")]
    pub(super) fn any_call(&self, is_it: impl Fn(&Purpose) -> bool) -> bool {
        self.calls.iter().any(|(_, purpose)| is_it(purpose))
    }

    /// What is to be done when no event came but something changed.
    #[cfg(feature = "worker")]
    pub(super) fn idle(&mut self) -> Vec<Effect> {
        self.keep_time();
        core::mem::take(&mut self.out)
    }

    /// A call that will not be made after all.
    #[cfg(feature = "ledger")]
    pub(super) fn forget(&mut self, call: CallId) {
        self.calls.retain(|(known, _)| *known != call);
    }

    /// A number that no call and no grant of this vault has.
    pub(super) fn next_name(&mut self) -> CallId {
        self.next_call = self.next_call.wrapping_add(1);
        self.next_call
    }

    /// Whether the user signed out here: only then is a grant that arrives late given back.
    pub(super) fn was_signed_out(&self) -> bool {
        #[cfg(feature = "limits")]
        let ended = self.was_ended_by_limit();
        #[cfg(not(feature = "limits"))]
        let ended = false;
        self.live.is_none() && (ended || self.reason == SignedOutReason::SignedOut)
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.entropy)(&mut bytes);
        bytes
    }

    /// Ends the session in this tab: everybody who waits is answered, nothing on its way can bring it back.
    pub(super) fn end(
        &mut self,
        reason: SignedOutReason,
        error: Option<Error>,
        waiting: &Error,
    ) -> Option<Live> {
        let live = self.live.take();
        self.reason = reason;
        self.renewal = Renewal::default();
        self.proofs.retain(|proof| !proof.is_of_refresh());
        #[cfg(feature = "ledger")]
        self.note_end(live.as_ref());
        // Whoever is told that the session is over finds it over: an app looks at the state next.
        if live.is_some() {
            self.tell_state(error);
        }
        self.answer_everybody(waiting);
        live
    }

    /// Nobody who asked for one session is served with another one's token.
    pub(super) fn answer_everybody(&mut self, error: &Error) {
        for waiter in core::mem::take(&mut self.waiters) {
            if self.guards.hold(Guard::EndAnswersWaiters) {
                self.reply(waiter.ticket, Err(error.clone()));
            }
        }
        for call in core::mem::take(&mut self.api) {
            // A call that waits for its token is among the waiters too; it was answered just now.
            if call.is_sent() {
                self.reply(call.ticket, Err(error.clone()));
            }
        }
    }
}

/// A `Retry-After` date counts from the server's clock. Another origin's is seldom readable; then ours stands in.
fn count_from_our_clock(answer: &mut Answer, now: u64) {
    if answer.date.is_none() {
        let wanted = answer.retry_after.take();
        let seconds = wanted.and_then(|wanted| retry_after_seconds(&wanted, now / 1_000));
        answer.retry_after = seconds.map(decimal);
    }
}
