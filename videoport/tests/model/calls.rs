//! The calls a sequence is made of. `pick` numbers choose among what is alive, or among what is gone.

use proptest::prelude::*;

/// One call.
#[derive(Clone, Debug)]
pub enum Call {
    AllocatePool {
        paged: bool,
        bytes: usize,
    },
    AllocateBuffer {
        bytes: u32,
    },
    Free {
        pick: usize,
        other_pair: bool,
    },
    FreeAgain {
        pick: usize,
    },
    FreeInside {
        pick: usize,
    },
    MapUser {
        bytes: usize,
        offset: usize,
    },
    Lock {
        pick: usize,
        skip: usize,
        modify: bool,
    },
    Unlock {
        pick: usize,
    },
    UnlockAgain {
        pick: usize,
    },
    GetAdapter,
    PutAdapter {
        pick: usize,
    },
    Start {
        adapter: usize,
        mdl: usize,
        offset: u32,
        bytes: u32,
        to_device: bool,
    },
    StartUnlocked {
        adapter: usize,
        mdl: usize,
    },
    Complete {
        pick: usize,
    },
    CompleteAgain {
        pick: usize,
    },
    AllocateCommon {
        adapter: usize,
        bytes: u32,
    },
    ReleaseCommon {
        pick: usize,
    },
    ReleaseCommonWrongly {
        pick: usize,
    },
    AcquireLock,
    ReleaseLock,
    CreateEvent {
        notification: bool,
        signaled: bool,
    },
    SetEvent {
        pick: usize,
    },
    ClearEvent {
        pick: usize,
    },
    PollEvent {
        pick: usize,
    },
    DeleteEvent {
        pick: usize,
    },
    SetDeletedEvent {
        pick: usize,
    },
    CreateSpinLock,
    AcquireSpinLock {
        pick: usize,
    },
    ReleaseSpinLock {
        pick: usize,
    },
    DeleteSpinLock {
        pick: usize,
    },
    QueueDpc {
        routine: usize,
        context: usize,
    },
    Interrupt,
}

/// Any call, the common ones more often.
pub fn call() -> impl Strategy<Value = Call> {
    let pick = 0_usize..64;
    let memory = prop_oneof![
        4 => (any::<bool>(), prop_oneof![1_usize..200, 1000_usize..9000])
            .prop_map(|(paged, bytes)| Call::AllocatePool { paged, bytes }),
        2 => (1_u32..6000).prop_map(|bytes| Call::AllocateBuffer { bytes }),
        4 => (pick.clone(), any::<bool>())
            .prop_map(|(pick, other_pair)| Call::Free { pick, other_pair }),
        1 => pick.clone().prop_map(|pick| Call::FreeAgain { pick }),
        1 => pick.clone().prop_map(|pick| Call::FreeInside { pick }),
    ];
    let locks = prop_oneof![
        2 => (1_usize..20_000, 0_usize..4096)
            .prop_map(|(bytes, offset)| Call::MapUser { bytes, offset }),
        4 => (pick.clone(), 0_usize..20_000, any::<bool>())
            .prop_map(|(pick, skip, modify)| Call::Lock { pick, skip, modify }),
        3 => pick.clone().prop_map(|pick| Call::Unlock { pick }),
        1 => pick.clone().prop_map(|pick| Call::UnlockAgain { pick }),
    ];
    let transfers = prop_oneof![
        2 => Just(Call::GetAdapter),
        1 => pick.clone().prop_map(|pick| Call::PutAdapter { pick }),
        5 => (pick.clone(), pick.clone(), 0_u32..20_000, 0_u32..20_000, any::<bool>()).prop_map(
            |(adapter, mdl, offset, bytes, to_device)| Call::Start {
                adapter, mdl, offset, bytes, to_device
            }
        ),
        1 => (pick.clone(), pick.clone())
            .prop_map(|(adapter, mdl)| Call::StartUnlocked { adapter, mdl }),
        4 => pick.clone().prop_map(|pick| Call::Complete { pick }),
        1 => pick.clone().prop_map(|pick| Call::CompleteAgain { pick }),
        2 => (pick.clone(), 0_u32..9000)
            .prop_map(|(adapter, bytes)| Call::AllocateCommon { adapter, bytes }),
        2 => pick.clone().prop_map(|pick| Call::ReleaseCommon { pick }),
        1 => pick.clone().prop_map(|pick| Call::ReleaseCommonWrongly { pick }),
    ];
    let events = prop_oneof![
        2 => (any::<bool>(), any::<bool>()).prop_map(|(notification, signaled)| {
            Call::CreateEvent { notification, signaled }
        }),
        3 => pick.clone().prop_map(|pick| Call::SetEvent { pick }),
        1 => pick.clone().prop_map(|pick| Call::ClearEvent { pick }),
        3 => pick.clone().prop_map(|pick| Call::PollEvent { pick }),
        1 => pick.clone().prop_map(|pick| Call::DeleteEvent { pick }),
        1 => pick.clone().prop_map(|pick| Call::SetDeletedEvent { pick }),
    ];
    let sync = prop_oneof![
        2 => Just(Call::AcquireLock),
        2 => Just(Call::ReleaseLock),
        2 => Just(Call::CreateSpinLock),
        2 => pick.clone().prop_map(|pick| Call::AcquireSpinLock { pick }),
        4 => pick.clone().prop_map(|pick| Call::ReleaseSpinLock { pick }),
        1 => pick.prop_map(|pick| Call::DeleteSpinLock { pick }),
        3 => (0_usize..4, 0_usize..4)
            .prop_map(|(routine, context)| Call::QueueDpc { routine, context }),
        2 => Just(Call::Interrupt),
    ];
    prop_oneof![3 => memory, 3 => locks, 5 => transfers, 2 => events, 4 => sync]
}
