//! Speed of the services on the fake card, and the register accesses of each.
//!
//! The times are of this machine and this run; what costs on real hardware are the accesses: a read of a card behind
//! PCI Express takes about a microsecond. `cargo bench -p lumenport-videoport`
#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use criterion::{Criterion, criterion_group, criterion_main};
use lumenport_videoport::testing::{Rig, TestMiniport};
use lumenport_videoport::{LockOperation, Options, PAGE_SIZE, PoolTag, PoolType};
use std::hint::black_box;

const TAG: PoolTag = PoolTag::new(*b"Bnch");

/// Measures `work` and prints what one call of it does to the registers.
fn measure(criterion: &mut Criterion, rig: &Rig, name: &str, work: impl Fn()) {
    let before = rig.machine.register_accesses();
    work();
    let cost = rig.machine.register_accesses() - before;
    println!(
        "{name}: {} register reads, {} register writes",
        cost.reads, cost.writes
    );
    criterion.bench_function(name, |bencher| bencher.iter(&work));
}

fn rig() -> Rig {
    let miniport = TestMiniport::new();
    miniport.on_start_io(|_, packet| packet.reply(&[0; 8]));
    Rig::opened_with(miniport, Options::new())
}

fn services(criterion: &mut Criterion) {
    let rig = rig();
    for (name, pages) in [
        ("lock and unlock, 1 page", 1),
        ("lock and unlock, 4 MiB", 1024),
    ] {
        let length = pages * PAGE_SIZE;
        let buffer = rig
            .machine
            .memory()
            .map_user(length, 0)
            .expect("memory is left");
        measure(criterion, &rig, name, || {
            let mdl = rig
                .port
                .lock_buffer(buffer, length as u32, LockOperation::Modify);
            rig.port.unlock_buffer(mdl.expect("lockable"));
        });
    }
    for bytes in [64, 4096, 65_536] {
        measure(criterion, &rig, &format!("pool, {bytes} bytes"), || {
            let block = rig.port.allocate_pool(PoolType::NonPaged, bytes, TAG);
            rig.port
                .free_pool(black_box(block).expect("memory is left"));
        });
    }
    measure(criterion, &rig, "device lock, uncontended", || {
        rig.port.acquire_device_lock();
        rig.port.release_device_lock();
    });
    measure(criterion, &rig, "request dispatch", || {
        black_box(rig.port.io_control(0x0023_0404, &mut [0; 8], 0));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = services
}
criterion_main!(benches);
