//! Semaphores of the fake card.

use lumenport_regmap::blocks::sem;

use super::Agent;

/// One semaphore.
#[derive(Clone, Copy, Debug, Default)]
struct One {
    owner: u32,
    agent: u32,
    claimed_ns: u64,
    contention: u32,
}

/// All semaphores.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Semaphores([One; 8]);

impl Semaphores {
    pub fn read(&self, idx: u32) -> u32 {
        self.0.get(idx as usize).map_or(0, |one| {
            sem::Sem::new()
                .with(sem::Sem::OWNER, one.owner)
                .with(sem::Sem::AGENT, one.agent)
                .bits()
        })
    }

    pub fn contention(&self, idx: u32) -> u32 {
        self.0.get(idx as usize).map_or(0, |one| one.contention)
    }

    /// A write of `owner`: claim, refresh or release.
    pub fn write(&mut self, idx: u32, owner: u32, agent: Agent, now_ns: u64) {
        let Some(one) = self.0.get_mut(idx as usize) else {
            return;
        };
        let ours = one.agent == agent.number();
        if owner == 0 {
            if ours {
                one.owner = 0;
                one.agent = 0;
            }
        } else if one.owner == 0 || (ours && one.owner == owner) {
            one.owner = owner;
            one.agent = agent.number();
            one.claimed_ns = now_ns;
        } else {
            one.contention = one.contention.saturating_add(1);
        }
    }

    /// Frees a semaphore whose lease has expired; gives former owner and agent.
    pub fn break_expired(&mut self, idx: u32, now_ns: u64, lease_ns: u64) -> Option<(u32, u32)> {
        let one = self.0.get_mut(idx as usize)?;
        if one.owner == 0 || now_ns.saturating_sub(one.claimed_ns) < lease_ns {
            return None;
        }
        let held = (one.owner, one.agent);
        one.owner = 0;
        one.agent = 0;
        Some(held)
    }
}
