//! What needs the access token: API calls, UserInfo, an explicit refresh.

use super::effect::{Effect, Reply, SendKind};
use super::event::{ApiRequest, CallId, NetworkFailure, Ticket};
use super::machine::{Purpose, Session};
use super::provider::After;
use super::resources::{Resource, not_allowed};
use super::sign_in::TOKEN_DEADLINE_MS;
use crate::protocol::challenge::{self, Challenge};
use crate::protocol::error::{Code, Error, ProviderError, clip};
use crate::protocol::http::Answer;
use crate::protocol::metadata::Metadata;
use crate::protocol::text::seconds;
use crate::protocol::userinfo;

/// Somebody who waits for an access token.
pub(super) struct Waiter {
    pub(super) ticket: Ticket,
    need: Need,
    /// The access token of this generation is not good enough.
    refused: Option<u32>,
    because_of_401: bool,
}

enum Need {
    Call,
    AccessToken,
    UserInfo { replayed: bool },
    Refresh,
}

/// An API call from its ticket to its answer.
pub(super) struct ApiCall {
    pub(super) ticket: Ticket,
    /// The generation of the token that was sent; `None` while it waits for one.
    sent: Option<u32>,
    replayed: bool,
    replayable: bool,
    follow_redirects: bool,
}

impl Waiter {
    pub(super) fn access_token(ticket: Ticket) -> Self {
        Self {
            ticket,
            need: Need::AccessToken,
            refused: None,
            because_of_401: false,
        }
    }

    pub(super) fn user_info(ticket: Ticket, replayed: bool) -> Self {
        Self {
            ticket,
            need: Need::UserInfo { replayed },
            refused: None,
            because_of_401: false,
        }
    }

    pub(super) fn refresh(ticket: Ticket) -> Self {
        // No generation is good enough for somebody who asks for a new token.
        Self {
            ticket,
            need: Need::Refresh,
            refused: Some(u32::MAX),
            because_of_401: false,
        }
    }

    fn call(ticket: Ticket) -> Self {
        Self {
            ticket,
            need: Need::Call,
            refused: None,
            because_of_401: false,
        }
    }

    fn after_401(self, generation: u32) -> Self {
        Self {
            refused: Some(generation),
            because_of_401: true,
            ..self
        }
    }

    /// Whether the token of this generation will not do.
    pub(super) fn wants_new(&self, generation: u32) -> bool {
        self.refused
            .is_some_and(|refused| refused == u32::MAX || refused == generation)
    }

    pub(super) fn is_because_of_401(&self) -> bool {
        self.because_of_401
    }
}

impl ApiCall {
    pub(super) fn is_sent(&self) -> bool {
        self.sent.is_some()
    }
}

impl Session {
    /// Hands the present access token to somebody who waited for it.
    pub(super) fn serve(&mut self, waiter: Waiter) {
        let Some(live) = &self.live else {
            return self.fail(waiter, Error::new(Code::LoginRequired));
        };
        let (token, generation) = (live.access.clone(), live.generation);
        let ticket = waiter.ticket;
        match waiter.need {
            Need::Call => {
                if let Some(call) = self.api.iter_mut().find(|call| call.ticket == ticket) {
                    call.sent = Some(generation);
                    let follow_redirects = call.follow_redirects;
                    self.push(Effect::CallApi {
                        ticket,
                        token,
                        follow_redirects,
                    });
                }
            }
            Need::AccessToken => self.reply(ticket, Ok(Reply::AccessToken(token))),
            Need::UserInfo { replayed } => self.with_metadata(After::UserInfo { ticket, replayed }),
            Need::Refresh => self.reply(ticket, Ok(Reply::Done)),
        }
    }

    pub(super) fn fail(&mut self, waiter: Waiter, error: Error) {
        self.forget_call(waiter.ticket);
        self.reply(waiter.ticket, Err(error));
    }

    pub(super) fn call(&mut self, ticket: Ticket, request: &ApiRequest) {
        match self.resource_for(request) {
            Ok(follow_redirects) => {
                let replayable = request.replayable;
                let call = ApiCall {
                    ticket,
                    sent: None,
                    replayed: false,
                    replayable,
                    follow_redirects,
                };
                self.api.push(call);
                self.need(Waiter::call(ticket));
            }
            Err(error) => self.reply(ticket, Err(error)),
        }
    }

    fn resource_for(&self, request: &ApiRequest) -> Result<bool, Error> {
        if request.own_authorization {
            return Err(Error::new(Code::ApiOwnAuthorization));
        }
        let at_provider = self
            .provider
            .metadata()
            .is_some_and(|metadata| is_endpoint(metadata, request));
        let allowed = self
            .config
            .resources
            .iter()
            .find(|resource| resource.allows(request));
        match allowed {
            Some(Resource {
                follow_redirects, ..
            }) if !at_provider => Ok(*follow_redirects),
            _ => Err(not_allowed(request)),
        }
    }

    pub(super) fn api_answered(&mut self, ticket: Ticket, status: u16, challenge: Option<&str>) {
        let Some(at) = self.api.iter().position(|call| call.ticket == ticket) else {
            return;
        };
        let challenges = challenge.map(challenge::parse).unwrap_or_default();
        if let Some(error) = refusal(status, &challenges) {
            self.api.swap_remove(at);
            return self.reply(ticket, Err(error));
        }
        let (sent, replayed, replayable) = match self.api.get(at) {
            Some(call) => (call.sent.unwrap_or(0), call.replayed, call.replayable),
            None => return,
        };
        if status != 401 || replayed || !self.may_renew_after_401(sent) {
            self.api.swap_remove(at);
            return self.push(Effect::Deliver { ticket });
        }
        if !replayable {
            self.api.swap_remove(at);
            if let Some(live) = self.live.as_mut().filter(|live| live.generation == sent) {
                live.life.doubt();
            }
            return self.reply(ticket, Err(Error::new(Code::ApiBodyNotReplayable)));
        }
        if let Some(call) = self.api.get_mut(at) {
            call.replayed = true;
            call.sent = None;
        }
        self.need(Waiter::call(ticket).after_401(sent));
    }

    /// A token that was obtained because of a 401 and meets another is not renewed for that until half its life is
    /// over: an API that says 401 for ever must not cost a refresh each time.
    fn may_renew_after_401(&self, sent: u32) -> bool {
        self.live.as_ref().is_some_and(|live| {
            let renewed_meanwhile = live.generation != sent;
            let patience = live.from_401 && !live.life.is_half_over(self.now);
            live.refresh.is_some() && (renewed_meanwhile || !patience)
        })
    }

    pub(super) fn forget_call(&mut self, ticket: Ticket) {
        self.api.retain(|call| call.ticket != ticket);
        self.waiters.retain(|waiter| waiter.ticket != ticket);
    }

    pub(super) fn send_user_info(&mut self, ticket: Ticket, replayed: bool) {
        let (Some(live), Some(metadata)) = (&self.live, self.provider.metadata()) else {
            return self.reply(ticket, Err(Error::new(Code::LoginRequired)));
        };
        match metadata.require_userinfo() {
            Ok(endpoint) => {
                let request = userinfo::request(endpoint, &live.access);
                let (grant, generation) = (live.grant, live.generation);
                let purpose = Purpose::UserInfo {
                    ticket,
                    grant,
                    generation,
                    replayed,
                };
                self.send(purpose, request, TOKEN_DEADLINE_MS, SendKind::Read);
            }
            Err(error) => self.reply(ticket, Err(error)),
        }
    }

    pub(super) fn user_info_answered(
        &mut self,
        ticket: Ticket,
        grant: CallId,
        generation: u32,
        replayed: bool,
        answer: Result<Answer, NetworkFailure>,
    ) {
        let subject = match &self.live {
            Some(live) if live.grant == grant => live.claims.sub(),
            _ => return self.reply(ticket, Err(Error::new(Code::SessionChanged))),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(NetworkFailure::Timeout) => {
                return self.reply(ticket, Err(Error::new(Code::Timeout)));
            }
            Err(_) => return self.reply(ticket, Err(Error::new(Code::UserinfoFailed))),
        };
        if answer.status == 401 && !replayed && self.may_renew_after_401(generation) {
            return self.need(Waiter::user_info(ticket, true).after_401(generation));
        }
        let token = self.live.as_ref().map_or("", |live| live.access.expose());
        let checked = userinfo::parse(&answer, subject).map_err(|error| error.without(token));
        let reply = checked.map(|_| Reply::UserInfo(answer.body));
        self.reply(ticket, reply);
    }
}

/// A refusal that no new token of the same kind would lift.
fn refusal(status: u16, challenges: &[Challenge]) -> Option<Error> {
    let bearer = challenges
        .iter()
        .find(|challenge| challenge.param("error").is_some())?;
    let code = match (status, bearer.param("error")?) {
        (401 | 403, "insufficient_user_authentication") => Code::StepUpRequired,
        (403, "insufficient_scope") => Code::InsufficientScope,
        _ => return None,
    };
    let text = |name| bearer.param(name);
    let mut said = ProviderError::from_texts(
        text("error").unwrap_or_default(),
        text("error_description"),
        text("error_uri"),
        Some(status),
    );
    said.scope = text("scope").map(|scope| clip(scope).into());
    said.acr_values = text("acr_values").map(|values| clip(values).into());
    said.max_age = text("max_age").and_then(seconds);
    Some(Error::new(code).with_provider(said))
}

fn is_endpoint(metadata: &Metadata, request: &ApiRequest) -> bool {
    metadata
        .endpoints()
        .any(|endpoint| endpoint.origin() == request.origin && endpoint.path() == request.path)
}
