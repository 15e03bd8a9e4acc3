//! What the tabs share, and the dice that move it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::page::Tab;
use super::rules::Rules;
use super::shell::{Journey, Parcel, Question, Transaction, What};
use crate::session::event::{CallId, NetworkFailure};
use crate::session::guards::{Guard, Guards};
use crate::session::ledger::Record;
use crate::session::simulation::provider::{Dice, ISSUER, Provider};
use crate::session::tabs::Mark;
use crate::session::{Command, Config, Event};

/// What may be wrong with the database for a while.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// Nothing is run.
    Denied,
    /// Nothing is written.
    Full,
    /// Everything is done, and nothing of it is heard.
    Silent,
}

/// How often the interesting things happened, by name.
#[derive(Debug, Default)]
pub(super) struct Seen(pub(super) BTreeMap<&'static str, u64>);

impl Seen {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// Whether each of them happened in one of a hundred histories at least.
    pub(super) fn is_rich(&self, histories: u64) -> bool {
        let often = |what: &&str| self.0.get(*what).is_some_and(|it| it * 100 >= histories);
        super::rules::INTERESTING.iter().all(often)
    }
}

pub(super) struct World {
    pub(super) config: Config,
    pub(super) off: Option<Guard>,
    pub(super) dice: Dice,
    pub(super) now: u64,
    pub(super) provider: Provider,
    /// The user who is signed in at the provider in this browser.
    pub(super) sso: Option<&'static str>,
    pub(super) stored: Option<String>,
    pub(super) trouble: Trouble,
    /// Tab, boot and call of those who queue for the lock; the first one holds it.
    pub(super) queue: Vec<(usize, u64, CallId, u64)>,
    pub(super) granted: Option<(usize, u64)>,
    pub(super) no_locks: bool,
    /// Whether clocks are set now and then.
    pub(super) jumps: bool,
    pub(super) mark: Option<Mark>,
    pub(super) tabs: Vec<Tab>,
    pub(super) parcels: Vec<Parcel>,
    pub(super) transactions: Vec<Transaction>,
    pub(super) journeys: Vec<Journey>,
    pub(super) questions: Vec<Question>,
    pub(super) rules: Rules,
    pub(super) seen: Seen,
    /// Whether the history is told as it happens.
    pub(super) loud: bool,
}

impl World {
    pub(super) fn new(seed: u64, off: Option<Guard>) -> Self {
        let endpoint = |path: &str| format!("{ISSUER}{path}");
        let mut options = json!({
            "issuer": ISSUER, "clientId": "spa", "redirectUri": "https://app.example/", "ledger": true,
            "handover": !seed.is_multiple_of(7),
        });
        if !seed.is_multiple_of(4) {
            options["metadata"] = json!({
                "issuer": ISSUER,
                "authorization_endpoint": endpoint("/auth"),
                "token_endpoint": endpoint("/token"),
                "jwks_uri": endpoint("/jwks"),
                "revocation_endpoint": endpoint("/revoke"),
                "end_session_endpoint": endpoint("/end"),
                "authorization_response_iss_parameter_supported": true,
            });
        }
        let config = Config::from_json(&options.to_string(), "https://app.example").unwrap();
        let mut provider = Provider::new(seed.is_multiple_of(3));
        provider.ends_all = true;
        let mut dice = Dice::new(seed);
        let mut tabs = Vec::new();
        for number in 0..2 + dice.roll(4) {
            let skew = dice.roll(6_000) as i64 - 3_000;
            tabs.push(Tab::new(seed * 10 + number, skew, &config, off));
        }
        Self {
            config,
            off,
            no_locks: dice.one_in(5),
            jumps: dice.one_in(6),
            dice,
            now: 1_700_000_000_000,
            provider,
            sso: None,
            stored: None,
            trouble: Trouble::None,
            queue: Vec::new(),
            granted: None,
            mark: None,
            tabs,
            parcels: Vec::new(),
            transactions: Vec::new(),
            journeys: Vec::new(),
            questions: Vec::new(),
            rules: Rules::default(),
            seen: Seen::default(),
            loud: super::loud_seed() == Some(seed),
        }
    }

    pub(super) fn run(mut self, steps: usize) -> Result<Seen, String> {
        for _ in 0..steps {
            self.step();
            self.check()?;
        }
        self.settle()?;
        Ok(self.seen)
    }

    fn step(&mut self) {
        // Nothing stays bad for long, or little else would happen.
        if self.dice.one_in(30) {
            let tab = self.any_tab();
            self.thaw(tab);
        }
        if self.dice.one_in(40) {
            self.trouble = Trouble::None;
        }
        match self.dice.roll(40) {
            0 => self.disturb(),
            1 => self.time_passes(),
            2..=6 => self.somebody_acts(),
            _ if self.something_moves() => {}
            _ => self.somebody_acts(),
        }
    }

    fn something_moves(&mut self) -> bool {
        const MOVES: [fn(&mut World) -> bool; 4] = [
            World::parcel_arrives,
            World::network_moves,
            World::transaction_runs,
            World::lock_moves,
        ];
        let first = self.dice.roll(4) as usize;
        (first..first + 4).any(|at| MOVES[at % 4](self))
    }

    fn somebody_acts(&mut self) {
        let tab = self.any_tab();
        if !self.tabs[tab].frozen {
            self.page_acts(tab);
        }
    }

    fn any_tab(&mut self) -> usize {
        self.dice.roll(self.tabs.len() as u64) as usize
    }

    /// Everybody thaws, everything arrives, and time goes on until nobody waits.
    fn settle(&mut self) -> Result<(), String> {
        self.trouble = Trouble::None;
        for tab in 0..self.tabs.len() {
            self.thaw(tab);
        }
        for round in 0..200 {
            let mut moves = 0;
            while self.parcel_arrives()
                || self.network_moves()
                || self.transaction_runs()
                || self.lock_moves()
            {
                self.check()?;
                moves += 1;
                if moves > 5_000 {
                    return Err("there is no end to the messages".into());
                }
            }
            for tab in 0..self.tabs.len() {
                self.come_back(tab);
            }
            // A clock that was set back makes a time to wait for as long as that.
            self.now += if self.jumps { 10_000 } else { 500 };
            self.clocks_tick();
            self.check()?;
            if round > 40 && self.is_settled() {
                return self.check_settled();
            }
        }
        Err(format!("nothing settles: {}", self.what_is_open()))
    }

    fn is_settled(&self) -> bool {
        self.parcels.is_empty()
            && self.transactions.is_empty()
            && self.journeys.is_empty()
            && self.questions.is_empty()
            && self
                .tabs
                .iter()
                .all(|tab| tab.open.is_empty() && tab.trip.is_none())
    }

    fn what_is_open(&self) -> String {
        let open = self.tabs.iter().map(|tab| format!("{:?}", tab.open.keys()));
        let counts = [
            self.parcels.len(),
            self.transactions.len(),
            self.journeys.len(),
            self.questions.len(),
            self.queue.len(),
        ];
        format!("{:?} {counts:?}", open.collect::<Vec<_>>())
    }

    pub(super) fn record(&self) -> Option<Record> {
        self.stored.as_deref().and_then(Record::from_json)
    }

    pub(super) fn guards(&self) -> Guards {
        Guards { off: self.off }
    }

    fn disturb(&mut self) {
        let tab = self.any_tab();
        match self.dice.roll(16) {
            0..=3 if !self.tabs[tab].frozen && !self.tabs[tab].closed => {
                self.seen.count("frozen");
                self.tabs[tab].frozen = true;
            }
            0..=6 => self.thaw(tab),
            7 => {
                self.seen.count("killed");
                self.leave_page(tab);
                match self.dice.one_in(3) {
                    true => self.tabs[tab].closed = true,
                    false => self.load(tab),
                }
            }
            9 => self.steal(),
            10 => {
                let kinds = [Trouble::Denied, Trouble::Full, Trouble::Silent];
                self.trouble = kinds[self.dice.roll(3) as usize];
                self.seen.count("trouble");
            }
            11..=13 if self.dice.one_in(6) => self.clear_storage(),
            // A clock that is set, in some histories.
            8 if self.jumps => {
                self.seen.count("clock set");
                self.tabs[tab].skew += self.dice.roll(1_200_000) as i64 - 600_000;
            }
            // The provider ends its own session, and another one may begin there.
            14 => self.sso = None,
            _ => self.sso = Some("alice"),
        }
    }

    fn clear_storage(&mut self) {
        self.seen.count("cleared");
        self.stored = None;
        self.mark = None;
        self.rules.storage_cleared();
        for tab in 0..self.tabs.len() {
            self.post(tab, What::Storage);
        }
    }

    fn thaw(&mut self, tab: usize) {
        if std::mem::take(&mut self.tabs[tab].frozen) {
            self.seen.count("thawed");
            self.tabs[tab].view = self.mark.clone();
            self.ask(tab, Command::Wake);
            self.compare(tab);
        }
    }

    fn steal(&mut self) {
        if self.granted.is_some() && self.queue.len() > 1 {
            self.seen.count("stolen");
            self.queue.remove(0);
            self.granted = None;
        }
    }

    fn time_passes(&mut self) {
        self.now += match self.dice.roll(14) {
            0 => 400_000,
            1 => 13_000,
            2 | 3 => self.dice.roll(4_000),
            _ => self.dice.roll(500),
        };
        self.clocks_tick();
    }

    fn clocks_tick(&mut self) {
        for tab in 0..self.tabs.len() {
            let now = self.clock(tab);
            let due = self.tabs[tab].wake_at.is_some_and(|at| at <= now);
            if due && !self.tabs[tab].frozen {
                self.tabs[tab].wake_at = None;
                self.happen(tab, Event::Tick);
            }
        }
        let now = self.now;
        while let Some(at) = self.questions.iter().position(|it| it.until <= now) {
            let Question {
                tab, boot, call, ..
            } = self.questions.swap_remove(at);
            self.parcels.push(Parcel {
                tab,
                boot,
                what: What::Shared(call, None),
            });
        }
    }

    pub(super) fn clock(&self, tab: usize) -> u64 {
        self.now.saturating_add_signed(self.tabs[tab].skew)
    }

    pub(super) fn post(&mut self, tab: usize, what: What) {
        let Tab { boot, closed, .. } = self.tabs[tab];
        if !closed {
            self.parcels.push(Parcel { tab, boot, what });
        }
    }

    /// One message of any age arrives at a tab that is awake.
    fn parcel_arrives(&mut self) -> bool {
        let (tabs, parcels) = (&self.tabs, &mut self.parcels);
        parcels.retain(|parcel| parcel.boot == tabs[parcel.tab].boot);
        let awake: Vec<usize> = (0..parcels.len())
            .filter(|at| !tabs[parcels[*at].tab].frozen)
            .collect();
        if awake.is_empty() {
            return false;
        }
        let mut at = awake[self.dice.roll(awake.len() as u64) as usize];
        // The transactions of one tab complete in their order.
        if matches!(self.parcels[at].what, What::Completed { .. }) {
            let tab = self.parcels[at].tab;
            let first = |parcel: &Parcel| {
                parcel.tab == tab && matches!(parcel.what, What::Completed { .. })
            };
            at = self.parcels.iter().position(first).unwrap();
        }
        let parcel = self.parcels.remove(at);
        self.deliver(parcel.tab, parcel.what);
        true
    }

    fn transaction_runs(&mut self) -> bool {
        let tabs = &self.tabs;
        let mut first = BTreeSet::new();
        let ready: Vec<usize> = (0..self.transactions.len())
            .filter(|at| first.insert(self.transactions[*at].tab))
            .filter(|at| !tabs[self.transactions[*at].tab].frozen)
            .collect();
        if ready.is_empty() {
            return false;
        }
        let at = ready[self.dice.roll(ready.len() as u64) as usize];
        let transaction = self.transactions.remove(at);
        self.run_transaction(transaction);
        true
    }

    fn lock_moves(&mut self) -> bool {
        if self.granted.is_none() && !self.queue.is_empty() {
            let (tab, boot, call, _) = self.queue[0];
            self.granted = Some((tab, boot));
            self.parcels.push(Parcel {
                tab,
                boot,
                what: What::Locked(call),
            });
            return true;
        }
        // Whoever waits too long goes on without.
        let late = |(_, _, _, until): &(usize, u64, CallId, u64)| *until <= self.now;
        let found = self.queue.iter().skip(1).position(late);
        let Some(at) = found else {
            return false;
        };
        let (tab, boot, call, _) = self.queue.remove(at + 1);
        self.seen.count("queued in vain");
        self.parcels.push(Parcel {
            tab,
            boot,
            what: What::Locked(call),
        });
        true
    }

    fn network_moves(&mut self) -> bool {
        if self.journeys.is_empty() {
            return false;
        }
        let at = self.dice.roll(self.journeys.len() as u64) as usize;
        let request = self.journeys[at].request.take();
        if let Some(request) = request.filter(|_| !self.dice.one_in(20)) {
            let answer = self.provider.handle(&request, self.now, &mut self.dice);
            self.journeys[at].answer = Some(answer);
            return true;
        }
        let mut journey = self.journeys.swap_remove(at);
        if self.dice.one_in(20) {
            journey.answer = None;
        }
        let what = What::Answered(
            journey.call,
            journey.answer.ok_or(NetworkFailure::Timeout),
            journey.refresh_token,
        );
        self.parcels.push(Parcel {
            tab: journey.tab,
            boot: journey.boot,
            what,
        });
        true
    }
}
